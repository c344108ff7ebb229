// What of a file a client wants: all, a part, or nothing since it has it already.
import type { Stats } from "node:fs";
import { HttpError } from "./http-error.ts";

/** Two versions of a file have different tags. */
export function etagOf({ size, mtimeMs }: Stats): string {
  return `"${size.toString(36)}-${Math.trunc(mtimeMs * 1000).toString(36)}"`;
}

type Headers = ReadonlyMap<string, string>;

/** The client has this version: 304. */
export function isUnchanged(headers: Headers, etag: string, { mtimeMs }: Stats): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== undefined) {
    return (
      tags.trim() === "*" || tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)
    );
  }
  const since = headers.get("if-modified-since");
  // HTTP's dates have no milliseconds.
  return since !== undefined && Math.floor(mtimeMs / 1000) * 1000 <= Date.parse(since);
}

export interface Part {
  start: number;
  /** Behind the last byte. */
  end: number;
}

/** The part that is asked for; undefined: all. Several parts at once may be, and are, answered by all. */
export function partOf(headers: Headers, etag: string, stats: Stats): Part | undefined {
  const { size, mtimeMs } = stats;
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get("range")?.trim() ?? "");
  if (found === null || found[0] === "bytes=-") return undefined;
  const version = headers.get("if-range");
  if (version !== undefined && version !== etag && version !== new Date(mtimeMs).toUTCString()) {
    return undefined;
  }
  const [, first, last] = found;
  let start = Number(first);
  let end = size;
  if (first === "") start = Math.max(size - Number(last), 0);
  else if (last !== "") {
    if (Number(last) < start) return undefined;
    end = Math.min(Number(last) + 1, size);
  }
  if (start >= end) throw new HttpError(416, { headers: `Content-Range: bytes */${size}\r\n` });
  return { start, end };
}
