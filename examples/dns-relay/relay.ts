// Answers queries: from the names that are known here, from the cache, else from an upstream resolver.
import { type Coroutine, createTask, isCancelled, Semaphore } from "heddle";
import type { Datagram, DatagramSocket } from "heddle/node";
import { Cache } from "./cache.ts";
import type { Hosts } from "./hosts.ts";
import {
  addressAnswer,
  failure,
  isResponse,
  type Question,
  questionOf,
  SERVFAIL,
} from "./message.ts";
import type { Upstream } from "./upstream.ts";

/** Seconds for which others may keep what is known here. */
const LOCAL_TTL = 60;

export interface RelayOptions {
  readonly upstreams: readonly Upstream[];
  readonly hosts: Hosts;
  /** Answers that are kept. */
  readonly cacheSize: number;
  /** Milliseconds that each upstream has for its answer. */
  readonly timeout: number;
  /** Queries that are being answered at once. Others wait in the socket. */
  readonly concurrency: number;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #cache: Cache;
  readonly #room: Semaphore;
  readonly #counts = {
    queries: 0,
    local: 0,
    cached: 0,
    forwarded: 0,
    retried: 0,
    failed: 0,
    undelivered: 0,
    bad: 0,
  };

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#cache = new Cache(options.cacheSize);
    this.#room = new Semaphore(options.concurrency);
  }

  /** Serve what comes to `socket`, until cancelled. */
  *serve(socket: DatagramSocket): Coroutine<void> {
    for (;;) {
      yield* this.#room.acquire();
      createTask(this.#respond(socket, yield* this.#next(socket)));
    }
  }

  *#next(socket: DatagramSocket): Coroutine<Datagram> {
    for (;;) {
      try {
        return yield* socket.receive();
      } catch (error) {
        // An answer could not be sent: there is no way to who asked, say.
        if ((error as { code?: string }).code === undefined) throw error;
        this.#counts.undelivered++;
      }
    }
  }

  *#respond(socket: DatagramSocket, { data, from }: Datagram): Coroutine<void> {
    try {
      const question = questionOf(data);
      // What is no query gets no answer: two relays could go on for ever.
      if (question === null || isResponse(data)) this.#counts.bad++;
      else yield* socket.send(yield* this.#answer(data, question), from);
    } finally {
      this.#room.release();
    }
  }

  *#answer(query: Uint8Array, question: Question): Coroutine<Uint8Array> {
    const { upstreams, hosts, timeout } = this.#options;
    const counts = this.#counts;
    counts.queries++;
    const local = hosts.find(question.name, question.type);
    if (local !== null) {
      counts.local++;
      return addressAnswer(query, question, local, LOCAL_TTL);
    }
    const key = Cache.key(query);
    const cached = this.#cache.get(key);
    if (cached !== null) {
      counts.cached++;
      cached.set(query.subarray(0, 2));
      return cached;
    }
    counts.forwarded++;
    for (const [i, upstream] of upstreams.entries()) {
      if (i > 0) counts.retried++;
      try {
        const answer = yield* upstream.ask(query, timeout);
        this.#cache.put(key, answer, question.end);
        return answer;
      } catch (error) {
        if (isCancelled(error)) throw error;
      }
    }
    counts.failed++;
    return failure(query, question.end, SERVFAIL);
  }

  statistics(): string {
    const counts = Object.entries(this.#counts).map(([name, count]) => `${name} ${count}`);
    return `${counts.join(", ")}; ${this.#cache.size} answers kept`;
  }
}
