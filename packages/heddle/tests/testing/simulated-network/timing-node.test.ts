import {
  type Coroutine,
  createTask,
  getRunningLoop,
  type StreamReader,
  type StreamWriter,
  sleep,
} from "heddle";
import { openConnection, startServer } from "heddle/node";
import { runVirtual, SimulatedNetwork, type SimulatedNetworkOptions } from "heddle/testing";
import { expect, test } from "vitest";
import { currentOwner } from "../../../src/task/owner.ts";
import { text } from "../../bytes.ts";
import { caught } from "../../caught.ts";
import { echo } from "../../node/serving.ts";
import { ca, localhost } from "../../node/tls/certificates.ts";

const now = () => getRunningLoop().time();

/** Run `client` against a server at 10.0.0.1 that runs `serve`. */
function between(
  options: SimulatedNetworkOptions,
  serve: (reader: StreamReader, writer: StreamWriter) => Coroutine<void>,
  client: (
    reader: StreamReader,
    writer: StreamWriter,
    network: SimulatedNetwork,
  ) => Coroutine<void>,
  seed = 0,
): Promise<void> {
  const network = new SimulatedNetwork(options).host("server", { addresses: ["10.0.0.1"] });
  return runVirtual(
    function* () {
      yield* network.on("server", () => startServer(serve, { host: "10.0.0.1", port: 80 }));
      const [reader, writer] = yield* openConnection({ host: "server", port: 80 });
      yield* client(reader, writer, network);
    },
    { network, seed },
  );
}

test("connecting takes a round trip, an answer another one", () =>
  between(
    { latency: 10 },
    function* (reader, writer) {
      expect(now()).toBe(30);
      yield* reader.readexactly(1);
      expect(now()).toBe(30);
      writer.write("!");
    },
    function* (reader, writer) {
      expect(now()).toBe(20);
      writer.write("?");
      yield* reader.readexactly(1);
      expect(now()).toBe(40);
      writer.close();
      expect(yield* reader.read()).toHaveLength(0);
    },
  ));

test("latency by hosts, and changed while it runs", () =>
  between(
    { latency: (from, to) => (from === "server" ? 7 : to === "server" ? 5 : 1) },
    function* (reader, writer) {
      writer.write(yield* reader.readexactly(1));
      writer.write(yield* reader.readexactly(1));
    },
    function* (reader, writer, network) {
      expect(now()).toBe(12);
      writer.write("a");
      yield* reader.readexactly(1);
      expect(now()).toBe(24);
      network.latency = 100;
      writer.write("b");
      yield* reader.readexactly(1);
      expect(now()).toBe(224);
    },
  ));

test("bandwidth: bytes per millisecond, one after another", () =>
  between(
    { latency: 10, bandwidth: 100, segmentSize: 1000 },
    function* (reader) {
      yield* reader.readexactly(1);
      // The client's first packet may leave at 20: 1000 bytes take 10 ms, and 10 ms on the way.
      expect(now()).toBe(40);
      yield* reader.readexactly(1999);
      expect(now()).toBe(50);
    },
    function* (_, writer) {
      writer.write(new Uint8Array(2000));
      yield* sleep(100);
    },
  ));

test("a window of 1,000 bytes is one window for each round trip", () =>
  between(
    { latency: 10, receiveBuffer: 1000 },
    function* (reader) {
      yield* reader.readexactly(5000);
      expect(now()).toBe(30 + 4 * 20);
    },
    function* (_, writer) {
      writer.write(new Uint8Array(5000));
      yield* sleep(500);
    },
  ));

test("segments are of at most segmentSize; with fragment they are cut anywhere, by the seed", async () => {
  const sizes = async (options: SimulatedNetworkOptions, seed: number) => {
    const found: number[] = [];
    await between(
      options,
      function* (reader) {
        for (;;) {
          const data = yield* reader.read(100_000);
          if (data.length === 0) return;
          found.push(data.length);
        }
      },
      function* (_, writer, network) {
        network.trace = (line) => {
          const [, size] = / data (\d+)/.exec(line) ?? [];
          if (size !== undefined) found.push(Number(size));
        };
        writer.write(new Uint8Array(4000));
        network.trace = null;
        writer.close();
        yield* sleep(100);
      },
      seed,
    );
    return found;
  };
  expect((await sizes({}, 1)).slice(0, 3)).toEqual([1460, 1460, 1080]);
  const [one, same, other] = [
    await sizes({ fragment: true }, 1),
    await sizes({ fragment: true }, 1),
    await sizes({ fragment: true }, 2),
  ];
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  expect(Math.max(...(one as number[]).slice(0, 3))).toBeLessThan(1460);
});

