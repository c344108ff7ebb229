// A directory that is served, and who is being served.
import type { Coroutine, StreamReader, StreamWriter } from "heddle";
import { withFile } from "../parts/with-file.ts";
import type { AccessLog } from "./access-log.ts";
import { etagOf, isUnchanged, partOf } from "./conditions.ts";
import { Connection } from "./connection.ts";
import { contentType } from "./content-type.ts";
import { type Found, findFile, findIndex, namesIn } from "./find-file.ts";
import { HttpError } from "./http-error.ts";
import { listing } from "./listing.ts";
import type { Request } from "./request.ts";
import { headOf, sendFile } from "./response.ts";

/** All in milliseconds. */
export interface Limits {
  /** For the next request to begin. */
  idle: number;
  /** For a request, once it has begun. */
  head: number;
  /** For the client to take the next piece of an answer. */
  progress: number;
}

const NOTHING = Buffer.alloc(0);

export class Site {
  readonly root: string;
  readonly log: AccessLog;
  readonly limits: Limits;
  readonly connections = new Set<Connection>();
  stopping = false;

  /** `root` is a real path: one without links. */
  constructor(root: string, log: AccessLog, limits: Limits) {
    this.root = root;
    this.log = log;
    this.limits = limits;
  }

  *serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
    const connection = new Connection(this, reader, writer);
    this.connections.add(connection);
    try {
      yield* connection.run();
    } finally {
      this.connections.delete(connection);
    }
  }

  /** What is being answered is answered; nobody's next request is. */
  stop(): void {
    this.stopping = true;
    for (const { state, writer } of this.connections) if (state !== "sending") writer.close();
  }

  *answer(to: Connection, request: Request, keepAlive: boolean): Coroutine<void> {
    const { path, query } = request;
    const names = namesIn(path);
    let found = yield* findFile(this.root, names);
    if (found.isDirectory && !path.endsWith("/")) {
      const location = ["", ...names.map(encodeURIComponent), ""].join("/") + query;
      throw new HttpError(301, { headers: `Location: ${location}\r\n` });
    }
    if (!found.isDirectory && path.endsWith("/")) throw new HttpError(404);
    if (found.isDirectory) {
      const index = yield* findIndex(this.root, names);
      if (index === undefined) {
        const page = yield* listing(found.path, names);
        const headers = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-cache\r\n";
        const head = headOf(200, headers, page.length, keepAlive);
        to.send(200, head, request.method === "GET" ? page : NOTHING);
        return;
      }
      found = index;
    }
    yield* this.#send(to, request, found, keepAlive);
  }

  *#send(
    to: Connection,
    { method, headers }: Request,
    { path, stats }: Found,
    keepAlive: boolean,
  ): Coroutine<void> {
    const etag = etagOf(stats);
    const facts =
      `Content-Type: ${contentType(path)}\r\n` +
      `ETag: ${etag}\r\n` +
      `Last-Modified: ${stats.mtime.toUTCString()}\r\n` +
      "Accept-Ranges: bytes\r\nX-Content-Type-Options: nosniff\r\n";
    if (isUnchanged(headers, etag, stats)) {
      to.send(304, headOf(304, facts, 0, keepAlive), NOTHING);
      return;
    }
    const isGet = method === "GET";
    const range = isGet && headers.has("range") ? partOf(headers, etag, stats) : undefined;
    const part = range ?? { start: 0, end: stats.size };
    const length = part.end - part.start;
    const status = range === undefined ? 200 : 206;
    const place = range && `Content-Range: bytes ${part.start}-${part.end - 1}/${stats.size}\r\n`;
    const head = headOf(status, facts + (place ?? ""), length, keepAlive);
    if (!isGet) to.send(status, head, NOTHING);
    else {
      const progress = () => to.enter("sending", this.limits.progress);
      const complete = yield* withFile(path, (file) => {
        to.send(status, head, NOTHING);
        to.bytes = length;
        return sendFile(to.writer, file, part, progress);
      });
      // The length has been told: the only way to say that there is no more.
      if (!complete) to.writer.transport.abort();
    }
  }
}
