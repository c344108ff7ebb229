// A client: what is known about it, and the coroutine that serves it.
//
// All commands of a chunk are answered by one write and one drain. Who sends commands and does not read
// the answers is held back by the drain: its next command waits.
import { ConnectionResetError, type Coroutine, type StreamReader, type StreamWriter } from "heddle";
import { CommandParser, ProtocolError } from "./command-parser.ts";
import { execute } from "./execute.ts";
import type { Redis } from "./redis.ts";
import { Replies } from "./replies.ts";

/** Bytes that are read at once. */
const CHUNK = 64 * 1024;
/** Bytes of answers that are sent without waiting for the end of the chunk. */
const MUCH = 64 * 1024;
/** Bytes that a client may say while it waits. */
const MAX_AHEAD = 1024 * 1024;

export class Client {
  readonly id: number;
  readonly redis: Redis;
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
  readonly replies = new Replies();
  readonly since = Date.now();
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  name = "";
  library = "";
  libraryVersion = "";
  lastCommand = "";
  /** The commands since MULTI. */
  queued: string[][] | null = null;
  /** One of them was wrong: EXEC will refuse all. */
  spoiled = false;
  /** EXEC is working on them. */
  executing = false;
  /** Messages that came while a command was being answered. */
  later = "";
  /** The client has said good-bye. */
  leaving = false;
  /** Chunks that have been read already, by `watch`. */
  ahead: Uint8Array[] = [];

  constructor(id: number, redis: Redis, reader: StreamReader, writer: StreamWriter) {
    this.id = id;
    this.redis = redis;
    this.reader = reader;
    this.writer = writer;
  }

  get subscriptions(): number {
    return this.channels.size + this.patterns.size;
  }

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.replies.text.length + this.writer.transport.getWriteBufferSize();
  }

  flush(): void {
    const { replies } = this;
    if (replies.text === "") return;
    this.writer.write(Buffer.from(replies.text, "latin1"));
    replies.text = "";
  }

  /** What follows in the connection; no bytes when the client is gone. */
  *read(): Coroutine<Uint8Array> {
    return this.ahead.shift() ?? (yield* this.reader.read(CHUNK));
  }

  /** Returns when the client is gone, or says too much. What it says meanwhile is kept for later. */
  *watch(): Coroutine<void> {
    try {
      let bytes = this.ahead.reduce((sum, { length }) => sum + length, 0);
      while (bytes <= MAX_AHEAD) {
        const chunk = yield* this.reader.read(CHUNK);
        if (chunk.length === 0) break;
        this.ahead.push(chunk);
        bytes += chunk.length;
      }
    } catch (error) {
      if (!(error instanceof ConnectionResetError)) throw error;
    }
    this.leaving = true;
  }
}

export function* serve(redis: Redis, reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  const client = redis.connect(reader, writer);
  try {
    yield* converse(redis, client);
  } catch (error) {
    if (error instanceof ProtocolError)
      client.replies.error(`ERR Protocol error: ${error.message}`);
    else if (!(error instanceof ConnectionResetError)) throw error;
  } finally {
    redis.flush(client);
    redis.disconnect(client);
    writer.close();
  }
}

function* converse(redis: Redis, client: Client): Coroutine<void> {
  const { replies, writer } = client;
  const parser = new CommandParser();
  let chunk = yield* client.read();
  while (chunk.length > 0) {
    parser.feed(chunk);
    for (let command = parser.next(); command !== null; command = parser.next()) {
      const waiting = execute(client, command);
      if (replies.full) return writer.transport.abort();
      if (waiting !== undefined) {
        redis.flush(client); // what comes before must not wait
        yield* waiting;
      } else if (replies.text.length > MUCH) {
        redis.flush(client);
        yield* writer.drain();
      }
      if (client.leaving) return;
    }
    redis.flush(client);
    yield* writer.drain();
    chunk = yield* client.read();
  }
}
