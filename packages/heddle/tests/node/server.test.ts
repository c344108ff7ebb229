import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancelledError,
  ContextVar,
  createTask,
  Event,
  type ExceptionContext,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  Protocol,
  RuntimeError,
  sleep,
} from "heddle";
import {
  openConnection,
  openUnixConnection,
  type Server,
  startServer,
  startUnixServer,
} from "heddle/node";
import { runVirtual, SimulatedNetwork } from "heddle/testing";
import { afterEach, describe, expect, test } from "vitest";
import type { Acceptor, Endpoint, ListenOptions } from "../../src/stream/network.ts";
import { text } from "../bytes.ts";
import { caught } from "../caught.ts";
import { networks } from "./networks.ts";
import { dial, echo, serve } from "./serving.ts";

const host = "127.0.0.1";

describe.each(networks)("$name", ({ run }) => {
  afterEach(() => getEventLoop().setExceptionHandler(null));

  /** What the loop's exception handler is told from now on. */
  function reports(): ExceptionContext[] {
    const told: ExceptionContext[] = [];
    getEventLoop().setExceptionHandler((_, context) => told.push(context));
    return told;
  }

  describe("starting", () => {
    test("sockets say where, until it is closed", () =>
      run(function* () {
        const { server, port } = yield* serve(echo);
        expect(server.sockets).toEqual([{ address: host, port, family: "IPv4" }]);
        expect(server.isServing()).toBe(true);
        expect(String(server)).toBe(`Server on ${host}:${port} (0 clients)`);
        server.close();
        expect(server.sockets).toEqual([]);
        expect(server.isServing()).toBe(false);
        expect(String(server)).toBe("Server closed (0 clients)");
        expect(yield* caught(openConnection({ host, port }))).toMatchObject({
          code: "ECONNREFUSED",
        });
      }));

    test("without a host it listens on all addresses", () =>
      run(function* () {
        const server = yield* startServer(echo, { port: 0 });
        const [reader, writer] = yield* dial(server.sockets[0]?.port as number);
        writer.write("x");
        expect(text(yield* reader.readexactly(1))).toBe("x");
      }));

    test("not before startServing, if told so", () =>
      run(function* () {
        const server = yield* startServer(echo, { host, port: 0, startServing: false });
        expect([server.isServing(), server.sockets.length]).toEqual([false, 0]);
        yield* server.startServing();
        yield* server.startServing();
        expect(server.isServing()).toBe(true);
        const [, writer] = yield* dial(server.sockets[0]?.port as number);
        writer.close();
        server.close();
        expect(yield* caught(server.startServing())).toBeInstanceOf(RuntimeError);
      }));

    test("an address in use", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        expect(yield* caught(startServer(echo, { host, port }))).toMatchObject({
          code: "EADDRINUSE",
          message:
            `cannot listen on ${host}:${port}: ` +
            "another server uses that address; port 0 finds a free one (EADDRINUSE)",
        });
      }));

    test("arguments that cannot be are refused at once", () => {
      const bad: [unknown, object | undefined, typeof TypeError | typeof RangeError, string][] = [
        [
          undefined,
          { port: 0 },
          TypeError,
          "startServer() needs a handler first: function* (reader,",
        ],
        [echo, undefined, TypeError, "startServer() needs an object of options (host, port,"],
        [echo, { port: -1 }, RangeError, "startServer() needs a port from 0 to 65535, got -1"],
        [echo, { port: 0, backlog: 0 }, RangeError, "needs a backlog of at least 1, got 0"],
        [echo, { port: 0, tls: {} }, TypeError, "tls of startServer() needs a cert and its key"],
        [echo, { port: 0, startServing: 1 }, TypeError, "needs true or false as startServing"],
        [
          echo,
          { port: 0, back: 1 },
          TypeError,
          'startServer() has no option "back"; there are: host',
        ],
      ];
      for (const [handler, options, kind, message] of bad) {
        const call = () => startServer(handler as never, options as never);
        expect(call).toThrow(kind);
        expect(call).toThrow(message);
      }
    });
  });

  describe("handlers", () => {
    test("100 clients at once, one of them slow", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const slow = new Event();
        const finished: number[] = [];
        const clients = Array.from({ length: 100 }, function* (_, i) {
          const [reader, writer] = yield* dial(port);
          writer.write(`client ${i}`);
          if (i === 50) yield* slow.wait();
          writer.write("\n");
          expect(text(yield* reader.readline())).toBe(`client ${i}\n`);
          writer.close();
          yield* writer.waitClosed();
          if (finished.push(i) === 99) slow.set();
        });
        yield* gather(clients);
        expect(finished.at(-1)).toBe(50);
      }));

    test("an error is reported and closes its connection, and no other", () =>
      run(function* () {
        const told = reports();
        const failure = new Error("handler failed");
        const { port } = yield* serve(function* (reader, writer) {
          if (text(yield* reader.readline()) === "fail\n") throw failure;
          yield* echo(reader, writer);
        });
        const [goodReader, good] = yield* dial(port);
        const [badReader, bad] = yield* dial(port);
        good.write("go\n");
        bad.write("fail\n");
        expect(yield* badReader.read()).toHaveLength(0);
        expect(told).toMatchObject([
          { message: "Unhandled exception in client_connected_cb", exception: failure },
        ]);
        good.write("still here");
        expect(text(yield* goodReader.readexactly(10))).toBe("still here");
      }));

    test("an async function that fails", () =>
      run(function* () {
        const told = reports();
        const failure = new Error("async handler failed");
        const { port } = yield* serve(async (reader) => {
          await reader.readline();
          throw failure;
        });
        const [reader, writer] = yield* dial(port);
        writer.write("\n");
        expect(yield* reader.read()).toHaveLength(0);
        expect(told.map((report) => report.exception)).toEqual([failure]);
      }));

    test("a protocol of one's own on a stream's transport is called where it belongs", async () => {
      const heard: string[] = [];
      const whose = new ContextVar("whose", { default: "nobody's" });
      await run(function* () {
        const came = new Event();
        class Own extends Protocol {
          override dataReceived(data: Uint8Array) {
            heard.push(`${text(data)} is ${whose.get()}`);
            createTask(function* () {
              try {
                yield* new Event().wait();
              } finally {
                heard.push("the run has ended");
              }
            });
            came.set();
          }
        }
        const { port } = yield* serve(function* (_, writer) {
          whose.set("the handler's");
          writer.transport.setProtocol(new Own());
          yield* new Event().wait();
        });
        const [, writer] = yield* dial(port);
        yield* sleep(20);
        writer.write("x");
        yield* came.wait();
        // The task begins.
        yield* sleep(1);
      });
      expect(heard).toEqual(["x is the handler's", "the run has ended"]);
    });

    test("a function that is neither coroutine function nor async", () =>
      run(function* () {
        const told = reports();
        const { port } = yield* serve((() => 5) as never);
        const [reader] = yield* dial(port);
        expect(yield* reader.read()).toHaveLength(0);
        expect(told.map((report) => String(report.exception))).toEqual([
          expect.stringContaining(
            "it must be a coroutine function (function*) or an async function",
          ),
        ]);
      }));
  });

  describe("closing", () => {
    /** A server, a client of it, and what its handler has come to. */
    function* inhabited() {
      const outcome = new Future<string>();
      const { server, port } = yield* serve(function* (reader, writer) {
        writer.write("welcome\n");
        try {
          const rest = yield* reader.read();
          outcome.setResult(`the client sent ${rest.length} bytes and left`);
        } catch (error) {
          outcome.setResult(String(error));
          throw error;
        } finally {
          writer.close();
        }
      });
      const [reader, writer] = yield* dial(port);
      yield* reader.readline();
      return { server, reader, writer, outcome };
    }

    test("close lets clients stay; waitClosed waits for them", () =>
      run(function* () {
        const { server, writer, outcome } = yield* inhabited();
        const waiting = createTask(server.waitClosed());
        yield* sleep(1);
        server.close();
        server.close();
        // Real time, for events of the sockets to arrive if there were any.
        yield* sleep(5);
        expect(waiting.done()).toBe(false);
        writer.write("bye");
        writer.close();
        yield* waiting;
        expect(yield* outcome).toBe("the client sent 3 bytes and left");
        yield* server.waitClosed();
      }));

    test("waitClosed waits for a server that is not closed, even without clients", () =>
      run(function* () {
        const { server } = yield* serve(echo);
        const waiting = createTask(server.waitClosed());
        const cancelled = createTask(server.waitClosed());
        yield* sleep(1);
        expect(waiting.done()).toBe(false);
        cancelled.cancel();
        server.close();
        yield* waiting;
      }));

    test.each(["closeClients", "abortClients"] as const)("%s", (call) =>
      run(function* () {
        const { server, reader, outcome } = yield* inhabited();
        server.close();
        server[call]();
        yield* server.waitClosed();
        expect(yield* reader.read()).toHaveLength(0);
        expect(yield* outcome).toBe("the client sent 0 bytes and left");
      }),
    );

    test("await using closes it and waits", async () => {
      let server: Server | undefined;
      await run(async () => {
        await using made = await startServer(echo, { host, port: 0 });
        server = made;
        expect(server.isServing()).toBe(true);
      });
      expect(server?.isServing()).toBe(false);
    });

    test("cancelling serveForever closes the server and its clients' connections", () =>
      run(function* () {
        const { server, reader, outcome } = yield* inhabited();
        const serving = createTask(server.serveForever());
        yield* sleep(0);
        expect(yield* caught(server.serveForever())).toMatchObject({
          message: "serveForever(): somebody else is awaiting it already",
        });
        serving.cancel();
        expect(yield* caught(serving)).toBeInstanceOf(CancelledError);
        expect(server.isServing()).toBe(false);
        expect(yield* reader.read()).toHaveLength(0);
        expect(yield* outcome).toBe("the client sent 0 bytes and left");
        expect(yield* caught(server.serveForever())).toBeInstanceOf(RuntimeError);
      }));

    test("cancelling serveForever waits a second for a client who does not read", () =>
      run(function* () {
        const { server, port } = yield* serve(function* (_, writer) {
          writer.write(new Uint8Array(20_000_000));
          yield* caught(writer.drain());
        });
        yield* dial(port);
        const serving = createTask(server.serveForever());
        yield* sleep(50);
        const before = getRunningLoop().time();
        serving.cancel();
        expect(yield* caught(serving)).toBeInstanceOf(CancelledError);
        const took = getRunningLoop().time() - before;
        expect(took).toBeGreaterThan(990);
        expect(took).toBeLessThan(5_000);
        expect(server.statistics().clients).toBe(0);
      }));

    test("close ends serveForever, which leaves the clients in peace", () =>
      run(function* () {
        const { server, writer, outcome } = yield* inhabited();
        const serving = createTask(server.serveForever());
        yield* sleep(0);
        server.close();
        yield* sleep(5); // Real time, for events of the sockets to arrive if there were any.
        expect([serving.done(), outcome.done()]).toEqual([false, false]);
        writer.close();
        expect(yield* caught(serving)).toBeInstanceOf(CancelledError);
      }));
  });

  describe("Unix sockets", () => {
    test("an echo, and the path is free again", async () => {
      const folder = await mkdtemp(join(tmpdir(), "heddle-"));
      const path = join(folder, "echo");
      try {
        for (let round = 0; round < 2; round++) {
          await run(function* () {
            const server = yield* startUnixServer(echo, { path });
            expect(server.sockets).toEqual([{ address: path, port: 0, family: "Unix" }]);
            const [reader, writer] = yield* openUnixConnection({ path });
            writer.write("hello");
            writer.writeEof();
            expect(text(yield* reader.read())).toBe("hello");
          });
        }
        await expect(run(() => openUnixConnection({ path }))).rejects.toMatchObject({
          code: "ENOENT",
          message: `cannot connect to ${path}: there is no such socket (ENOENT)`,
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    test("need a path", () => {
      expect(() => openUnixConnection({} as never)).toThrow(TypeError);
      expect(() => startUnixServer(echo, { path: 5 as never })).toThrow(TypeError);
      expect(() => startUnixServer(echo, { path: "a", port: 1 } as never)).toThrow(
        'startUnixServer() has no option "port"; there are: path, readableAll',
      );
    });
  });
});

describe("a machine without IPv6", () => {
  class OldNetwork extends SimulatedNetwork {
    readonly code: string;
    constructor(code: string) {
      super();
      this.code = code;
    }
    override listen(at: Endpoint, options: ListenOptions, acceptor: Acceptor) {
      if ("path" in at || at.family === 4) return super.listen(at, options, acceptor);
      throw Object.assign(new Error(this.code), { code: this.code });
    }
  }

  test.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])("%s: it listens on IPv4", (code) =>
    runVirtual(
      function* () {
        const addresses = [
          [undefined, "0.0.0.0"],
          [["::1", host], host],
          [[host, "::1"], host],
        ] as const;
        for (const [given, found] of addresses) {
          const server = yield* startServer(echo, { port: 0, ...(given && { host: given }) });
          expect(server.sockets.map(({ address }) => address)).toEqual([found]);
          server.close();
        }
        for (const only of [{ host: "::1" }, { family: 6 as const }]) {
          const error = yield* caught(startServer(echo, { port: 0, ...only }));
          expect(error).toMatchObject({ code });
        }
      },
      { network: new OldNetwork(code) },
    ),
  );
});
