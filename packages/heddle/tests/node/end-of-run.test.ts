import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createTask, Event, EventLoop, run, type StreamWriter, sleep } from "heddle";
import { openConnection, type Server, startServer } from "heddle/node";
import { describe, expect, test } from "vitest";
import { networks } from "./networks.ts";
import { dial, echo, serve } from "./serving.ts";

const runFile = promisify(execFile);
const program = (name: string) => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));

/** Run a program of this folder and return what it prints. */
async function output(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await runFile(process.execPath, ["--import", "tsx", program(name), ...args]);
  return stdout;
}

describe.each(networks)("$name", ({ run }) => {
  test("a run closes what it opened", async () => {
    const opened: { server?: Server; writer?: StreamWriter; port?: number } = {};
    await run(function* () {
      Object.assign(opened, yield* serve(echo));
      opened.writer = (yield* dial(opened.port as number))[1];
    });
    expect(opened.server?.isServing()).toBe(false);
    expect(opened.writer?.isClosing()).toBe(true);
    await expect(run(() => dial(opened.port as number))).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
  });

  test("handlers that wait are cancelled, whatever they are written as", async () => {
    const ends: string[] = [];
    await run(function* () {
      const all = new Event();
      let waiting = 0;
      const arrive = () => {
        if (++waiting === 2) all.set();
      };
      const first = yield* serve(function* (reader) {
        arrive();
        try {
          yield* reader.readline();
        } catch (error) {
          ends.push(`function*: ${(error as Error).name}`);
          throw error;
        }
      });
      const second = yield* serve(async (reader) => {
        await reader.readexactly(1);
        arrive();
        try {
          await reader.readline();
        } catch (error) {
          ends.push(`async: ${(error as Error).name}`);
          throw error;
        }
      });
      yield* dial(first.port);
      const [, writer] = yield* dial(second.port);
      writer.write("x");
      yield* all.wait();
    });
    expect(ends.sort()).toEqual(["async: CancelledError", "function*: CancelledError"]);
  });

  test("an async function that waits for a server or a stream ends with the run", async () => {
    const ends: string[] = [];
    await run(function* () {
      const { server, port } = yield* serve(echo);
      const [reader, writer] = yield* dial(port);
      const waits = [
        () => server.serveForever(),
        () => server.waitClosed(),
        () => reader.readline(),
        () => writer.waitClosed(),
      ];
      for (const wait of waits) {
        createTask(async () => {
          await wait().then(
            () => ends.push("returned"),
            (error) => ends.push((error as Error).name),
          );
        });
      }
      yield* sleep(1);
    });
    expect(ends).toEqual(Array(4).fill("CancelledError"));
  });
});

test("what is written at the very end is sent", async () => {
  const received: Buffer[] = [];
  let ended: Promise<unknown> | undefined;
  await run(function* () {
    const connected = new Event();
    const { port } = yield* serve(function* (_, writer) {
      connected.set();
      writer.write("x".repeat(1_000_000));
      writer.write("the end");
      yield* sleep(Number.POSITIVE_INFINITY);
    });
    const client = connect(port, "127.0.0.1").on("data", (data) => received.push(data));
    ended = once(client, "end");
    yield* connected.wait();
  });
  // The other end is none of the run's: its last events may still be on their way.
  await ended;
  const all = Buffer.concat(received);
  expect(all.length).toBe(1_000_007);
  expect(all.subarray(-7).toString()).toBe("the end");
});

test("but a client who never reads does not keep the run", async () => {
  // Takes the second of real time that a run grants.
  const stubborn = { socket: undefined as ReturnType<typeof connect> | undefined };
  await run(function* () {
    const connected = new Event();
    const { port } = yield* serve(function* (_, writer) {
      writer.write(new Uint8Array(64 * 1024 * 1024));
      connected.set();
      yield* sleep(Number.POSITIVE_INFINITY);
    });
    stubborn.socket = connect(port, "127.0.0.1").on("error", () => {});
    stubborn.socket.pause();
    yield* connected.wait();
  });
  stubborn.socket?.destroy();
});

test("a run does not touch what another one opened", async () => {
  const until = new Event();
  let tell: (served: { server: Server; port: number }) => void = () => {};
  const served = new Promise<{ server: Server; port: number }>((resolve) => {
    tell = resolve;
  });
  const serving = run(function* () {
    tell(yield* serve(echo));
    yield* until.wait();
  });
  const { port, server } = await served;
  for (let i = 0; i < 3; i++) {
    await run(function* () {
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
      writer.write("x");
      yield* reader.readexactly(1);
    });
  }
  expect(server.isServing()).toBe(true);
  until.set();
  await serving;
  expect(server.isServing()).toBe(false);
});

test("a loop that is closed serves nobody any more", async () => {
  const loop = new EventLoop();
  const port = await loop.runUntilComplete(function* () {
    const { port } = yield* serve(echo);
    const [reader] = yield* dial(port);
    createTask(reader.read(1));
    yield* sleep(1);
    return port;
  });
  const old = connect(port, "127.0.0.1").on("error", () => {});
  await once(old, "connect");
  loop.close();
  // Both of them would have gone to a handler.
  old.write("x");
  const late = connect(port, "127.0.0.1").on("error", () => {});
  await Promise.all([once(old, "close"), once(late, "close")]);
});

test("nothing is left that would keep the process alive", async () => {
  expect(await output("leaves-all-open")).toBe("main is over\nthe run is over\n");
});

test("a slow reader keeps memory bounded", async () => {
  const { received, growth } = JSON.parse(await output("slow-reader", "128"));
  expect(received).toBe(128);
  expect(growth).toBeLessThan(100);
});

test("a run that is cancelled in serveForever ends", async () => {
  const controller = new AbortController();
  const serving = run(
    function* () {
      const server = yield* startServer(echo, { host: "127.0.0.1", port: 0 });
      yield* dial(server.sockets[0]?.port as number);
      createTask(function* () {
        controller.abort(new Error("that is all"));
      });
      yield* server.serveForever();
    },
    { signal: controller.signal },
  );
  await expect(serving).rejects.toMatchObject({ name: "CancelledError", message: "that is all" });
});
