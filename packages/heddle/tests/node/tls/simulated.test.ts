import {
  CancelledError,
  type Coroutine,
  createTask,
  DeadlockError,
  gather,
  getRunningLoop,
  run,
  sleep,
  TimeoutError,
} from "heddle";
import { openConnection, startServer } from "heddle/node";
import { runVirtual, SimulatedNetwork } from "heddle/testing";
import { expect, test } from "vitest";
import { text } from "../../bytes.ts";
import { caught } from "../../caught.ts";
import { echo } from "../serving.ts";
import { ca, localhost } from "./certificates.ts";

const host = "127.0.0.1";
const tls = { ca, servername: "localhost" };
const now = () => getRunningLoop().time();

function* listen(handler = echo): Coroutine<number> {
  const server = yield* startServer(handler, { host, port: 0, tls: localhost });
  return server.sockets[0]?.port as number;
}

test("time moves by what the network takes, and by nothing else", () =>
  runVirtual(
    function* () {
      const port = yield* listen();
      const [reader, writer] = yield* openConnection({ host, port, tls });
      // A turn for the connection, one for the handshake.
      expect(now()).toBe(40);
      for (let i = 1; i <= 50; i++) {
        writer.write("x".repeat(5_000));
        yield* reader.readexactly(5_000);
        expect(now()).toBe(40 + 20 * i);
      }
      // A connection on which nothing happens lets time jump.
      yield* sleep(3_600_000);
      expect(now()).toBe(3_601_040);
      writer.write("still there");
      expect(text(yield* reader.readexactly(11))).toBe("still there");
      writer.close();
      yield* writer.waitClosed();
    },
    { network: new SimulatedNetwork({ latency: 10 }) },
  ));

test("nobody who could answer: a deadlock is seen", async () => {
  const stuck = runVirtual(
    function* () {
      const port = yield* listen(function* (reader) {
        yield* reader.read();
      });
      const [reader] = yield* openConnection({ host, port, tls });
      yield* reader.read();
    },
    { network: new SimulatedNetwork() },
  );
  await expect(stuck).rejects.toBeInstanceOf(DeadlockError);
});

test("megabytes both ways over a network that loses and cuts its packets", () =>
  runVirtual(
    function* () {
      const size = 512 * 1024;
      const port = yield* listen();
      const [reader, writer] = yield* openConnection({ host, port, tls });
      const send = function* () {
        for (let i = 0; i < 32; i++) {
          writer.write(Buffer.alloc(size / 32, i));
          yield* writer.drain();
        }
      };
      const [, all] = yield* gather([send(), reader.readexactly(size)]);
      for (let i = 0; i < 32; i++) expect(all[(i * size) / 32 + 99]).toBe(i);
    },
    { network: new SimulatedNetwork({ loss: 0.05, fragment: true }), seed: 3 },
  ));

test("a slow reader: the writer waits, whose buffers are bounded", () =>
  runVirtual(
    function* () {
      const port = yield* listen(function* () {
        yield* sleep(Number.POSITIVE_INFINITY);
      });
      const [, writer] = yield* openConnection({ host, port, tls });
      let rounds = 0;
      const task = createTask(
        (function* () {
          for (;;) {
            writer.write(Buffer.alloc(64 * 1024));
            yield* writer.drain();
            rounds++;
          }
        })(),
      );
      yield* sleep(10_000);
      const before = rounds;
      yield* sleep(10_000);
      expect(rounds).toBe(before);
      expect(rounds).toBeLessThan(20);
      task.cancel();
    },
    { network: new SimulatedNetwork() },
  ));

test("a handshake that nobody answers takes its time, to the millisecond", () => {
  const network = new SimulatedNetwork();
  return runVirtual(
    function* () {
      const server = yield* startServer(
        function* () {
          yield* sleep(Number.POSITIVE_INFINITY);
        },
        { host, port: 0 },
      );
      const port = server.sockets[0]?.port as number;
      const began = now();
      expect(yield* caught(openConnection({ host, port, tls }))).toBeInstanceOf(TimeoutError);
      expect(now() - began).toBe(60_002);
      // Cancelled in the middle.
      const task = createTask(openConnection({ host, port, tls }));
      yield* sleep(1_000);
      task.cancel();
      expect(yield* caught(task)).toBeInstanceOf(CancelledError);
      server.abortClients();
      yield* sleep(10_000);
      expect(network.statistics().connections).toBe(0);
    },
    { network },
  );
});

test("a connection that breaks is a ConnectionResetError on both sides", () => {
  const network = new SimulatedNetwork();
  return runVirtual(
    function* () {
      const ends: unknown[] = [];
      const port = yield* listen(function* (reader) {
        ends.push(yield* caught(reader.read()));
      });
      const [reader] = yield* openConnection({ host, port, tls });
      yield* sleep(10);
      network.reset("localhost");
      ends.push(yield* caught(reader.read()));
      yield* sleep(10);
      const reset = { name: "ConnectionResetError", code: "ECONNRESET" };
      expect(ends).toMatchObject([reset, reset]);
    },
    { network },
  );
});

test("connections leave nothing behind", () => {
  const network = new SimulatedNetwork();
  return runVirtual(
    function* () {
      const port = yield* listen();
      for (let n = 0; n < 50; n++) {
        const [reader, writer] = yield* openConnection({ host, port, tls });
        writer.write("x");
        yield* reader.readexactly(1);
        if (n % 2 === 0) writer.close();
        else writer.transport.abort();
        yield* writer.waitClosed();
      }
      yield* sleep(10_000);
      expect(network.statistics().connections).toBe(0);
    },
    { network },
  );
});

test("the name of a server may be asked of the world: time waits for it", () =>
  runVirtual(
    function* () {
      const sni = () => new Promise<null>((resolve) => setTimeout(() => resolve(null), 20));
      const server = yield* startServer(echo, { host, port: 0, tls: { ...localhost, sni } });
      const port = server.sockets[0]?.port as number;
      yield* openConnection({ host, port, tls });
      expect(now()).toBe(4);
    },
    { network: new SimulatedNetwork() },
  ));

test("real sockets on the real clock are not held up by it", () =>
  run(function* () {
    const port = yield* listen();
    const [reader, writer] = yield* openConnection({ host, port, tls });
    writer.write("x");
    expect(text(yield* reader.readexactly(1))).toBe("x");
  }));
