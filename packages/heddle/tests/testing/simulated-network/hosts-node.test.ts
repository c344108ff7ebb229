import {
  type Coroutine,
  createTask,
  EventLoop,
  Future,
  fromPromise,
  gather,
  run,
  sleep,
} from "heddle";
import {
  createServer,
  openConnection,
  openDatagram,
  openUnixConnection,
  startServer,
  startUnixServer,
} from "heddle/node";
import {
  runVirtual,
  SimulatedNetwork,
  type SimulatedNetworkOptions,
  VirtualClock,
} from "heddle/testing";
import { describe, expect, test } from "vitest";
import { text } from "../../bytes.ts";
import { caught } from "../../caught.ts";
import { echo } from "../../node/serving.ts";

function simulated(
  main: (network: SimulatedNetwork) => Coroutine<void>,
  options: SimulatedNetworkOptions = {},
): Promise<void> {
  const network = new SimulatedNetwork(options);
  network.host("a", { addresses: ["10.0.0.1", "fd01::1"] });
  network.host("b", { addresses: ["10.0.0.2"] });
  return runVirtual(() => main(network), { network, seed: 1 });
}

describe("hosts", () => {
  test("tasks stay on the host that they were started on; handlers on that of their server", () =>
    simulated(function* (network) {
      const seen = new Future<unknown[]>();
      yield* network.on("a", () =>
        startServer(
          function* (_, writer) {
            seen.setResult([writer.getExtraInfo("sockname"), writer.getExtraInfo("peername")]);
            // What a handler opens comes from the server's host.
            const [, other] = yield* openConnection({ host: "b", port: 80 });
            expect(other.getExtraInfo("sockname")?.address).toBe("10.0.0.1");
            writer.close();
          },
          { port: 80 },
        ),
      );
      yield* network.on("b", function* () {
        yield* startServer(echo, { port: 80 });
        const task = createTask(openConnection({ host: "a", port: 80, family: 4 }));
        const [, writer] = yield* task;
        writer.close();
        yield* writer.waitClosed();
        expect(yield* seen).toEqual([
          writer.getExtraInfo("peername"),
          writer.getExtraInfo("sockname"),
        ]);
        expect(writer.getExtraInfo("sockname")).toMatchObject({
          address: "10.0.0.2",
          family: "IPv4",
        });
      });
      // Back here, on "localhost".
      expect(yield* caught(openConnection({ host: "127.0.0.1", port: 80 }))).toMatchObject({
        code: "ECONNREFUSED",
      });
    }));

  test("a port is of one server; another host, address or family has its own", () =>
    simulated(function* (network) {
      yield* network.on("a", function* () {
        yield* startServer(echo, { host: "10.0.0.1", port: 80 });
        yield* startServer(echo, { host: "fd01::1", port: 80 });
        yield* startServer(echo, { host: "localhost", port: 80 });
        for (const host of ["10.0.0.1", "0.0.0.0", "::", "127.0.0.1"]) {
          const again = startServer(echo, { host, port: 80 });
          expect(yield* caught(again)).toMatchObject({ code: "EADDRINUSE" });
        }
        const elsewhere = startServer(echo, { host: "10.0.0.2", port: 81 });
        expect(yield* caught(elsewhere)).toMatchObject({ code: "EADDRNOTAVAIL" });
      });
      yield* network.on("b", () => startServer(echo, { port: 80 }));
      const first = yield* createServer(() => ({}) as never, { port: 0 });
      const second = yield* createServer(() => ({}) as never, { port: 0 });
      expect(first.sockets[0]?.port).not.toBe(second.sockets[0]?.port);
    }));

  test("IPv6 of a host that has none", () =>
    simulated(function* (network) {
      const to = openConnection({ host: "fd01::1", port: 80 });
      const error = yield* network.on("b", () => caught(to));
      expect(error).toMatchObject({ code: "ENETUNREACH" });
      expect(yield* caught(openConnection({ host: "b", port: 80, family: 6 }))).toMatchObject({
        code: "ENOTFOUND",
      });
    }));

  test("Unix sockets are of one host, and take no time", () =>
    simulated(function* (network) {
      const path = "/run/echo";
      const server = yield* startUnixServer(echo, { path });
      expect(yield* caught(startUnixServer(echo, { path }))).toMatchObject({ code: "EADDRINUSE" });
      const [reader, writer] = yield* openUnixConnection({ path });
      writer.write("x".repeat(200_000));
      expect(yield* reader.readexactly(200_000)).toHaveLength(200_000);
      const elsewhere = network.on("a", () => openUnixConnection({ path }));
      expect(yield* caught(elsewhere)).toMatchObject({ code: "ENOENT" });
      server.close();
      expect(yield* caught(openUnixConnection({ path }))).toMatchObject({ code: "ENOENT" });
    }));

  test("on the next loop all begins anew; two at once are refused", async () => {
    const network = new SimulatedNetwork();
    const serve = () =>
      runVirtual(() => startServer(echo, { port: 80, startServing: true }), { network });
    await serve();
    // Faults after the end are of no consequence.
    network.crash("localhost");
    network.restart("localhost");
    await serve();
    // But those before the first run are.
    const refusing = new SimulatedNetwork();
    refusing.refuse("localhost", 80);
    const dial = runVirtual(
      function* () {
        yield* startServer(echo, { port: 80 });
        yield* openConnection({ port: 80 });
      },
      { network: refusing },
    );
    await expect(dial).rejects.toMatchObject({ code: "ECONNREFUSED" });
    const loop = () => new EventLoop({ host: new VirtualClock({ network }) });
    const first = run(
      function* () {
        yield* startServer(echo, { port: 80 });
        yield* fromPromise(run(() => startServer(echo, { port: 80 }), { loop: loop() }));
      },
      { loop: loop() },
    );
    await expect(first).rejects.toThrow("a SimulatedNetwork serves one loop at a time");
  });
});

