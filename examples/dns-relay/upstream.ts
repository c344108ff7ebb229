// A resolver that is asked. All questions go through one socket, each under an id of its own, drawn
// by chance; the answers come in any order.
import { randomInt } from "node:crypto";
import { type Coroutine, createTask, Future, waitFor } from "heddle";
import { type DatagramSocket, openDatagram } from "heddle/node";
import { idOf, isResponse, questionOf, withId } from "./message.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

interface Asked {
  readonly query: Uint8Array;
  readonly answer: Future<Uint8Array>;
}

/** Open questions: with more, a free id would be hard to find, and easy to guess. */
const MAX_ASKED = 16_384;

export class Upstream {
  readonly name: string;
  readonly #socket: DatagramSocket;
  readonly #asked = new Map<number, Asked>();

  private constructor(name: string, socket: DatagramSocket) {
    this.name = name;
    this.#socket = socket;
  }

  static *open(at: Endpoint): Coroutine<Upstream> {
    const name = `${at.host}:${at.port}`;
    const upstream = new Upstream(name, yield* openDatagram({ remoteAddress: at }));
    createTask(upstream.#listen(), { name: `answers of ${name}` });
    return upstream;
  }

  /** The answer, with the id of the query. Throws TimeoutError, or that nobody listens there. */
  *ask(query: Uint8Array, timeout: number): Coroutine<Uint8Array> {
    if (this.#asked.size >= MAX_ASKED) throw new Error(`${this.name}: too many open questions`);
    let id = randomInt(65_536);
    while (this.#asked.has(id)) id = randomInt(65_536);
    const answer = new Future<Uint8Array>({ name: `answer of ${this.name}` });
    this.#asked.set(id, { query, answer });
    try {
      this.#socket.transport.sendto(withId(query, id));
      return withId(yield* waitFor(answer, timeout), idOf(query));
    } finally {
      this.#asked.delete(id);
    }
  }

  *#listen(): Coroutine<void> {
    for (;;) {
      try {
        const { data } = yield* this.#socket.receive();
        this.#answered(data);
      } catch (error) {
        // Nobody listens there: those who wait need not wait until their time is over.
        if ((error as { code?: string }).code === undefined) throw error;
        for (const { answer } of this.#asked.values()) {
          if (!answer.done()) answer.setException(error as Error);
        }
      }
    }
  }

  #answered(data: Uint8Array): void {
    if (!isResponse(data)) return;
    const asked = this.#asked.get(idOf(data));
    if (asked === undefined || asked.answer.done()) return;
    const [wanted, got] = [questionOf(asked.query), questionOf(data)];
    // An answer to another question is forged, or late.
    if (got?.name !== wanted?.name || got?.type !== wanted?.type) return;
    asked.answer.setResult(data);
  }
}
