// Commands about the server.
import type { Client } from "./client.ts";
import { type CommandTable, commands, unknownSubcommand, VERSION, wrongNumber } from "./command.ts";
import { matches } from "./glob.ts";

/** What redis-benchmark and others ask for. Nothing is saved, and nothing can be set. */
const config: Record<string, string> = { save: "", appendonly: "no", databases: "1" };

function aboutConfig({ replies }: Client, args: string[]): void {
  const [, sub, ...patterns] = args;
  if (sub!.toLowerCase() !== "get") throw unknownSubcommand(args);
  if (patterns.length === 0) throw wrongNumber("config|get");
  const wanted = (name: string) => patterns.some((p) => matches(p.toLowerCase(), name));
  const found = Object.entries(config).filter(([name]) => wanted(name));
  replies.map(found.length);
  replies.pairs(...found);
}

/**
 * Of each command its name and how many words it has. Which of them are keys, and how it behaves in a
 * cluster, nobody here knows: the rest is empty.
 */
function aboutCommands({ replies }: Client, args: string[]) {
  const [, sub, ...names] = args;
  const all = [...new Set([...commands.values()].map(({ name }) => name))];
  switch (sub?.toLowerCase()) {
    case undefined:
      return tellCommands(replies, all);
    case "info":
      return tellCommands(replies, names.length === 0 ? all : names);
    case "count":
      return replies.integer(all.length);
    case "list":
      return replies.bulks(all);
    case "docs":
      return replies.map(0);
    default:
      throw unknownSubcommand(args);
  }
}

function tellCommands(replies: Client["replies"], names: string[]): void {
  replies.array(names.length);
  for (const name of names) {
    const command = commands.get(name.toLowerCase());
    if (command === undefined) {
      replies.nilArray();
      continue;
    }
    replies.array(6);
    replies.bulk(command.name);
    replies.integer(command.words);
    replies.array(0);
    for (let i = 0; i < 3; i++) replies.integer(0);
  }
}

function info({ redis, replies }: Client, [, ...wanted]: string[]): void {
  const seconds = Math.floor((Date.now() - redis.since) / 1000);
  const sections: Record<string, Record<string, string | number>> = {
    Server: {
      redis_version: VERSION,
      redis_mode: "standalone",
      server_name: "heddle's example",
      node_version: process.version,
      process_id: process.pid,
      uptime_in_seconds: seconds,
    },
    Clients: { connected_clients: redis.clients.size },
    Memory: { used_memory: process.memoryUsage().heapUsed },
    Stats: { total_commands_processed: redis.commands },
    Keyspace: redis.store.size === 0 ? {} : { db0: `keys=${redis.store.size}` },
  };
  const names = wanted.map((name) => name.toLowerCase());
  const everything = names.length === 0 || names.some((n) => /^(all|default|everything)$/.test(n));
  const parts = Object.entries(sections)
    .filter(([name]) => everything || names.includes(name.toLowerCase()))
    .map(([name, facts]) => {
      const lines = Object.entries(facts).map(([key, value]) => `${key}:${value}\r\n`);
      return `# ${name}\r\n${lines.join("")}`;
    });
  replies.verbatim(parts.join("\r\n"));
}

export const serverCommands: CommandTable = {
  command: [-1, aboutCommands],
  config: [-2, aboutConfig],
  info: [-1, info],
  shutdown: [
    -1,
    (client) => {
      client.leaving = true;
      client.redis.stopping.set();
    },
  ],
};
