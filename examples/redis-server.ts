// A Redis server: strings, lists, expiry, publish and
// subscribe, transactions, in RESP2 and RESP3.
//
//   $ npx heddle run examples/redis-server.ts 7000
//   $ redis-cli -p 7000 set name Ada
//
// Each connection is a coroutine, and so is a client that
// waits in BLPOP. Nothing is written to disk.
// Ctrl-C, SIGTERM or SHUTDOWN end it.

import {
  type Coroutine,
  createTask,
  getRunningLoop,
  isCancelled,
  TimeoutError,
  waitFor,
} from "heddle";
import type { Server } from "heddle/node";
import { startServer } from "heddle/node";
import { orUsage, portOf } from "./parts/usage.ts";
import { serve } from "./redis-server/client.ts";
import { Redis } from "./redis-server/redis.ts";

const USAGE = "heddle run examples/redis-server.ts [PORT]";
const GRACE = 2000; // milliseconds

/** `port` 0 finds a free one: `server.sockets` tells. */
export function* startRedis(
  port: number,
  redis = new Redis(),
): Coroutine<Server> {
  const server = yield* startServer(
    (reader, writer) => serve(redis, reader, writer),
    { host: "127.0.0.1", port, backlog: 511 },
  );
  // Ends with the run.
  createTask(redis.store.sweep(), { name: "sweep" });
  return server;
}

export default function* main(): Coroutine<void> {
  const [, , given = "6379"] = process.argv;
  const wanted = orUsage(USAGE, () => portOf(given));
  if (wanted === undefined) return;
  const redis = new Redis();
  const server = yield* startRedis(wanted, redis);
  const [{ port } = { port: 0 }] = server.sockets;
  console.log(`listening on 127.0.0.1:${port}`);

  const { stopping } = redis;
  const stop = () => stopping.set();
  getRunningLoop().addSignalHandler("SIGTERM", stop);
  try {
    yield* stopping.wait();
  } catch (error) {
    // Ctrl-C cancels main, once: what follows may wait.
    if (!isCancelled(error)) throw error;
  }

  console.log(`stopping, ${redis.clients.size} clients`);
  server.close();
  server.closeClients(); // when their answers are sent
  try {
    yield* waitFor(server.waitClosed(), GRACE);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    server.abortClients(); // those that do not read them
  }
}
