import type { Socket } from "node:net";
import {
  BufferedProtocol,
  ContextVar,
  type Coroutine,
  createTask,
  currentTask,
  Event,
  type ExceptionContext,
  getRunningLoop,
  Protocol,
  RuntimeError,
  sleep,
  type Transport,
} from "heddle";
import { createConnection, createServer, type Server } from "heddle/node";
import { describe, expect, test } from "vitest";
import { currentOwner } from "../../src/task/owner.ts";
import { bytes, text } from "../bytes.ts";
import { caught } from "../caught.ts";
import { networks } from "./networks.ts";

const host = "127.0.0.1";

/** Writes down what it is told, and lets a test wait until it has been told something. */
class Recorder extends Protocol {
  readonly calls: string[] = [];
  received = "";
  loss: Error | null | undefined;
  transport!: Transport;
  readonly #changed = new Event();
  readonly keepOpen: boolean;

  constructor(keepOpen = false) {
    super();
    this.keepOpen = keepOpen;
  }

  note(call: string): void {
    if (this.calls.at(-1) !== call || call !== "data") this.calls.push(call);
    this.#changed.set();
  }

  override connectionMade(transport: Transport): void {
    this.transport = transport;
    this.note("made");
  }

  override dataReceived(data: Uint8Array): void {
    this.received += text(data);
    this.note("data");
  }

  override eofReceived(): boolean {
    this.note("eof");
    return this.keepOpen;
  }

  override connectionLost(error: Error | null): void {
    this.loss = error;
    this.note("lost");
  }

  override pauseWriting(): void {
    this.note(`pause at ${this.transport.getWriteBufferSize()}`);
  }

  override resumeWriting(): void {
    this.note(`resume at ${this.transport.getWriteBufferSize()}`);
  }

  /** Wait until this holds. */
  *until(condition: () => boolean): Coroutine<void> {
    while (!condition()) {
      this.#changed.clear();
      yield* this.#changed.wait();
    }
  }

  untilCall(call: string): Coroutine<void> {
    return this.until(() => this.calls.includes(call));
  }
}

interface Pair<N, F> {
  near: N;
  far: F;
  transport: Transport;
  server: Server;
}

/** Both ends of a connection: `near` is the client's protocol, `far` the server's. */
function* pair<N extends Protocol | BufferedProtocol, F extends Protocol | BufferedProtocol>(
  makeNear: () => N,
  makeFar: () => F,
  options: { idleTimeout?: number; maxConnections?: number } = {},
): Coroutine<Pair<N, F>> {
  const made = new Event();
  let far: F | undefined;
  const server = yield* createServer(
    () => {
      far = makeFar();
      made.set();
      return far;
    },
    { host, port: 0, ...options },
  );
  const port = server.sockets[0]?.port as number;
  const [transport, near] = yield* createConnection(makeNear, { host, port });
  yield* made.wait();
  return { near, far: far as F, transport, server };
}

const recorders = (keepOpen = false) =>
  pair(
    () => new Recorder(keepOpen),
    () => new Recorder(keepOpen),
  );

/** What the running loop's exception handler is told from now on. */
function reports(): ExceptionContext[] {
  const told: ExceptionContext[] = [];
  getRunningLoop().setExceptionHandler((_, context) => told.push(context));
  return told;
}

function quiet(): void {
  getRunningLoop().setExceptionHandler(null);
}