test("the same seed gives the same packets at the same times", async () => {
  const packets = async (seed: number) => {
    const lines: string[] = [];
    await between(
      { latency: [1, 50], loss: 0.2, fragment: true },
      function* (reader, writer) {
        for (;;) {
          const data = yield* reader.read(100);
          if (data.length === 0) break;
          writer.write(data);
          yield* writer.drain();
        }
        writer.close();
      },
      function* (reader, writer, network) {
        network.trace = (line) => lines.push(line);
        const reading = createTask(reader.readexactly(20_000));
        for (let i = 0; i < 20; i++) {
          writer.write(new Uint8Array(1000).fill(i));
          yield* writer.drain();
        }
        const all = yield* reading;
        expect(all.every((byte, i) => byte === Math.floor(i / 1000))).toBe(true);
        writer.close();
      },
      seed,
    );
    return lines;
  };
  const first = await packets(1);
  expect(first.length).toBeGreaterThan(50);
  expect(first.some((line) => line.endsWith(" lost"))).toBe(true);
  expect(await packets(1)).toEqual(first);
  expect(await packets(2)).not.toEqual(first);
});

test("a slow reader fills its window, then the writer's buffer, to the byte", () =>
  between(
    { sendBuffer: 10_000, receiveBuffer: 5000 },
    function* (reader) {
      yield* sleep(1000);
      yield* reader.readexactly(100_000);
      expect(now()).toBeGreaterThan(1000);
    },
    function* (_, writer, network) {
      network.slow("server", 0);
      writer.transport.setWriteBufferLimits({ high: 70_000 });
      writer.write(new Uint8Array(100_000));
      expect(writer.transport.getWriteBufferSize()).toBe(90_000);
      yield* sleep(100);
      // 5,000 were acknowledged and lie at the other side unread. After three segments of 1,460 a third of the
      // kernel's 10,000 was free, and it took as many more.
      expect(writer.transport.getWriteBufferSize()).toBe(90_000 - 3 * 1460);
      const draining = createTask(writer.drain());
      yield* sleep(500);
      expect(draining.done()).toBe(false);
      network.slow("server", 1000);
      yield* draining;
      expect(writer.transport.getWriteBufferSize()).toBeLessThanOrEqual(17_500);
      yield* sleep(2000);
    },
  ));

test("the idle timeout of a connection that became secure is that of the secure one", () =>
  runVirtual(
    function* () {
      const mail = function* (reader: StreamReader, writer: StreamWriter) {
        yield* reader.readline();
        writer.write("go on\n");
        yield* writer.startTls(localhost);
        yield* echo(reader, writer);
      };
      const options = { port: 25, idleTimeout: 60_000 };
      const server = yield* startServer(mail, options);
      const [reader, writer] = yield* openConnection(options);
      writer.write("STARTTLS\n");
      yield* reader.readline();
      yield* writer.startTls({ ca, servername: "localhost" });
      for (let i = 0; i < 20; i++) {
        yield* sleep(59_000);
        writer.write("still there");
        expect(text(yield* reader.readexactly(11))).toBe("still there");
      }
      const busy = now();
      getRunningLoop().setExceptionHandler(() => {});
      yield* caught(reader.read());
      expect(now() - busy).toBeGreaterThan(59_000);
      expect(now() - busy).toBeLessThan(61_000);
      yield* caught(writer.waitClosed());
      yield* sleep(100);
      // Neither of both ends, nor what was beneath them.
      expect([...(currentOwner(getRunningLoop())?.resources ?? [])]).toEqual([server]);
    },
    { network: new SimulatedNetwork() },
  ));
