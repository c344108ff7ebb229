// Commands of publishing and subscribing. A subscription is confirmed by a message for each name.
import type { Client } from "./client.ts";
import { type CommandTable, unknownSubcommand } from "./command.ts";
import { matches } from "./glob.ts";

type Kind = "channels" | "patterns";

function confirm(client: Client, what: string, name: string | undefined): void {
  const { replies } = client;
  replies.push(3);
  replies.bulk(what);
  replies.bulkOrNil(name);
  replies.integer(client.subscriptions);
}

function subscribe(client: Client, kind: Kind, [, ...names]: string[]): void {
  for (const name of names) {
    client.redis.pubSub.subscribe(client, kind, name);
    confirm(client, kind === "channels" ? "subscribe" : "psubscribe", name);
  }
}

/** Without names: from all. */
function unsubscribe(client: Client, kind: Kind, [, ...names]: string[]): void {
  const what = kind === "channels" ? "unsubscribe" : "punsubscribe";
  if (names.length === 0) names.push(...client[kind]);
  if (names.length === 0) confirm(client, what, undefined);
  for (const name of names) {
    client.redis.pubSub.unsubscribe(client, kind, name);
    confirm(client, what, name);
  }
}

function look({ redis: { pubSub }, replies }: Client, args: string[]) {
  const [, sub, ...names] = args;
  switch (sub!.toLowerCase()) {
    case "channels": {
      const all = [...pubSub.channels.keys()];
      return replies.bulks(all.filter((name) => matches(names[0] ?? "*", name)));
    }
    case "numsub":
      replies.array(names.length * 2);
      for (const name of names) {
        replies.bulk(name);
        replies.integer(pubSub.channels.get(name)?.size ?? 0);
      }
      return;
    case "numpat":
      return replies.integer(pubSub.patterns.size);
    default:
      throw unknownSubcommand(args);
  }
}

export const pubSubCommands: CommandTable = {
  subscribe: [-2, (client, args) => subscribe(client, "channels", args)],
  psubscribe: [-2, (client, args) => subscribe(client, "patterns", args)],
  unsubscribe: [-1, (client, args) => unsubscribe(client, "channels", args)],
  punsubscribe: [-1, (client, args) => unsubscribe(client, "patterns", args)],
  publish: [
    3,
    ({ redis, replies }, [, channel, message]) => {
      replies.integer(redis.pubSub.publish(channel!, message!));
    },
  ],
  pubsub: [-2, look],
};
