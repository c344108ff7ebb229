import {
  ConnectionResetError,
  type Coroutine,
  createTask,
  DeadlockError,
  Future,
  getRunningLoop,
  isCancelled,
  type StreamReader,
  type StreamWriter,
  sleep,
} from "heddle";
import { type OpenConnectionOptions, openConnection, startServer } from "heddle/node";
import { runVirtual, SimulatedNetwork } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { text } from "../../bytes.ts";
import { caught } from "../../caught.ts";
import { echo } from "../../node/serving.ts";

const now = () => getRunningLoop().time();

/** A server that echoes at server:80, and what `client` does there. */
function withServer(
  client: (network: SimulatedNetwork) => Coroutine<void>,
  options: { backlog?: number; keepAlive?: boolean | number } = {},
): Promise<void> {
  const network = new SimulatedNetwork({ latency: 10 });
  network.host("server", { addresses: ["10.0.0.1", "fd00:1::1"] });
  network.host("other");
  return runVirtual(
    function* () {
      yield* network.on("server", () => startServer(patient, { port: 80, ...options }));
      yield* client(network);
    },
    { network },
  );
}

/** An echo that does not mind that its connection breaks. */
function* patient(reader: StreamReader, writer: StreamWriter) {
  try {
    yield* echo(reader, writer);
  } catch (error) {
    if (!(error instanceof ConnectionResetError)) throw error;
  }
}

function dial(options: Partial<OpenConnectionOptions> = {}) {
  return openConnection({ host: "10.0.0.1", port: 80, ...options });
}

function* answers(reader: StreamReader, writer: StreamWriter, message: string) {
  writer.write(message);
  return text(yield* reader.readexactly(message.length)) === message;
}

describe("connecting", () => {
  test("who does not listen, cannot be found, or is nowhere", () =>
    withServer(function* () {
      const failures: [Partial<OpenConnectionOptions>, string, number][] = [
        [{ port: 81 }, "ECONNREFUSED", 20],
        [{ host: "nobody" }, "ENOTFOUND", 0],
        [{ host: "10.9.9.9" }, "EHOSTUNREACH", 3000],
        [{ localAddress: "10.9.9.9" }, "EADDRNOTAVAIL", 0],
      ];
      for (const [options, code, after] of failures) {
        const began = now();
        expect(yield* caught(dial(options))).toMatchObject({ code });
        expect(now() - began).toBe(after);
      }
    }));

  test("refused and black-holed, until healed", () =>
    withServer(function* (network) {
      network.refuse("server", 80);
      expect(yield* caught(dial())).toMatchObject({ code: "ECONNREFUSED" });
      network.heal();
      network.blackhole("server", 80);
      const began = now();
      expect(yield* caught(dial())).toMatchObject({ code: "ETIMEDOUT" });
      expect(now() - began).toBe(127_000);
      network.heal();
      yield* dial();
    }));

  test("a lost first packet is sent again after a second", () =>
    withServer(function* (network) {
      network.loss = 1;
      const dialing = createTask(dial());
      yield* sleep(500);
      network.loss = 0;
      yield* dialing;
      expect(now()).toBe(1020);
    }));

  test("given up at any time, or made: nothing goes on, at neither end", () =>
    withServer(function* (network) {
      const { listeners } = network.statistics();
      const quiet = function* () {
        const { packets } = network.statistics();
        yield* sleep(300_000);
        expect(network.statistics()).toMatchObject({ packets, listeners, connections: 0 });
        expect([...getRunningLoop().timers].length).toBe(0);
      };
      // Before the first packet is there, while the answer is on its way, as it comes.
      for (const ms of [5, 15, 20]) {
        const dialling = createTask(dial({ localPort: 5000 }));
        if (ms < 20) getRunningLoop().callLater(ms, () => dialling.cancel());
        else
          network.trace = (line) => {
            if (line.includes(" confirm ")) dialling.cancel();
          };
        expect(isCancelled(yield* caught(dialling))).toBe(true);
        network.trace = null;
        yield* sleep(100);
        yield* quiet();
      }
      // The port is free again.
      const [, writer] = yield* dial({ localPort: 5000 });
      writer.close();
      yield* sleep(100);
      yield* quiet();
    }));

  test("a full backlog does not answer, and does when there is room", () =>
    withServer(
      function* (network) {
        network.slow("server", 0);
        const first = yield* dial();
        yield* dial();
        yield* sleep(100);
        const third = createTask(dial());
        yield* sleep(900);
        expect(third.done()).toBe(false);
        network.heal();
        yield* third;
        expect(yield* answers(...first, "hello")).toBe(true);
      },
      { backlog: 1 },
    ));
});

describe("partitions", () => {
  test("nothing comes through, and everything when it is healed", () =>
    withServer(function* (network) {
      const [reader, writer] = yield* dial();
      expect(yield* answers(reader, writer, "before")).toBe(true);
      network.partition("localhost", "server");
      const began = now();
      const answer = createTask(answers(reader, writer, "meanwhile"));
      yield* sleep(60_000);
      expect(answer.done()).toBe(false);
      network.heal();
      expect(yield* answer).toBe(true);
      // 200 ms, 400 ms … after it was lost: the tenth time.
      expect(now() - began).toBeLessThan(200_000);
    }));

  test("those on the same side talk on", () =>
    withServer(function* (network) {
      network.partition(["server", "other"]);
      const same = yield* network.on("other", () => dial());
      expect(yield* answers(...same, "hello")).toBe(true);
      expect(yield* caught(dial({ timeout: 100 }))).toMatchObject({ name: "TimeoutError" });
    }));

  test("after 15 minutes without an acknowledgement the connection fails", () =>
    withServer(function* (network) {
      const [reader, writer] = yield* dial();
      network.partition("server");
      const began = now();
      writer.write("lost");
      expect(yield* caught(reader.read(1))).toMatchObject({ code: "ETIMEDOUT" });
      expect(now() - began).toBe(900_000);
    }));
});

