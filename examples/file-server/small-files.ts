// Small files that were asked for lately, so that they need not be read again. An entry is trusted for a
// quarter of a second; then the file system is asked whether it is still the same file.
import type { Stats } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Coroutine, fromPromise } from "heddle";
import { etagOf } from "./conditions.ts";
import { contentType } from "./content-type.ts";
import type { Found } from "./find-file.ts";

/** Bytes of a file that is kept. */
export const SMALL = 256 * 1024;
/** Bytes of all that are kept. */
const CAPACITY = 32 * 1024 * 1024;
/** Milliseconds. */
export const TRUST = 250;

export interface Document {
  path: string;
  stats: Stats;
  etag: string;
  /** Lines of the head that do not depend on the request. */
  headers: string;
  /** The whole file, if it is small. */
  bytes: Buffer | undefined;
}

export class SmallFiles {
  /** By the path of the URL. The one that was used longest ago comes first. */
  readonly #entries = new Map<string, { document: Document; until: number }>();
  #size = 0;

  /** What is to be sent for this path, if it was looked at a moment ago. */
  get(url: string, now: number): Document | undefined {
    const entry = this.#entries.get(url);
    return entry !== undefined && now < entry.until ? entry.document : undefined;
  }

  /** The document of a file that was found for this path. */
  *open(url: string, { path, stats }: Found, now: number): Coroutine<Document> {
    const before = this.#entries.get(url)?.document;
    this.#remove(url);
    const etag = etagOf(stats);
    const same = before?.path === path && before.etag === etag && before.stats.ino === stats.ino;
    const document = same ? before : describe(path, stats, etag);
    if (stats.size > SMALL) return document;
    document.bytes ??= yield* fromPromise(readFile(path));
    // Changed while it was read: the next one will see.
    if (document.bytes.length !== stats.size) return describe(path, stats, etag);
    this.#add(url, document, now + TRUST);
    return document;
  }

  #add(url: string, document: Document, until: number): void {
    this.#remove(url); // somebody else may have been as fast
    this.#entries.set(url, { document, until });
    this.#size += document.stats.size;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= CAPACITY) break;
      this.#remove(oldest);
    }
  }

  #remove(url: string): void {
    const entry = this.#entries.get(url);
    if (entry === undefined) return;
    this.#entries.delete(url);
    this.#size -= entry.document.stats.size;
  }
}

function describe(path: string, stats: Stats, etag: string): Document {
  const headers =
    `Content-Type: ${contentType(path)}\r\n` +
    `ETag: ${etag}\r\n` +
    `Last-Modified: ${stats.mtime.toUTCString()}\r\n` +
    "Accept-Ranges: bytes\r\nX-Content-Type-Options: nosniff\r\n";
  return { path, stats, etag, headers, bytes: undefined };
}
