// A connection, as a coroutine: requests come one after another and are answered in their order.
//
// A cancel scope is around all of it, whose deadline is moved on: who is too slow in saying what it
// wants, or in taking what it gets, is left.
import {
  CancelScope,
  ConnectionResetError,
  type Coroutine,
  getRunningLoop,
  IncompleteReadError,
  LimitOverrunError,
  moveOnAfter,
  rethrowIfCancelled,
  type StreamReader,
  type StreamWriter,
} from "heddle";
import { HttpError, toHttpError } from "./http-error.ts";
import { MAX_TARGET, parseRequest, type Request } from "./request.ts";
import { headOf, sendBytes } from "./response.ts";
import type { Site } from "./site.ts";

/** After an error: milliseconds and bytes for the client to notice. */
const LINGER = 1000;
const LINGER_BYTES = 1024 * 1024;

const CR = 13;
const LF = 10;

type State = "idle" | "receiving" | "sending";

export class Connection {
  state: State = "idle";
  /** Of the answer; 0 while there is none. */
  status = 0;
  bytes = 0;
  readonly writer: StreamWriter;
  readonly scope = new CancelScope();
  readonly #site: Site;
  readonly #reader: StreamReader;
  readonly #client: string;
  readonly #loop = getRunningLoop();

  constructor(site: Site, reader: StreamReader, writer: StreamWriter) {
    this.#site = site;
    this.#reader = reader;
    this.writer = writer;
    this.#client = writer.getExtraInfo("peername")?.address ?? "-";
  }

  *run(): Coroutine<void> {
    try {
      yield* this.scope.run(() => this.#requests());
      if (this.scope.cancelledCaught && this.state === "receiving") yield* this.#refuse(408);
      else if (this.scope.cancelledCaught && this.state === "sending")
        this.writer.transport.abort();
      this.writer.close();
      yield* moveOnAfter(this.#site.limits.progress, () => this.writer.waitClosed());
    } catch (error) {
      if (!(error instanceof ConnectionResetError)) throw error;
    } finally {
      this.writer.transport.abort(); // if it is not closed by now
    }
  }

  /** From now on the other side has `ms` milliseconds. */
  enter(state: State, ms: number): void {
    this.state = state;
    this.scope.deadline = this.#loop.time() + ms;
  }

  *#requests(): Coroutine<void> {
    const { limits } = this.#site;
    let more = true;
    while (more && !this.#site.stopping) {
      this.enter("idle", limits.idle);
      this.status = 0;
      let request: Request | undefined;
      try {
        request = yield* this.#receive();
        if (request === undefined) return;
        this.enter("sending", limits.progress);
        more = request.keepAlive;
        if (request.method !== "GET" && request.method !== "HEAD") {
          throw new HttpError(405, { headers: "Allow: GET, HEAD\r\n" });
        }
        yield* this.#site.answer(this, request, more);
      } catch (error) {
        rethrowIfCancelled(error);
        if (error instanceof ConnectionResetError) throw error;
        const wrong = toHttpError(error);
        if (this.status !== 0) {
          this.writer.transport.abort(); // it has begun: too late for another answer
          return;
        }
        if (wrong.fatal) return yield* this.#refuse(wrong.status, wrong.headers);
        this.#sendText(request, wrong, more);
      }
      this.#log(request?.line ?? "-");
      yield* this.writer.drain();
    }
  }

  /** The next request; undefined when there is none. */
  *#receive(): Coroutine<Request | undefined> {
    const reader = this.#reader;
    let first = yield* reader.read(1);
    if (first.length === 0) return undefined;
    this.enter("receiving", this.#site.limits.head);
    try {
      // An empty line before a request is forgiven: old clients send one too many.
      while (first[0] === CR) {
        if ((yield* reader.readexactly(1))[0] !== LF) throw new HttpError(400, { fatal: true });
        first = yield* reader.read(1);
        if (first.length === 0) return undefined;
      }
      const rest = (yield* reader.readuntil("\r\n\r\n")) as Buffer;
      const head = String.fromCharCode(first[0]!) + rest.toString("latin1", 0, rest.length - 4);
      const request = parseRequest(head);
      for (let left = request.bodyLength; left > 0; ) {
        const bytes = yield* reader.read(left);
        if (bytes.length === 0) return undefined;
        left -= bytes.length;
      }
      return request;
    } catch (error) {
      if (error instanceof IncompleteReadError) return undefined;
      if (!(error instanceof LimitOverrunError)) throw error;
      const start = yield* reader.read(MAX_TARGET);
      throw new HttpError(start.includes(LF) ? 431 : 414, { fatal: true });
    }
  }

  send(status: number, head: string, body: Uint8Array): void {
    this.status = status;
    this.bytes = body.length;
    sendBytes(this.writer, head, body);
  }

  /** An answer of one line. */
  #sendText(request: Request | undefined, answer: HttpError, keepAlive: boolean): void {
    const text = `${answer.message}\n`;
    const headers = `Content-Type: text/plain\r\n${answer.headers}`;
    const head = headOf(answer.status, headers, text.length, keepAlive);
    this.send(answer.status, head, Buffer.from(request?.method === "HEAD" ? "" : text));
  }

  /**
   * The last answer. What the client is still sending is read for a moment: a system that closes a
   * connection with unread bytes tells the other side to forget what it has received.
   */
  *#refuse(status: number, headers = ""): Coroutine<void> {
    this.#sendText(undefined, new HttpError(status, { headers }), false);
    this.#log("-");
    this.writer.writeEof();
    yield* moveOnAfter(LINGER, () => this.#readToTheEnd());
  }

  *#readToTheEnd(): Coroutine<void> {
    let bytes = yield* this.#reader.read(LINGER_BYTES);
    for (let total = 0; bytes.length > 0 && total < LINGER_BYTES; total += bytes.length) {
      bytes = yield* this.#reader.read(LINGER_BYTES);
    }
  }

  #log(line: string): void {
    this.#site.log.add(this.#client, line, this.status, this.bytes);
  }
}