describe.each(networks)("$name", ({ run, simulated }) => {
  describe("the order of the calls", () => {
    test("made, data, eof, lost: and lost once, at both ends", () =>
      run(function* () {
        const { near, far, transport } = yield* recorders();
        expect(near.calls).toEqual(["made"]);
        transport.write(bytes("hello"));
        transport.close();
        transport.close();
        // Never inside of the call.
        expect(near.calls).toEqual(["made"]);
        yield* far.untilCall("lost");
        yield* near.untilCall("lost");
        expect(far.calls).toEqual(["made", "data", "eof", "lost"]);
        expect(near.calls).toEqual(["made", "lost"]);
        expect([far.received, near.loss, far.loss]).toEqual(["hello", null, null]);
        transport.abort();
        yield* sleep(5);
        expect(near.calls).toEqual(["made", "lost"]);
      }));

    test("after eof, true keeps the other direction open", () =>
      run(function* () {
        const { near, far, transport } = yield* recorders(true);
        transport.writeEof();
        transport.writeEof();
        expect(() => transport.write(bytes("more"))).toThrow(RuntimeError);
        yield* far.untilCall("eof");
        yield* sleep(5);
        expect(far.calls).toEqual(["made", "eof"]);
        far.transport.write(bytes("still here"));
        far.transport.close();
        yield* near.untilCall("lost");
        expect(near.received).toBe("still here");
        expect(near.calls).toEqual(["made", "data", "eof", "lost"]);
      }));

    test("false closes it, after what is buffered is sent", () =>
      run(function* () {
        const { near, far, transport } = yield* recorders();
        const size = 1_000_000;
        far.transport.write(new Uint8Array(size).fill(120));
        transport.writeEof();
        yield* near.untilCall("lost");
        expect(near.received).toHaveLength(size);
        expect(far.loss).toBe(null);
        expect(far.calls.at(-1)).toBe("lost");
      }));

    test("close flushes, abort drops; what is written afterwards is dropped", () =>
      run(function* () {
        for (const end of ["close", "abort"] as const) {
          const { near, far, transport } = yield* recorders();
          far.transport.pauseReading();
          transport.write(new Uint8Array(32 * 1024 * 1024).fill(120));
          transport[end]();
          expect(transport.isClosing()).toBe(true);
          transport.write(bytes("dropped"));
          expect(near.calls.slice(0, 2)).toMatchObject([
            "made",
            expect.stringMatching(/^pause at/),
          ]);
          yield* sleep(5);
          expect(near.calls.includes("lost")).toBe(end === "abort");
          far.transport.resumeReading();
          yield* far.untilCall("lost");
          yield* near.untilCall("lost");
          expect(near.loss).toBe(null);
          const all = far.received.length === 32 * 1024 * 1024;
          expect(all).toBe(end === "close");
          expect(far.received.includes("dropped")).toBe(false);
          expect(near.calls.filter((call) => call === "lost")).toHaveLength(1);
        }
      }));

    test("what comes while it closes is not told", () =>
      run(function* () {
        const { near, far, transport } = yield* recorders();
        transport.pauseReading();
        // More than the system takes: the far end cannot be closed before it is read.
        far.transport.write(new Uint8Array(8_000_000));
        far.transport.close();
        expect(far.transport.isClosing()).toBe(true);
        transport.write(bytes("too late"));
        yield* sleep(20);
        expect(far.calls).toEqual(["made", expect.stringMatching(/^pause/)]);
        transport.resumeReading();
        yield* near.untilCall("lost");
        yield* far.untilCall("lost");
        expect(far.calls).not.toContain("data");
        expect(near.received.length).toBe(8_000_000);
      }));

    test.skipIf(simulated)("what the socket still gives after it was closed is not told", () =>
      run(function* () {
        const { far } = yield* recorders();
        const socket = far.transport.getExtraInfo("socket") as Socket;
        far.transport.close();
        // As by a socket that had decrypted it already.
        socket.emit("data", Buffer.from("x"));
        yield* far.untilCall("lost");
        expect(far.calls).toEqual(["made", "lost"]);
      }),
    );

    test("one that is over is forgotten: by its run, by its timers", () =>
      run(function* () {
        const loop = getRunningLoop();
        const held = () => [...(currentOwner(loop)?.resources ?? [])].length;
        const timers = () => [...loop.timers].length;
        const { near, far, transport, server } = yield* pair(
          () => new Recorder(),
          () => new Recorder(),
          { idleTimeout: 3_600_000 },
        );
        // The listener, and both ends.
        expect(held()).toBe(3);
        expect(timers()).toBeGreaterThan(0);
        transport.close();
        yield* near.untilCall("lost");
        yield* far.untilCall("lost");
        expect([held(), server.statistics().clients]).toEqual([1, 0]);
        // The last packets arrive.
        yield* sleep(5);
        expect(timers()).toBe(0);
      }));

    test("a reset is an error, once", () =>
      run(function* () {
        const { near, far, transport } = yield* recorders();
        transport.write(bytes("x"));
        yield* far.untilCall("data");
        const { transport: there } = far;
        const socket = there.getExtraInfo("socket") as { resetAndDestroy(): void } | undefined;
        if (socket === undefined) (there as Transport & { reset(): void }).reset();
        else socket.resetAndDestroy();
        yield* near.untilCall("lost");
        expect(near.calls).toEqual(["made", "lost"]);
        expect(near.loss).toMatchObject({ name: "ConnectionResetError", code: "ECONNRESET" });
        yield* far.untilCall("lost");
        expect(far.calls).toEqual(["made", "data", "lost"]);
      }));
  });

  describe("flow control", () => {
    test("pause above the high mark, resume at or below the low one", () =>
      run(function* () {
        const { near, far, transport } = yield* recorders();
        far.transport.pauseReading();
        transport.setWriteBufferLimits({ high: 1000, low: 100 });
        // Fill what is between, until nothing more is taken.
        const chunk = new Uint8Array(200);
        let still = 0;
        while (still < 20) {
          if (transport.getWriteBufferSize() > 0) still++;
          else {
            still = 0;
            while (transport.getWriteBufferSize() === 0) transport.write(chunk);
          }
          yield* sleep(2);
        }
        near.calls.length = 0;
        const before = transport.getWriteBufferSize();
        transport.write(new Uint8Array(1000 - before));
        expect([transport.getWriteBufferSize(), near.calls]).toEqual([1000, []]);
        transport.write(new Uint8Array(1));
        expect([transport.getWriteBufferSize(), near.calls]).toEqual([1001, ["pause at 1001"]]);
        transport.write(new Uint8Array(1));
        expect(near.calls).toEqual(["pause at 1001"]);
        far.transport.resumeReading();
        yield* near.until(() => near.calls.length === 2);
        expect(near.calls[1]).toMatch(/^resume at \d+$/);
        expect(Number(near.calls[1]?.split(" ").at(-1))).toBeLessThanOrEqual(100);
        yield* sleep(5);
        expect(near.calls).toHaveLength(2);
      }));

    test.runIf(simulated)("the write buffer is what the kernel has not taken, to the byte", () =>
      run(function* () {
        const { near, far, transport } = yield* recorders();
        far.transport.pauseReading();
        transport.write(new Uint8Array(65_536 + 65_536));
        expect([transport.getWriteBufferSize(), near.calls]).toEqual([65_536, ["made"]]);
        transport.write(new Uint8Array(1));
        expect(near.calls).toEqual(["made", "pause at 65537"]);
        transport.writelines([new Uint8Array(2), new Uint8Array(3)]);
        expect(transport.getWriteBufferSize()).toBe(65_542);
        // The window of 64 KiB is what the kernel of the other side takes without its program.
        yield* sleep(100);
        const left = transport.getWriteBufferSize();
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(6 + 65_536 / 3);
        far.transport.resumeReading();
        yield* far.until(() => far.received.length === 131_078);
        expect(transport.getWriteBufferSize()).toBe(0);
      }),
    );

    test("a paused transport delivers nothing, not even the end, until it is resumed", () =>
      run(function* () {
        const { far, transport } = yield* recorders();
        far.transport.pauseReading();
        far.transport.pauseReading();
        expect(far.transport.isReading()).toBe(false);
        transport.write(bytes("later"));
        transport.close();
        yield* sleep(10);
        expect(far.calls).toEqual(["made"]);
        far.transport.resumeReading();
        far.transport.resumeReading();
        // Never inside of the call.
        expect(far.calls).toEqual(["made"]);
        yield* far.untilCall("lost");
        expect(far.calls).toEqual(["made", "data", "eof", "lost"]);
      }));

    test("pausing inside of dataReceived holds back what comes after", () =>
      run(function* () {
        class Hesitant extends Recorder {
          override dataReceived(data: Uint8Array): void {
            this.transport.pauseReading();
            super.dataReceived(data);
          }
        }
        const { far, transport } = yield* pair(
          () => new Recorder(),
          () => new Hesitant(),
        );
        const size = 500_000;
        transport.write(new Uint8Array(size).fill(120));
        yield* far.untilCall("data");
        yield* sleep(10);
        expect(far.received.length).toBeLessThan(size);
        while (far.received.length < size) {
          const had = far.received.length;
          far.transport.resumeReading();
          yield* far.until(() => far.received.length > had);
        }
      }));
  });

  describe("protocols", () => {
    test("another one takes over in the middle of the stream", () =>
      run(function* () {
        class First extends Recorder {
          readonly next = new Recorder();
          override dataReceived(data: Uint8Array): void {
            super.dataReceived(data);
            this.next.transport = this.transport;
            this.transport.setProtocol(this.next);
          }
        }
        const { near, far, transport } = yield* pair(
          () => new Recorder(),
          () => new First(),
        );
        transport.write(bytes("one"));
        yield* far.untilCall("data");
        expect(far.transport.getProtocol()).toBe(far.next);
        transport.write(bytes("two"));
        yield* far.next.untilCall("data");
        transport.close();
        yield* far.next.untilCall("lost");
        expect([far.calls, far.next.calls]).toEqual([
          ["made", "data"],
          ["data", "eof", "lost"],
        ]);
        yield* near.untilCall("lost");
      }));

    test.each(["dataReceived", "eofReceived"] as const)(
      "%s throws: it is reported, and the connection lost by that error",
      (method) =>
        run(function* () {
          const told = reports();
          const failure = new Error("protocol failed");
          const { near, far, transport } = yield* recorders();
          far[method] = () => {
            throw failure;
          };
          transport.write(bytes("x"));
          transport.writeEof();
          yield* far.untilCall("lost");
          quiet();
          expect(far.loss).toBe(failure);
          expect(told).toHaveLength(1);
          const { message, exception, protocol } = told[0] as ExceptionContext;
          expect(message).toBe(`Recorder.${method}() failed`);
          expect([exception === failure, protocol === far]).toEqual([true, true]);
          yield* near.untilCall("lost");
        }),
    );

    test("connectionMade throws: createConnection does, too", () =>
      run(function* () {
        const failure = new Error("no thanks");
        class Refusing extends Recorder {
          override connectionMade(): void {
            throw failure;
          }
        }
        const server = yield* createServer(() => new Recorder(), { host, port: 0 });
        const refusing = new Refusing();
        const port = server.sockets[0]?.port as number;
        expect(yield* caught(createConnection(() => refusing, { host, port }))).toBe(failure);
        yield* refusing.untilCall("lost");
        expect(refusing.loss).toBe(failure);
      }));

    test("connectionLost and pauseWriting throw: it is reported, and all goes on", () =>
      run(function* () {
        const told = reports();
        const { near, far, transport, server } = yield* recorders();
        far.transport.pauseReading();
        near.pauseWriting = () => {
          throw new Error("cannot pause");
        };
        transport.write(new Uint8Array(32 * 1024 * 1024));
        expect(told.map(({ message }) => message)).toEqual(["Recorder.pauseWriting() failed"]);
        near.connectionLost = () => {
          throw new Error("cannot lose");
        };
        transport.abort();
        far.transport.abort();
        server.close();
        yield* server.waitClosed();
        yield* sleep(5);
        quiet();
        expect(told.map(({ message }) => message)).toEqual([
          "Recorder.pauseWriting() failed",
          "Recorder.connectionLost() failed",
        ]);
      }));

    test("context variables and tasks are of whoever made the connection", async () => {
      const seen: string[] = [];
      let ended = false;
      await run(function* () {
        const who = new ContextVar("who", { default: "nobody" });
        class Curious extends Recorder {
          override dataReceived(data: Uint8Array): void {
            super.dataReceived(data);
            seen.push(`${who.get()} ${currentTask() === null}`);
            createTask(function* () {
              try {
                yield* sleep(Number.POSITIVE_INFINITY);
              } finally {
                ended = true;
              }
            });
          }
        }
        who.set("server");
        const made = pair(
          () => new Recorder(),
          () => new Curious(),
        );
        const { far, transport } = yield* made;
        who.set("somebody else");
        transport.write(bytes("x"));
        yield* far.untilCall("data");
        yield* sleep(5);
      });
      expect(seen).toEqual(["server true"]);
      // It belonged to the run.
      expect(ended).toBe(true);
    });

    test("a buffered protocol says where the bytes go: as few as it likes at a time", () =>
      run(function* () {
        class Small extends BufferedProtocol {
          readonly calls: string[] = [];
          readonly buffer = new Uint8Array(4);
          readonly done = new Event();
          all = "";
          override getBuffer(): Uint8Array {
            this.calls.push("get");
            return this.buffer;
          }
          override bufferUpdated(count: number): void {
            this.calls.push(`updated ${count}`);
            this.all += text(this.buffer.subarray(0, count));
          }
          override eofReceived(): undefined {
            this.calls.push("eof");
          }
          override connectionLost(): void {
            this.calls.push("lost");
            this.done.set();
          }
        }
        const { far, transport } = yield* pair(
          () => new Recorder(),
          () => new Small(),
        );
        transport.write(bytes("hello hello"));
        transport.close();
        yield* far.done.wait();
        expect(far.all).toBe("hello hello");
        expect(far.calls).toEqual([
          ...["get", "updated 4", "get", "updated 4", "get", "updated 3"],
          ...["eof", "lost"],
        ]);
      }));

    test("a buffer of no bytes is an error", () =>
      run(function* () {
        const told = reports();
        class Empty extends BufferedProtocol {
          readonly done = new Event();
          loss: Error | null = null;
          override getBuffer(): Uint8Array {
            return new Uint8Array();
          }
          override connectionLost(error: Error | null): void {
            this.loss = error;
            this.done.set();
          }
        }
        const { far, transport } = yield* pair(
          () => new Recorder(),
          () => new Empty(),
        );
        transport.write(bytes("x"));
        yield* far.done.wait();
        quiet();
        expect(far.loss).toBeInstanceOf(RuntimeError);
        expect(told.map(({ message }) => message)).toEqual([
          "Empty.getBuffer() or bufferUpdated() failed",
        ]);
      }));
  });

  describe("limits", () => {
    test("idleTimeout: a connection on which nothing comes or goes is closed", () =>
      run(function* () {
        const { far, near, transport } = yield* pair(
          () => new Recorder(),
          () => new Recorder(),
          // On the system's network a real time: as short as it can be.
          { idleTimeout: 40 },
        );
        for (let i = 0; i < 4; i++) {
          yield* sleep(20);
          transport.write(bytes("x"));
        }
        expect(far.calls).not.toContain("lost");
        yield* far.untilCall("lost");
        expect(far.loss).toMatchObject({
          name: "TimeoutError",
          message: "the connection was closed: nothing came or went for 40 ms",
        });
        yield* near.untilCall("lost");
      }));

    test("maxConnections: those above are closed, counted, and reported once", () =>
      run(function* () {
        const told = reports();
        const { server, transport, far } = yield* pair(
          () => new Recorder(),
          () => new Recorder(),
          { maxConnections: 1 },
        );
        const port = server.sockets[0]?.port as number;
        for (let i = 0; i < 3; i++) {
          const [, refused] = yield* createConnection(() => new Recorder(), { host, port });
          yield* refused.untilCall("lost");
        }
        expect(server.statistics()).toEqual({ clients: 1, dropped: 3 });
        expect(told.map(({ message }) => message)).toEqual([
          expect.stringContaining("refuses connections: there are maxConnections (1)"),
        ]);
        transport.close();
        yield* far.untilCall("lost");
        const [again, welcome] = yield* createConnection(() => new Recorder(), { host, port });
        yield* sleep(5);
        quiet();
        expect([welcome.calls, server.statistics().clients]).toEqual([["made"], 1]);
        again.close();
      }));
  });
});
