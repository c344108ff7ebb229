// A redis-server for as long as a program needs one: in a temporary folder, on a Unix socket that
// nobody else can reach, and gone with the program.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendOptions } from "@heddle/bullmq";
import { type Awaitable, type Coroutine, isCancelled, sleep } from "heddle";
import { createSubprocessExec, openUnixConnection, type Process } from "heddle/node";

/** How to reach Redis. */
export type Place = Pick<BackendOptions, "connection" | "backend">;

export class NoRedisServer extends Error {
  override name = "NoRedisServer";
  constructor() {
    super(
      "there is no redis-server on the PATH. To install it:\n" +
        "  Debian, Ubuntu   apt-get install redis-server\n" +
        "  macOS            brew install redis",
    );
  }
}

/**
 * Gives a redis-server of its own to `body`, and ends it when that ends, whichever way. Throws
 * NoRedisServer if there is no such program.
 */
export function* withOwnRedis<T>(body: (place: Place) => Awaitable<T>): Coroutine<T> {
  const folder = mkdtempSync(join(tmpdir(), "heddle-redis-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Also where the program ends by process.exit, or an error that nobody catches.
  process.once("exit", remove);
  try {
    const path = join(folder, "redis.sock");
    const server = yield* start(path, folder);
    try {
      yield* untilItAnswers(server, path);
      return yield* body({ connection: { path }, backend: "redis" });
    } finally {
      yield* server.close();
    }
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function* start(path: string, folder: string): Coroutine<Process> {
  const inMemory = ["--save", "", "--appendonly", "no"];
  const args = ["--port", "0", "--unixsocket", path, "--dir", folder, ...inMemory];
  try {
    return yield* createSubprocessExec("redis-server", args, { stdin: "ignore", stdout: "ignore" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new NoRedisServer();
    throw error;
  }
}

function* untilItAnswers(server: Process, path: string): Coroutine<void> {
  while (server.returncode === null) {
    try {
      const [, writer] = yield* openUnixConnection({ path });
      writer.close();
      return;
    } catch (error) {
      if (isCancelled(error)) throw error;
      yield* sleep(20);
    }
  }
  throw new Error(`redis-server has ended at once, with status ${server.returncode}`);
}
