import { Socket } from "node:net";
import {
  createTask,
  Event,
  EventLoop,
  type ExceptionContext,
  Future,
  gather,
  getRunningLoop,
  type IncompleteReadError,
  RuntimeError,
  run,
  type StreamReader,
  type StreamWriter,
  sleep,
  TimeoutError,
  timeout,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { bytes, text } from "../bytes.ts";
import { caught } from "../caught.ts";
import { networks, reset } from "./networks.ts";
import { dial, echo, serve } from "./serving.ts";

describe.each(networks)("$name", ({ run, simulated }) => {
  describe("both directions", () => {
    test("an echo", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [reader, writer] = yield* dial(port);
        for (const message of ["hello", "x".repeat(100_000)]) {
          writer.write(message);
          yield* writer.drain();
          expect(text(yield* reader.readexactly(message.length))).toBe(message);
        }
        writer.close();
        yield* writer.waitClosed();
        expect(yield* reader.read()).toHaveLength(0);
        expect(writer.isClosing()).toBe(true);
      }));

    test("in async functions", () =>
      run(async () => {
        const { openConnection, startServer } = await import("heddle/node");
        const server = await startServer(
          async (reader, writer) => {
            writer.write(`you said ${text(await reader.readline())}`);
            await writer.drain();
            writer.close();
          },
          { host: "127.0.0.1", port: 0 },
        );
        const [reader, writer] = await openConnection({
          host: "127.0.0.1",
          port: server.sockets[0]?.port as number,
        });
        writer.write("hi\n");
        expect(text(await reader.read())).toBe("you said hi\n");
        writer.close();
        await writer.waitClosed();
        server.close();
        await server.waitClosed();
      }));

    test("bytes, text and pieces", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [reader, writer] = yield* dial(port);
        writer.write(bytes("bytes, "));
        writer.write("");
        writer.write("ünïcode, ");
        writer.writelines(["pieces", new Uint8Array(), bytes(" of both")]);
        writer.writeEof();
        expect(text(yield* reader.read())).toBe("bytes, ünïcode, pieces of both");
        expect(() => writer.write(5 as never)).toThrow(
          "write() needs a Uint8Array (or Buffer) or a",
        );
        expect(() => writer.write(new ArrayBuffer(2) as never)).toThrow(TypeError);
      }));

    test("results are Buffers, however the bytes were cut", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [reader, writer] = yield* dial(port);
        writer.write("ab");
        const first = yield* reader.readexactly(1);
        const rest = createTask(reader.readexactly(3));
        writer.write("cd");
        const joined = yield* rest;
        writer.writeEof();
        const end = yield* reader.read();
        expect([first, joined, end].map(Buffer.isBuffer)).toEqual([true, true, true]);
        expect(String(joined)).toBe("bcd");
      }));

    test("half-closing: what was asked for comes after the end of the question", () =>
      run(function* () {
        const { port } = yield* serve(function* (reader, writer) {
          const all = yield* reader.read();
          expect(reader.atEof()).toBe(true);
          // The client has ended; this direction is still open.
          yield* sleep(0);
          writer.write(`${all.length} bytes`);
          writer.close();
        });
        const [reader, writer] = yield* dial(port);
        expect(writer.canWriteEof()).toBe(true);
        writer.write("x".repeat(300_000));
        writer.writeEof();
        expect(() => writer.write("more")).toThrow(RuntimeError);
        expect(() => writer.writelines(["more"])).toThrow(
          "cannot call writelines() after writeEof()",
        );
        expect(text(yield* reader.read())).toBe("300000 bytes");
      }));

    test("what is known about a connection, also when it is closed", () =>
      run(function* () {
        const infos = new Future<unknown[]>();
        const { port } = yield* serve(function* (_, writer) {
          infos.setResult([writer.getExtraInfo("peername"), writer.getExtraInfo("sockname")]);
          writer.close();
        });
        const [reader, writer] = yield* dial(port);
        const peername = { address: "127.0.0.1", port, family: "IPv4" };
        const sockname = writer.getExtraInfo("sockname");
        expect(yield* infos).toEqual([sockname, peername]);
        expect(writer.getExtraInfo("peername")).toEqual(peername);
        const socket = writer.getExtraInfo("socket");
        if (simulated) expect(socket).toBeUndefined();
        else expect(socket).toBeInstanceOf(Socket);
        expect(writer.getExtraInfo("cipher")).toBeUndefined();
        expect(writer.getExtraInfo("cipher", "none")).toBe("none");
        expect(String(reader)).toMatch(`StreamReader from 127.0.0.1:${port} (0 bytes`);
        writer.close();
        yield* writer.waitClosed();
        expect(writer.getExtraInfo("peername")).toEqual(peername);
        expect(String(writer)).toBe(`StreamWriter to 127.0.0.1:${port} (closing)`);
      }));

    // Of the system: it is its clock that tells.
    test.skipIf(simulated)("TCP_NODELAY is on, at both ends", () =>
      run(function* () {
        // The option cannot be asked for. Without it the second of two small writes waits until the first
        // is acknowledged, which the other side delays by some 40 ms: in every round, so that the quickest
        // one tells, on however busy a machine.
        function* twoWrites(reader: StreamReader, writer: StreamWriter) {
          const times: number[] = [];
          for (let round = 0; round < 5; round++) {
            const began = performance.now();
            writer.write("a");
            yield* sleep(0);
            writer.write("b");
            yield* reader.readexactly(1);
            times.push(performance.now() - began);
          }
          return Math.min(...times.slice(1));
        }
        function* answer(reader: StreamReader, writer: StreamWriter) {
          for (;;) {
            yield* reader.readexactly(2);
            writer.write("!");
          }
        }
        const quickest = new Future<number>();
        const client = yield* serve(answer);
        expect(yield* twoWrites(...(yield* dial(client.port)))).toBeLessThan(20);
        const server = yield* serve(function* (...streams) {
          quickest.setResult(yield* twoWrites(...streams));
        });
        createTask(answer(...(yield* dial(server.port))));
        expect(yield* quickest).toBeLessThan(20);
      }),
    );
  });

  describe("reading over a socket", () => {
    test("a reset in the middle of a line hits its handler and nobody else", () =>
      run(function* () {
        const outcome = new Future<unknown>();
        const half = new Event();
        const { port } = yield* serve(function* (reader: StreamReader, writer: StreamWriter) {
          try {
            for (;;) {
              const line = yield* reader.readuntil();
              writer.write(line);
              yield* writer.drain();
              if (text(line) === "first\n") half.set();
            }
          } catch (error) {
            if (!outcome.done()) outcome.setResult(error);
          } finally {
            writer.close();
          }
        });
        const [otherReader, otherWriter] = yield* dial(port);
        otherWriter.write("still ");
        const [, victim] = yield* dial(port);
        victim.write("first\nsecond, without an e");
        yield* half.wait();
        reset(victim);
        expect(yield* outcome).toMatchObject({ name: "ConnectionResetError", code: "ECONNRESET" });
        otherWriter.write("here\n");
        expect(text(yield* otherReader.readline())).toBe("still here\n");
      }));

    test("an end in the middle of a line gives what came", () =>
      run(function* () {
        const outcome = new Future<unknown>();
        const { port } = yield* serve(function* (reader, writer) {
          outcome.setResult(yield* caught(reader.readuntil()));
          writer.close();
        });
        const [, writer] = yield* dial(port);
        writer.write("half a li");
        writer.close();
        const error = (yield* outcome) as IncompleteReadError;
        expect([error.name, text(error.partial)]).toEqual(["IncompleteReadError", "half a li"]);
      }));

    test("a limit for lines", () =>
      run(function* () {
        const outcome = new Future<unknown>();
        const { port } = yield* serve(
          function* (reader, writer) {
            outcome.setResult(yield* caught(reader.readline()));
            writer.close();
          },
          { limit: 1000 },
        );
        const [, writer] = yield* dial(port);
        writer.write("x".repeat(5000));
        expect(yield* outcome).toBeInstanceOf(RangeError);
      }));

    test("a protocol that fails is reported and loses its connection", () =>
      run(function* () {
        const told: ExceptionContext[] = [];
        const loop = getRunningLoop();
        loop.setExceptionHandler((_, context) => told.push(context));
        const { port } = yield* serve(echo);
        const [reader, writer] = yield* dial(port);
        // Whoever feeds a reader that belongs to a connection gets in the way of its protocol.
        reader.feedEof();
        writer.write("x");
        const error = yield* caught(writer.waitClosed());
        loop.setExceptionHandler(null);
        expect(told).toMatchObject([
          { message: "StreamProtocol.dataReceived() failed", exception: error },
        ]);
        expect(String(error)).toBe(
          "RuntimeError: feedData() after feedEof(): the stream has ended",
        );
      }));

    test("a timeout, after which the stream is as good as before", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [reader, writer] = yield* dial(port);
        writer.write("half");
        const error = yield* caught(
          // A real time: it has to pass while a real socket is silent.
          timeout(20, function* () {
            yield* reader.readline();
          }),
        );
        expect(error).toBeInstanceOf(TimeoutError);
        writer.write(" a line\n");
        expect(text(yield* reader.readline())).toBe("half a line\n");
      }));
  });

  describe("drain", () => {
    test("lets those who are ready go first", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [, writer] = yield* dial(port);
        const order: string[] = [];
        for (const round of ["1", "2", "3"]) {
          createTask(function* () {
            order.push(`other ${round}`);
          });
          writer.write("x");
          yield* writer.drain();
          order.push(`drained ${round}`);
        }
        expect(order).toEqual(
          ["1", "2", "3"].flatMap((round) => [`other ${round}`, `drained ${round}`]),
        );
      }));

    test("is where a cancellation arrives", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [, writer] = yield* dial(port);
        const task = createTask(function* () {
          task.cancel();
          yield* writer.drain();
        });
        expect(yield* caught(task)).toMatchObject({ name: "CancelledError" });
      }));

    // Of the real loop: in virtual time nobody else has a turn as long as there is work.
    test.skipIf(simulated)("a writer without end starves nobody", () =>
      run(function* () {
        const { port } = yield* serve(function* (reader, writer) {
          while ((yield* reader.read(65_536)).length > 0);
          writer.close();
        });
        const [, writer] = yield* dial(port);
        const endless = createTask(function* () {
          for (;;) {
            writer.write("x");
            yield* writer.drain();
          }
        });
        // Real times: the clock, the program's own timers and its promises must get their turn.
        yield* sleep(5);
        yield* gather([sleep(1), sleep(2)]);
        const native = new Future<void>();
        setTimeout(() => native.setResult(undefined), 1);
        yield* native;
        endless.cancel();
        expect(yield* caught(endless)).toMatchObject({ name: "CancelledError" });
      }),
    );

    test("of a closed stream throws", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [, writer] = yield* dial(port);
        writer.close();
        writer.write("dropped");
        yield* writer.waitClosed();
        expect(yield* caught(writer.drain())).toMatchObject({
          name: "ConnectionResetError",
          code: "ECONNRESET",
        });
        writer.write("dropped, too");
        writer.writelines(["and ", "this"]);
        writer.writeEof();
      }));
  });
});

test("under a virtual clock, time stands still for as long as a socket may have something to say", () =>
  run(
    function* () {
      const loop = getRunningLoop();
      const { server, port } = yield* serve(echo);
      const [reader, writer] = yield* dial(port);
      const hour = createTask(sleep(3_600_000));
      writer.write("hello");
      expect(text(yield* reader.readexactly(5))).toBe("hello");
      writer.close();
      server.close();
      yield* server.waitClosed();
      yield* writer.waitClosed();
      expect(loop.time()).toBe(0);
      yield* hour;
      expect(loop.time()).toBe(3_600_000);
    },
    { loop: new EventLoop({ host: new VirtualClock() }) },
  ));
