// Publishing and subscribing. A publisher never waits for a subscriber: messages are put behind the
// subscriber's other answers, and one that is too far behind is disconnected, as Redis does.
import type { Client } from "./client.ts";
import { matches } from "./glob.ts";
import type { Redis } from "./redis.ts";
import { Replies } from "./replies.ts";

/** Bytes that may wait for a subscriber. */
export const MAX_BACKLOG = 8 * 1024 * 1024;

type Kind = "channels" | "patterns";

export class PubSub {
  readonly channels = new Map<string, Set<Client>>();
  readonly patterns = new Map<string, Set<Client>>();
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  subscribe(client: Client, kind: Kind, name: string): void {
    const all = this[kind];
    const subscribers = all.get(name) ?? new Set();
    all.set(name, subscribers.add(client));
    client[kind].add(name);
  }

  unsubscribe(client: Client, kind: Kind, name: string): void {
    const all = this[kind];
    const subscribers = all.get(name);
    subscribers?.delete(client);
    if (subscribers?.size === 0) all.delete(name);
    client[kind].delete(name);
  }

  /** Unsubscribe from everything. */
  leave(client: Client): void {
    for (const name of client.channels) this.unsubscribe(client, "channels", name);
    for (const name of client.patterns) this.unsubscribe(client, "patterns", name);
  }

  /** Returns how many were told. A client who subscribed twice is told twice. */
  publish(channel: string, message: string): number {
    let told = 0;
    for (const client of this.channels.get(channel) ?? []) {
      this.#tell(client, ["message", channel, message]);
      told++;
    }
    for (const [pattern, subscribers] of this.patterns) {
      if (!matches(pattern, channel)) continue;
      for (const client of subscribers) this.#tell(client, ["pmessage", pattern, channel, message]);
      told += subscribers.size;
    }
    return told;
  }

  #tell(client: Client, words: string[]): void {
    const push = new Replies();
    push.protocol = client.replies.protocol;
    push.push(words.length);
    for (const word of words) push.bulk(word);
    // Not into the middle of an answer to this very client.
    if (client === this.#redis.current) client.later += push.text;
    else {
      client.replies.text += push.text;
      this.#redis.hasMessages(client);
    }
    if (client.backlog + client.later.length > MAX_BACKLOG) client.writer.transport.abort();
  }
}