describe("datagrams", () => {
  /** Send 200 numbers from here to "b": what arrives there. */
  const numbers = (options: SimulatedNetworkOptions) => {
    const arrived: number[] = [];
    const sending = simulated(function* (network) {
      const receiver = yield* network.on("b", () => openDatagram({ localAddress: { port: 53 } }));
      const receiving = createTask(function* () {
        for (;;) arrived.push(Number(text((yield* receiver.receive()).data)));
      });
      const sender = yield* openDatagram({ family: 4 });
      for (let n = 0; n < 200; n++) yield* sender.send(`${n}`, { address: "10.0.0.2", port: 53 });
      yield* sleep(1000);
      receiving.cancel();
    }, options);
    return sending.then(() => arrived);
  };
  const all = Array.from({ length: 200 }, (_, n) => n);

  test("all come, in order, unless told otherwise", async () => {
    expect(await numbers({})).toEqual(all);
  });

  test("loss, duplication and reordering", async () => {
    const lossy = await numbers({ loss: 0.5 });
    expect(lossy.length).toBeGreaterThan(60);
    expect(lossy.length).toBeLessThan(140);
    const doubled = await numbers({ duplication: 0.5 });
    expect(doubled.length).toBeGreaterThan(260);
    expect([...new Set(doubled)]).toEqual(all);
    const mixed = await numbers({ reordering: 0.5 });
    expect(mixed).not.toEqual(all);
    expect(mixed.sort((a, b) => a - b)).toEqual(all);
  });
});

test("100 connections at once over a lossy network", () =>
  simulated(
    function* (network) {
      yield* network.on("a", () => startServer(echo, { port: 80 }));
      const one = function* (n: number) {
        const [reader, writer] = yield* openConnection({ host: "a", port: 80 });
        const sent = new Uint8Array(5000).map((_, i) => i * n);
        writer.write(sent);
        writer.writeEof();
        expect(Buffer.compare(yield* reader.read(), sent)).toBe(0);
        writer.close();
      };
      yield* gather(Array.from({ length: 100 }, (_, n) => one(n)));
      yield* sleep(60_000);
      expect(network.statistics().connections).toBe(0);
    },
    { loss: 0.1, latency: [1, 30], fragment: true },
  ));
