// Commands of keys, whatever they hold, and of the time that they have.
import type { Client } from "./client.ts";
import { type CommandTable, syntaxError } from "./command.ts";
import { matches } from "./glob.ts";
import { index } from "./numbers.ts";
import { ReplyError } from "./replies.ts";
import { NEVER } from "./store.ts";

const LATEST = 2 ** 53;

/** The time that `EX 10` and the like mean, for the command `name`: milliseconds since 1970. */
export function deadline(name: string, unit: string, text: string, lowest = 1): number {
  const time = index(text);
  const ms = unit.startsWith("p") ? time : time * 1000;
  const at = unit.endsWith("at") ? ms : Date.now() + ms;
  if (time < lowest || Math.abs(ms) > LATEST) {
    throw new ReplyError(`ERR invalid expire time in '${name}' command`);
  }
  return at;
}

/** EXPIRE key seconds [NX|XX|GT|LT] */
function expire(client: Client, unit: string, args: string[]): void {
  const [name, key, time, ...conditions] = args;
  const { store } = client.redis;
  const at = deadline(name!.toLowerCase(), unit, time!, -NEVER);
  const now = store.entry(key!)?.expiresAt;
  let may = true;
  for (const condition of conditions) may = allows(condition, now ?? NEVER, at) && may;
  client.replies.integer(may && store.expire(key!, at) ? 1 : 0);
}

function allows(condition: string, now: number, at: number): boolean {
  switch (condition.toLowerCase()) {
    case "nx":
      return now === NEVER;
    case "xx":
      return now !== NEVER;
    case "gt":
      return at > now;
    case "lt":
      return at < now;
    default:
      throw new ReplyError(`ERR Unsupported option ${condition}`);
  }
}

function timeLeft(client: Client, key: string, unit: number): void {
  const at = client.redis.store.entry(key)?.expiresAt;
  if (at === undefined) client.replies.integer(-2);
  else if (at === NEVER) client.replies.integer(-1);
  else client.replies.integer(Math.round((at - Date.now()) / unit));
}

function typeOf(client: Client, key: string): string {
  const entry = client.redis.store.entry(key);
  if (entry === undefined) return "none";
  return typeof entry.value === "string" ? "string" : "list";
}

function remove(client: Client, keys: string[]): void {
  const { store } = client.redis;
  let count = 0;
  for (let i = 1; i < keys.length; i++) {
    if (store.entry(keys[i]!) !== undefined && store.delete(keys[i]!)) count++;
  }
  client.replies.integer(count);
}

function countKeys({ redis, replies }: Client, keys: string[]): void {
  let count = 0;
  for (let i = 1; i < keys.length; i++) if (redis.store.entry(keys[i]!) !== undefined) count++;
  replies.integer(count);
}

/** SCAN cursor [MATCH pattern] [COUNT count] [TYPE type] */
function scan(client: Client, args: string[]): void {
  if (!/^\d{1,20}$/.test(args[1]!)) throw new ReplyError("ERR invalid cursor");
  let pattern = "*";
  let count = 10;
  let type: string | null = null;
  for (let i = 2; i < args.length; i += 2) {
    const value = args[i + 1];
    const option = value === undefined ? "" : args[i]!.toLowerCase();
    if (option === "match") pattern = value!;
    else if (option === "count") count = index(value!);
    else if (option === "type") type = value!.toLowerCase();
    else throw syntaxError();
    if (count < 1) throw syntaxError();
  }
  const [next, all] = client.redis.store.scan(args[1]!, count);
  const wanted = (key: string) =>
    matches(pattern, key) && (type === null || typeOf(client, key) === type);
  client.replies.array(2);
  client.replies.bulk(next);
  client.replies.bulks(all.filter(wanted));
}

function clear({ redis, replies }: Client, [, how, ...rest]: string[]): void {
  if (!/^(sync|async)?$/i.test(how ?? "") || rest.length > 0) {
    throw syntaxError();
  }
  redis.store.clear();
  replies.ok();
}

export const keyCommands: CommandTable = {
  del: [-2, remove],
  unlink: [-2, remove],
  exists: [-2, countKeys],
  touch: [-2, countKeys],
  type: [2, (client, args) => client.replies.simple(typeOf(client, args[1]!))],
  expire: [-3, (client, args) => expire(client, "ex", args)],
  pexpire: [-3, (client, args) => expire(client, "px", args)],
  expireat: [-3, (client, args) => expire(client, "exat", args)],
  pexpireat: [-3, (client, args) => expire(client, "pxat", args)],
  ttl: [2, (client, args) => timeLeft(client, args[1]!, 1000)],
  pttl: [2, (client, args) => timeLeft(client, args[1]!, 1)],
  persist: [
    2,
    ({ redis: { store }, replies }, [, key]) => {
      const mortal = (store.entry(key!)?.expiresAt ?? NEVER) !== NEVER;
      replies.integer(mortal && store.expire(key!, NEVER) ? 1 : 0);
    },
  ],
  keys: [
    2,
    ({ redis, replies }, [, pattern]) => {
      replies.bulks([...redis.store.keys()].filter((key) => matches(pattern!, key)));
    },
  ],
  scan: [-2, scan],
  dbsize: [1, ({ redis, replies }) => replies.integer(redis.store.size)],
  flushdb: [-1, clear],
  flushall: [-1, clear],
};
