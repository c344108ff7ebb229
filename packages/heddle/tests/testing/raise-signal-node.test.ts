import {
  CancelledError,
  createTask,
  DeadlockError,
  EventLoop,
  fromPromise,
  getRunningLoop,
  RuntimeError,
  run,
  sleep,
} from "heddle";
import {
  addSignalHandler,
  openConnection,
  removeSignalHandler,
  signals,
  startServer,
} from "heddle/node";
import { raiseSignal, runVirtual, SimulatedNetwork, VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { trace } from "../trace.ts";

test("handlers and receivers hear of it in the loop's next iteration, the process does not", () =>
  runVirtual(function* () {
    const { step, finish } = trace();
    addSignalHandler("SIGTERM", (n: number) => step(n), 3);
    using stop = signals("SIGTERM", "SIGHUP");
    const waiting = createTask(function* () {
      step(1);
      expect(yield* stop.next()).toBe("SIGTERM");
      step(4);
    });
    yield* sleep(60_000);
    expect(process.listenerCount("SIGTERM")).toBe(0);
    expect(raiseSignal("SIGTERM")).toBe(2);
    step(2);
    yield* waiting;
    expect([removeSignalHandler("SIGTERM"), raiseSignal("SIGTERM")]).toEqual([true, 1]);
    expect(raiseSignal("SIGUSR1")).toBe(0);
    expect(getRunningLoop().time()).toBe(60_000);
    finish(5);
  }));

test("a server ends gracefully: what is in flight ends, the rest is cut off after 5 seconds", () => {
  const ends: string[] = [];
  const note = (what: string) => ends.push(`${getRunningLoop().time()} ${what}`);
  function* main() {
    using stop = signals("SIGTERM");
    const server = yield* startServer(
      function* (reader, writer) {
        const line = String(Buffer.from(yield* reader.readline())).trim();
        yield* sleep(line === "slow" ? 3_000 : 60_000);
        writer.write("done\n");
        writer.close();
      },
      { port: 80 },
    );
    note(`stopped by ${yield* stop.next()}`);
    yield* server.shutdown(5_000);
    note("over");
  }
  function* client(request: string) {
    const [reader, writer] = yield* openConnection({ port: 80 });
    writer.write(`${request}\n`);
    const answer = yield* reader.read();
    note(`${request}: ${answer.length === 5 ? "answered" : "cut off"}`);
    writer.close();
  }
  return runVirtual(
    function* () {
      const serving = createTask(main());
      yield* sleep(1_000);
      createTask(client("slow"));
      createTask(client("endless"));
      yield* sleep(1_000);
      expect(raiseSignal("SIGTERM")).toBe(1);
      yield* serving;
      yield* sleep(100);
      expect(ends).toEqual([
        "2000 stopped by SIGTERM",
        "4004 slow: answered",
        "7000 over",
        "7001 endless: cut off",
      ]);
    },
    { network: new SimulatedNetwork() },
  );
});

describe("a deadlock", () => {
  test("is a wait for a signal that nobody will raise", async () => {
    const stuck = runVirtual(function* () {
      using stop = signals("SIGTERM");
      yield* stop.next();
    });
    await expect(stuck).rejects.toThrow(DeadlockError);
    await expect(stuck).rejects.toThrow("a signal");
  });

  test("is found though there is a handler, which does not keep a run going either", async () => {
    const stuck = runVirtual(function* () {
      addSignalHandler("SIGTERM", () => {});
      using _stop = signals("SIGHUP");
      yield* getRunningLoop().createFuture();
    });
    await expect(stuck).rejects.toThrow(DeadlockError);
    await runVirtual(function* () {
      addSignalHandler("SIGTERM", () => {});
    });
  });
});

describe("SIGINT", () => {
  test("cancels main with handleSigint, and only then", async () => {
    const interrupted = (handleSigint?: boolean) =>
      runVirtual(
        function* () {
          yield* sleep(5);
          const heard = raiseSignal("SIGINT");
          yield* sleep(5);
          return heard;
        },
        handleSigint === undefined ? {} : { handleSigint },
      );
    await expect(interrupted(true)).rejects.toEqual(new CancelledError("SIGINT"));
    expect(await interrupted(false)).toBe(0);
    expect(await interrupted()).toBe(0);
  });

  test("does not, as long as the program listens to it itself", async () => {
    const heard: unknown[] = [];
    const interrupted = runVirtual(
      function* () {
        getRunningLoop().addSignalHandler("SIGINT", () => heard.push("handler"));
        heard.push(raiseSignal("SIGINT"));
        yield* sleep(1);
        getRunningLoop().removeSignalHandler("SIGINT");
        const received = signals("SIGINT");
        heard.push(raiseSignal("SIGINT"), yield* received.next());
        received.close();
        heard.push(raiseSignal("SIGINT"));
        yield* sleep(1);
        heard.push("not cancelled");
      },
      { handleSigint: true },
    );
    await expect(interrupted).rejects.toEqual(new CancelledError("SIGINT"));
    expect(heard).toEqual([1, "handler", 1, "SIGINT", 1]);
  });
});

test("who listens on another loop, or in a run before, hears nothing", async () => {
  const host = new VirtualClock();
  const loop = new EventLoop({ host });
  const heard: string[] = [];
  const listen = function* () {
    addSignalHandler("SIGTERM", () => heard.push("handler"));
    signals("SIGTERM");
    yield* sleep(1);
    // Another program, on a loop of its own, meanwhile.
    expect(yield* fromPromise(runVirtual(async () => raiseSignal("SIGTERM")))).toBe(0);
  };
  await run(listen, { loop });
  expect(await run(async () => raiseSignal("SIGTERM"), { loop })).toBe(0);
  expect([host.raiseSignal("SIGTERM"), heard]).toEqual([0, []]);
  loop.close();
});

test("what is no signal, what cannot be caught, and where time is real", async () => {
  await runVirtual(function* () {
    expect(() => raiseSignal("SIGNONE")).toThrow(RangeError);
    expect(() => raiseSignal("SIGNONE")).toThrow('there is no signal SIGNONE: use "SIGTERM", say');
    expect(() => raiseSignal("SIGKILL")).toThrow("SIGKILL cannot be caught");
    expect(() => signals("SIGTERM", "TERM")).toThrow("there is no signal TERM");
    expect(() => signals("SIGSTOP")).toThrow(RuntimeError);
    expect(raiseSignal("SIGTERM")).toBe(0);
  });
  await run(function* () {
    expect(() => raiseSignal("SIGTERM")).toThrow(RuntimeError);
    expect(() => raiseSignal("SIGTERM")).toThrow("raiseSignal() is for virtual time");
  });
  expect(() => raiseSignal("SIGTERM")).toThrow(RuntimeError);
});
