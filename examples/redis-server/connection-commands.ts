// Commands of a client about its own connection.
import type { Client } from "./client.ts";
import { type CommandTable, unknownSubcommand, VERSION, wrongNumber } from "./command.ts";
import { index } from "./numbers.ts";
import { ReplyError } from "./replies.ts";
import { discard } from "./transaction-commands.ts";

function ping(client: Client, args: string[]): void {
  const { replies } = client;
  const [, message] = args;
  if (args.length > 2) throw wrongNumber("ping");
  if (client.subscriptions > 0 && replies.protocol === 2) replies.bulks(["pong", message ?? ""]);
  else if (message === undefined) replies.simple("PONG");
  else replies.bulk(message);
}

/** HELLO [2|3 [SETNAME name]] */
function hello(client: Client, [, version, ...options]: string[]): void {
  const { replies } = client;
  let { name } = client;
  if (version !== undefined && !/^[23]$/.test(version)) {
    if (!/^\d+$/.test(version)) {
      throw new ReplyError("ERR Protocol version is not an integer or out of range");
    }
    throw new ReplyError("NOPROTO unsupported protocol version");
  }
  for (let i = 0; i < options.length; i += 2) {
    if (options[i]!.toLowerCase() !== "setname" || options[i + 1] === undefined) {
      throw new ReplyError(`ERR Syntax error in HELLO option '${options[i]}'`);
    }
    name = checkName(options[i + 1]!);
  }
  client.name = name;
  if (version !== undefined) replies.protocol = version === "3" ? 3 : 2;
  replies.map(7);
  replies.pairs(["server", "redis"], ["version", VERSION]);
  replies.bulk("proto");
  replies.integer(replies.protocol);
  replies.bulk("id");
  replies.integer(client.id);
  replies.pairs(["mode", "standalone"], ["role", "master"]);
  replies.bulk("modules");
  replies.array(0);
}

function checkName(name: string): string {
  if (/^[!-~]*$/.test(name)) return name;
  throw new ReplyError("ERR Client names cannot contain spaces, newlines or special characters.");
}

function describe(client: Client): string {
  const peer = client.writer.getExtraInfo("peername");
  const here = client.writer.getExtraInfo("sockname");
  const words = {
    id: client.id,
    addr: `${peer?.address}:${peer?.port}`,
    laddr: `${here?.address}:${here?.port}`,
    name: client.name,
    age: Math.floor((Date.now() - client.since) / 1000),
    db: 0,
    sub: client.channels.size,
    psub: client.patterns.size,
    multi: client.queued?.length ?? -1,
    omem: client.backlog,
    cmd: client.lastCommand,
    "lib-name": client.library,
    "lib-ver": client.libraryVersion,
    resp: client.replies.protocol,
  };
  return `${Object.entries(words)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ")}\n`;
}

function aboutClient(client: Client, args: string[]) {
  const { replies, redis } = client;
  const [, sub, ...rest] = args;
  const form = `${sub!.toLowerCase()} ${rest.length}`;
  switch (form) {
    case "id 0":
      return replies.integer(client.id);
    case "getname 0":
      return client.name === "" ? replies.nil() : replies.bulk(client.name);
    case "setname 1":
      client.name = checkName(rest[0]!);
      return replies.ok();
    case "setinfo 2":
      setInfo(client, rest[0]!, rest[1]!);
      return replies.ok();
    case "info 0":
      return replies.verbatim(describe(client));
    case "list 0":
      return replies.verbatim([...redis.clients].map(describe).join(""));
  }
  const known = /^(id|getname|setname|setinfo|info|list) /.exec(form);
  throw known === null ? unknownSubcommand(args) : wrongNumber(`client|${known[1]}`);
}

function setInfo(client: Client, what: string, value: string): void {
  if (what.toLowerCase() === "lib-name") client.library = checkName(value);
  else if (what.toLowerCase() === "lib-ver") client.libraryVersion = checkName(value);
  else throw new ReplyError(`ERR Unrecognized option '${what}'`);
}

export const connectionCommands: CommandTable = {
  ping: [-1, ping],
  echo: [2, ({ replies }, [, text]) => replies.bulk(text!)],
  hello: [-1, hello],
  client: [-2, aboutClient],
  select: [
    2,
    ({ replies }, [, db]) => {
      if (index(db!) !== 0) throw new ReplyError("ERR DB index is out of range");
      replies.ok();
    },
  ],
  quit: [
    -1,
    (client) => {
      client.replies.ok();
      client.leaving = true;
    },
  ],
  reset: [
    1,
    (client) => {
      discard(client);
      client.redis.pubSub.leave(client);
      client.name = "";
      client.replies.protocol = 2;
      client.replies.simple("RESET");
    },
  ],
};
