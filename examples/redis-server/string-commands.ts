// Commands of strings.
import type { Client } from "./client.ts";
import { type CommandTable, syntaxError, wrongNumber } from "./command.ts";
import { deadline } from "./key-commands.ts";
import { add, integer } from "./numbers.ts";
import { NEVER } from "./store.ts";

/** SET key value [NX|XX] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL] */
function set(client: Client, args: string[]): void {
  const { redis, replies } = client;
  const { store } = redis;
  const key = args[1]!;
  const value = args[2]!;
  if (args.length === 3) {
    store.set(key, value);
    replies.ok();
    return;
  }
  const options = setOptions(args);
  const old = store.entry(key);
  const before = options.get ? store.string(key) : undefined;
  const may = options.only === null || (options.only === "xx") === (old !== undefined);
  if (may) {
    const keep = options.keep ? old?.expiresAt : undefined;
    store.set(key, value, options.expiresAt ?? keep);
  }
  if (options.get) replies.bulkOrNil(before);
  else if (may) replies.ok();
  else replies.nil();
}

function setOptions(args: string[]) {
  let expiresAt: number | undefined;
  let only: string | null = null;
  let keep = false;
  let get = false;
  for (let i = 3; i < args.length; i++) {
    const option = args[i]!.toLowerCase();
    const timed = keep || expiresAt !== undefined;
    if ((option === "nx" || option === "xx") && (only ?? option) === option) only = option;
    else if (option === "get") get = true;
    else if (option === "keepttl" && expiresAt === undefined) keep = true;
    else if (!timed && isUnit(option) && i + 1 < args.length) {
      expiresAt = deadline("set", option, args[++i]!);
    } else throw syntaxError();
  }
  return { expiresAt, only, keep, get };
}

const isUnit = (option: string) => ["ex", "px", "exat", "pxat"].includes(option);

/** GETEX key [EX s|PX ms|EXAT s|PXAT ms|PERSIST] */
function getEx(client: Client, [, key, option, time, ...rest]: string[]): void {
  const { store } = client.redis;
  const unit = option?.toLowerCase();
  const persist = unit === "persist" && time === undefined;
  const timed = unit !== undefined && isUnit(unit) && time !== undefined && rest.length === 0;
  if (unit !== undefined && !persist && !timed) throw syntaxError();
  const value = store.string(key!);
  if (value !== undefined && timed) store.expire(key!, deadline("getex", unit, time));
  else if (value !== undefined && persist) store.expire(key!, NEVER);
  client.replies.bulkOrNil(value);
}

function setFor(client: Client, unit: string, [name, key, time, value]: string[]): void {
  const at = deadline(name!.toLowerCase(), unit, time!);
  client.redis.store.set(key!, value!, at);
  client.replies.ok();
}

function increment(client: Client, key: string, by: bigint): void {
  const { store } = client.redis;
  const sum = add(store.string(key) ?? "0", by);
  store.update(key, sum);
  client.replies.text += `:${sum}\r\n`;
}

function setMany({ redis }: Client, args: string[]): void {
  for (let i = 1; i < args.length; i += 2) redis.store.set(args[i]!, args[i + 1]!);
}

export const stringCommands: CommandTable = {
  get: [2, ({ redis, replies }, args) => replies.bulkOrNil(redis.store.string(args[1]!))],
  set: [-3, set],
  setnx: [
    3,
    ({ redis: { store }, replies }, [, key, value]) => {
      const free = store.entry(key!) === undefined;
      if (free) store.set(key!, value!);
      replies.integer(free ? 1 : 0);
    },
  ],
  setex: [4, (client, args) => setFor(client, "ex", args)],
  psetex: [4, (client, args) => setFor(client, "px", args)],
  getset: [
    3,
    ({ redis: { store }, replies }, [, key, value]) => {
      replies.bulkOrNil(store.string(key!));
      store.set(key!, value!);
    },
  ],
  getdel: [
    2,
    ({ redis: { store }, replies }, [, key]) => {
      replies.bulkOrNil(store.string(key!));
      store.delete(key!);
    },
  ],
  getex: [-2, getEx],
  mget: [
    -2,
    ({ redis: { store }, replies }, args) => {
      replies.array(args.length - 1);
      for (let i = 1; i < args.length; i++) {
        const value = store.entry(args[i]!)?.value;
        replies.bulkOrNil(typeof value === "string" ? value : undefined);
      }
    },
  ],
  mset: [
    -3,
    (client, args) => {
      if (args.length % 2 === 0) throw wrongNumber("mset");
      setMany(client, args);
      client.replies.ok();
    },
  ],
  msetnx: [
    -3,
    (client, args) => {
      if (args.length % 2 === 0) throw wrongNumber("msetnx");
      const { store } = client.redis;
      const free = args.every((key, i) => i % 2 === 0 || store.entry(key) === undefined);
      if (free) setMany(client, args);
      client.replies.integer(free ? 1 : 0);
    },
  ],
  append: [
    3,
    ({ redis: { store }, replies }, [, key, more]) => {
      const value = (store.string(key!) ?? "") + more!;
      store.update(key!, value);
      replies.integer(value.length);
    },
  ],
  strlen: [
    2,
    ({ redis, replies }, [, key]) => replies.integer(redis.store.string(key!)?.length ?? 0),
  ],
  incr: [2, (client, args) => increment(client, args[1]!, 1n)],
  decr: [2, (client, args) => increment(client, args[1]!, -1n)],
  incrby: [3, (client, args) => increment(client, args[1]!, integer(args[2]!))],
  decrby: [3, (client, args) => increment(client, args[1]!, -integer(args[2]!))],
};
