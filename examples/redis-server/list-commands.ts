// Commands of lists.
import type { Coroutine } from "heddle";
import type { Client } from "./client.ts";
import { type CommandTable, wrongNumber } from "./command.ts";
import type { End } from "./list.ts";
import { fromEnd, index } from "./numbers.ts";
import { ReplyError } from "./replies.ts";

function push(client: Client, end: End, args: string[]): void {
  const { store, blocked } = client.redis;
  const key = args[1]!;
  const list = store.listToFill(key);
  for (let i = 2; i < args.length; i++) list.push(end, args[i]!);
  client.replies.integer(list.length);
  blocked.filled(key);
}

/** LPUSHX: only to a list that is there. */
function pushMore(client: Client, end: End, args: string[]): void {
  if (client.redis.store.list(args[1]!) === undefined) client.replies.integer(0);
  else push(client, end, args);
}

/** LPOP key [count] */
function pop(client: Client, end: End, args: string[]): void {
  const { redis, replies } = client;
  const { store } = redis;
  if (args.length > 3) throw wrongNumber(args[0]!.toLowerCase());
  const key = args[1]!;
  if (args.length === 2) {
    replies.bulkOrNil(store.pop(key, end));
    return;
  }
  const count = positive(args[2]!);
  const length = store.list(key)?.length;
  if (length === undefined) {
    replies.nilArray();
    return;
  }
  const many = Math.min(count, length);
  replies.array(many);
  for (let i = 0; i < many; i++) replies.bulk(store.pop(key, end)!);
}

function positive(text: string): number {
  const value = /^-?\d/.test(text) ? index(text) : -1;
  if (value >= 0) return value;
  throw new ReplyError("ERR value is out of range, must be positive");
}

/** BLPOP key [key …] seconds */
function blockingPop(client: Client, end: End, args: string[]): Coroutine<void> | void {
  const { store } = client.redis;
  const ms = milliseconds(args.at(-1)!);
  const keys = args.slice(1, -1);
  for (const key of keys) {
    if (store.list(key) === undefined) continue;
    client.replies.bulks([key, store.pop(key, end)!]);
    return;
  }
  // A transaction does not wait.
  if (client.executing) client.replies.nilArray();
  else return blockedPop(client, keys, end, ms);
}

function* blockedPop(client: Client, keys: string[], end: End, ms: number | null): Coroutine<void> {
  const item = yield* client.redis.blocked.wait(client, keys, end, ms);
  if (item !== undefined) client.replies.bulks(item);
  else if (!client.leaving) client.replies.nilArray();
}

function milliseconds(text: string): number | null {
  const ms = Number(text) * 1000;
  if (text.trim() !== text || text === "" || !Number.isSafeInteger(Math.ceil(ms))) {
    throw new ReplyError("ERR timeout is not a float or out of range");
  }
  if (ms < 0) throw new ReplyError("ERR timeout is negative");
  return ms === 0 ? null : ms;
}

function range({ redis, replies }: Client, args: string[]): void {
  const first = index(args[2]!);
  const last = index(args[3]!);
  const list = redis.store.list(args[1]!);
  if (list === undefined) {
    replies.array(0);
    return;
  }
  const start = Math.max(fromEnd(first, list.length), 0);
  const end = Math.min(fromEnd(last, list.length) + 1, list.length);
  replies.array(Math.max(end - start, 0));
  for (let i = start; i < end; i++) replies.bulk(list.at(i)!);
}

function trim({ redis: { store }, replies }: Client, [, key, first, last]: string[]): void {
  const [from, to] = [index(first!), index(last!)];
  const list = store.list(key!);
  if (list !== undefined) {
    const start = Math.max(fromEnd(from, list.length), 0);
    const end = Math.min(fromEnd(to, list.length) + 1, list.length);
    list.replace(list.toArray(start, end));
    if (list.length === 0) store.delete(key!);
  }
  replies.ok();
}

/** LREM key count value: the first `count`, or the last, or all. */
function removeValue({ redis: { store }, replies }: Client, [, key, many, value]: string[]): void {
  const count = index(many!);
  const list = store.list(key!);
  const values = list?.toArray() ?? [];
  let left = count === 0 ? values.length : Math.abs(count);
  const keep = (item: string) => item !== value || left-- <= 0;
  const kept = count < 0 ? values.reverse().filter(keep).reverse() : values.filter(keep);
  const removed = values.length - kept.length;
  if (removed > 0) list?.replace(kept);
  if (list?.length === 0) store.delete(key!);
  replies.integer(removed);
}

function set({ redis, replies }: Client, [, key, place, value]: string[]): void {
  const list = redis.store.list(key!);
  if (list === undefined) throw new ReplyError("ERR no such key");
  const at = fromEnd(index(place!), list.length);
  if (list.at(at) === undefined) throw new ReplyError("ERR index out of range");
  list.set(at, value!);
  replies.ok();
}

export const listCommands: CommandTable = {
  lpush: [-3, (client, args) => push(client, "left", args)],
  rpush: [-3, (client, args) => push(client, "right", args)],
  lpushx: [-3, (client, args) => pushMore(client, "left", args)],
  rpushx: [-3, (client, args) => pushMore(client, "right", args)],
  lpop: [-2, (client, args) => pop(client, "left", args)],
  rpop: [-2, (client, args) => pop(client, "right", args)],
  blpop: [-3, (client, args) => blockingPop(client, "left", args)],
  brpop: [-3, (client, args) => blockingPop(client, "right", args)],
  llen: [2, ({ redis, replies }, [, key]) => replies.integer(redis.store.list(key!)?.length ?? 0)],
  lrange: [4, range],
  lindex: [
    3,
    ({ redis, replies }, [, key, place]) => {
      const list = redis.store.list(key!);
      const at = index(place!);
      replies.bulkOrNil(list?.at(fromEnd(at, list.length)));
    },
  ],
  lset: [4, set],
  lrem: [4, removeValue],
  ltrim: [4, trim],
};
