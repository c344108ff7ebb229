import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import {
  CancelledError,
  type Coroutine,
  createTask,
  run,
  sleep,
  TimeoutError,
  timeout,
} from "heddle";
import { openConnection } from "heddle/node";
import { describe, expect, test } from "vitest";
import { caught } from "../caught.ts";
import { networks } from "./networks.ts";
import { dial, echo, serve } from "./serving.ts";

const host = "127.0.0.1";

/** A port on which nobody listens: one that was free a moment ago. */
function* freePort(): Coroutine<number> {
  const { port, server } = yield* serve(echo);
  server.close();
  return port;
}

/** TEST-NET-1: no machine has this address. */
const NOBODYS = "192.0.2.1";

// Linux drops the packets that open a connection when a server's queue is full; others refuse them.
const silent = process.platform === "linux" ? test : test.skip;
if (process.platform !== "linux") {
  console.log(
    "connecting.test.ts: two tests need a server that does not answer, as Linux can make one",
  );
}

/** A server that accepts nobody, since its thread sleeps, and whose queue is full. */
async function silentServer(): Promise<{ port: number } & AsyncDisposable> {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const server = require("node:net").createServer();
     server.listen({ port: 0, host: "${host}", backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const [port] = (await once(worker, "message")) as [number];
  const queue = Array.from({ length: 4 }, () => connect({ port, host }).on("error", () => {}));
  await Promise.race(queue.map((socket) => once(socket, "connect")));
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of queue) socket.destroy();
      await worker.terminate();
    },
  };
}

describe.each(networks)("$name", ({ run }) => {
  describe("errors", () => {
    test("nobody listens: the code of the system, and a message in words", () =>
      run(function* () {
        const port = yield* freePort();
        for (const name of [host, "localhost"]) {
          const error = yield* caught(openConnection({ host: name, port }));
          expect(error).toBeInstanceOf(Error);
          expect(error).toMatchObject({
            code: "ECONNREFUSED",
            message: `cannot connect to ${name}:${port}: nobody listens there (ECONNREFUSED)`,
          });
        }
      }));

    test("a host that does not exist", () =>
      run(function* () {
        const error = yield* caught(openConnection({ host: "no-such-host.invalid", port: 1 }));
        // Without any name server the answer is EAI_AGAIN.
        expect((error as { code: string }).code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
        expect(String(error)).toContain("cannot connect to no-such-host.invalid:1: ");
      }));
  });

  test("localAddress is where the connection comes from", () =>
    run(function* () {
      const { port } = yield* serve(echo);
      const [, writer] = yield* openConnection({ host, port, localAddress: host });
      expect(writer.getExtraInfo("sockname")?.address).toBe(host);
      const elsewhere = openConnection({ host, port, localAddress: NOBODYS });
      expect(yield* caught(elsewhere)).toMatchObject({
        code: "EADDRNOTAVAIL",
        message: `cannot connect to ${host}:${port}: this machine has no such address (EADDRNOTAVAIL)`,
      });
    }));

  describe("giving up", () => {
    test("a connection that is cancelled as it is made is closed", () =>
      run(function* () {
        const { port, server } = yield* serve(echo);
        const task = createTask(dial(port));
        yield* sleep(0);
        task.cancel();
        expect(yield* caught(task)).toBeInstanceOf(CancelledError);
        server.close();
        yield* server.waitClosed();
      }));
  });
});

test("options that cannot be are refused at once", () => {
  const bad: [object | undefined, typeof TypeError | typeof RangeError, string][] = [
    [undefined, TypeError, "openConnection() needs an object of options (host, port,"],
    [{}, TypeError, "openConnection() needs a number as its port, got undefined"],
    [{ port: "80" }, TypeError, 'openConnection() needs a number as its port, got "80"'],
    [{ port: 0 }, RangeError, "openConnection() needs a port from 1 to 65535, got 0"],
    [{ port: 65_536 }, RangeError, "needs a port from 1 to 65535, got 65536"],
    [{ port: 1, host: 7 }, TypeError, "openConnection() needs a string as its host, got 7"],
    [{ port: 1, timeout: Number.NaN }, RangeError, "needs a timeout of at least 0, got NaN"],
    [{ port: 1, timeout: "1" }, TypeError, 'needs a number as its timeout, got "1"'],
    [{ port: 1, limit: 0 }, RangeError, "needs a limit of at least 1, got 0"],
    [{ port: 1, localAddress: "" }, TypeError, "needs a string as its localAddress"],
    [{ port: 1, hots: host }, TypeError, 'openConnection() has no option "hots"; there are: host'],
  ];
  for (const [options, kind, message] of bad) {
    const call = () => openConnection(options as never);
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  }
});

describe("giving up on the system's network", () => {
  silent("a connection that does not come is given up when its task is cancelled", async () => {
    await using server = await silentServer();
    await run(function* () {
      const task = createTask(openConnection({ host, port: server.port }));
      // Real time, so that there is an attempt to give up.
      yield* sleep(20);
      expect(task.done()).toBe(false);
      task.cancel("enough");
      expect(yield* caught(task)).toMatchObject({ name: "CancelledError", message: "enough" });
    });
  });

  silent("or when its time is over, whoever set it", async () => {
    await using server = await silentServer();
    await run(function* () {
      const { port } = server;
      // Real times, as short as they can be.
      const error = yield* caught(openConnection({ host, port, timeout: 5 }));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(String(error)).toContain(`no connection to ${host}:${port} within 5 ms`);
      const outer = yield* caught(timeout(5, () => openConnection({ host, port })));
      expect(outer).toBeInstanceOf(TimeoutError);
    });
  });
});
