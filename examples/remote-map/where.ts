// Where remote-map.ts finds a Redis: one that it is told, or one of its own.
import { parseArgs } from "node:util";
import type { Awaitable, Coroutine } from "heddle";
import { NoRedisServer, type Place, withOwnRedis } from "../parts/own-redis.ts";
import { orUsage } from "../parts/usage.ts";

const USAGE = `heddle run examples/remote-map.ts [--redis URL]

  --redis URL   such as redis://127.0.0.1:6379; a redis-server of its own if not given`;

const UNUSABLE = 2;

/** Gives a Redis to `body`, or says why there is none, and sets the exit status to 2. */
export function* withRedis(
  args: string[],
  body: (place: Place) => Awaitable<void>,
): Coroutine<void> {
  const given = orUsage(USAGE, () => wishesOf(args));
  if (given === undefined) return;
  if (given.redis !== undefined) return yield* body({ connection: given.redis });
  try {
    yield* withOwnRedis(body);
  } catch (error) {
    if (!(error instanceof NoRedisServer)) throw error;
    console.error(`${error.message}\nOr name one that runs: --redis URL`);
    process.exitCode = UNUSABLE;
  }
}

function wishesOf(args: string[]): { redis?: string | undefined } {
  const { redis } = parseArgs({ args, options: { redis: { type: "string" } } }).values;
  if (redis === undefined || /^rediss?:/.test(redis)) return { redis };
  throw new Error(`--redis needs a URL that begins with redis:// or rediss://, not "${redis}"`);
}