describe("resets and crashes", () => {
  test("a reset is heard at both ends", () =>
    withServer(function* (network) {
      const [reader] = yield* dial();
      yield* sleep(100);
      network.reset("localhost", "server");
      expect(yield* caught(reader.read(1))).toMatchObject({
        name: "ConnectionResetError",
        code: "ECONNRESET",
      });
    }));

  test("a host that vanished does not answer; when it is back it resets", () =>
    withServer(function* (network) {
      const [reader, writer] = yield* dial();
      expect(yield* answers(reader, writer, "hello")).toBe(true);
      network.crash("server");
      writer.write("anybody?");
      const reading = createTask(caught(reader.read(1)));
      yield* sleep(5000);
      expect(reading.done()).toBe(false);
      network.restart("server");
      expect(yield* reading).toMatchObject({ code: "ECONNRESET" });
      expect(yield* caught(dial())).toMatchObject({ code: "ECONNREFUSED" });
    }));

  test("keepAlive finds out: without it who waits for a silent peer waits for ever", async () => {
    await withServer(function* (network) {
      const [reader] = yield* dial({ keepAlive: 60_000 });
      yield* sleep(1000);
      network.crash("server");
      expect(yield* caught(reader.read(1))).toMatchObject({ code: "ETIMEDOUT" });
      expect(now()).toBe(40 + 60_000 + 10_000);
    });
    const waits = withServer(function* (network) {
      const [reader] = yield* dial();
      yield* sleep(1000);
      network.crash("server");
      yield* reader.read(1);
    });
    await expect(waits).rejects.toThrow(DeadlockError);
  });

  test("a frozen host forgets nothing", () =>
    withServer(function* (network) {
      const [reader, writer] = yield* dial();
      network.freeze("server");
      const answer = createTask(answers(reader, writer, "hello"));
      yield* sleep(1000);
      expect(answer.done()).toBe(false);
      network.heal();
      expect(yield* answer).toBe(true);
    }));

  test("data for a reader that has closed is answered by a reset", () =>
    withServer(function* (network) {
      const outcome = new Future<unknown>();
      yield* network.on("other", () =>
        startServer(
          function* (_, writer) {
            writer.close();
          },
          { port: 90 },
        ),
      );
      const [reader, writer] = yield* openConnection({ host: "other", port: 90 });
      expect(yield* reader.read()).toHaveLength(0);
      writer.write("too late");
      outcome.setResult(yield* caught(writer.waitClosed()));
      expect(yield* outcome).toMatchObject({ code: "ECONNRESET" });
    }));
});

test("nothing is left at the end: connections, listeners, time", async () => {
  const network = new SimulatedNetwork({ loss: 0.1 });
  const loopTime = await runVirtual(
    function* () {
      const server = yield* startServer(echo, { host: "127.0.0.1", port: 80 });
      for (let i = 0; i < 50; i++) {
        const [reader, writer] = yield* openConnection({ port: 80 });
        yield* answers(reader, writer, `hello ${i}`);
        writer.close();
        yield* writer.waitClosed();
      }
      server.close();
      yield* server.waitClosed();
      yield* sleep(10_000);
      expect(network.statistics()).toMatchObject({ connections: 0, listeners: 0 });
      return now();
    },
    { network },
  );
  expect(loopTime).toBeLessThan(100_000);
});

test("bad values are refused", () => {
  const bad: [object, string][] = [
    [{ loss: 2 }, "loss must be a probability from 0 to 1, got 2"],
    [{ latency: -1 }, "latency must be milliseconds, at least 0, got -1"],
    [{ latency: [2, 1] }, "latency must be [min, max] in milliseconds, got [2, 1]"],
    [{ bandwidth: 0 }, "bandwidth must be bytes per millisecond, more than 0, got 0"],
    [{ segmentSize: 1.5 }, "segmentSize must be a whole number of bytes, at least 1, got 1.5"],
    [{ fragment: 1 }, "fragment must be true or false, got 1"],
    [{ lost: 1 }, 'new SimulatedNetwork() has no option "lost"; there are: seed, latency'],
  ];
  for (const [options, message] of bad) {
    expect(() => new SimulatedNetwork(options)).toThrow(message);
  }
  const network = new SimulatedNetwork();
  expect(() => network.host("a", { addresses: ["nonsense"] })).toThrow(TypeError);
  expect(() => network.host("localhost")).toThrow('there is a host "localhost" already');
  expect(() => network.partition("b")).toThrow('there is no host "b"; there are: localhost');
  expect(() => network.slow("localhost", -1)).toThrow("rate must be bytes per millisecond");
  expect(() => {
    network.loss = Number.NaN;
  }).toThrow(RangeError);
});
