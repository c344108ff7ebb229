// The head of a request. What is not clear is refused: who guesses where a request ends can be tricked.
import { HttpError } from "./http-error.ts";

export interface Request {
  method: string;
  /** Of "/a%20b?c" it is "/a%20b". */
  path: string;
  /** Of "/a%20b?c" it is "?c". */
  query: string;
  /** "GET /a%20b?c HTTP/1.1" */
  line: string;
  /** By name, in small letters. */
  headers: Map<string, string>;
  /** May another request follow? */
  keepAlive: boolean;
  /** Bytes of a body that nobody will look at. */
  bodyLength: number;
}

/** Characters of a URL. */
export const MAX_TARGET = 8 * 1024;
/** Bytes of a body that is passed over. */
const MAX_BODY = 1024 * 1024;

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP\/(\d)\.(\d)$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"];

const bad = () => new HttpError(400, { fatal: true });

/** `head` is everything up to the empty line. Throws an HttpError if it is no request for a file. */
export function parseRequest(head: string): Request {
  const lines = head.split("\r\n");
  const line = lines[0]!;
  const found = REQUEST_LINE.exec(line);
  if (found === null) {
    throw line.length > MAX_TARGET ? new HttpError(414, { fatal: true }) : bad();
  }
  const [, method, target, major, minor] = found;
  if (major !== "1") throw new HttpError(505, { fatal: true });
  if (target!.length > MAX_TARGET) throw new HttpError(414, { fatal: true });

  const headers = parseHeaders(lines);
  const modern = minor !== "0";
  if (modern && !headers.has("host")) throw bad();
  const bodyLength = lengthOfBody(headers);
  if (headers.has("expect")) throw new HttpError(417, { fatal: true });
  if (!METHODS.includes(method!)) throw new HttpError(501, { fatal: true });
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  const keepAlive = modern ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  const url = target!.replace(/^https?:\/\/[^/?#]*/i, "").replace(/#.*$/, "");
  const [path, query] = url.split(/(\?.*)/);
  return {
    method: method!,
    path: path || "/",
    query: query ?? "",
    line,
    headers,
    keepAlive,
    bodyLength,
  };
}

function parseHeaders(lines: string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 1; i < lines.length; i++) {
    const found = HEADER.exec(lines[i]!);
    if (found === null) throw bad();
    const name = found[1]!.toLowerCase();
    const value = found[2]!;
    const before = headers.get(name);
    if (before === undefined) headers.set(name, value);
    else if (name === "host" || (name === "content-length" && before !== value)) throw bad();
    else if (name !== "content-length") headers.set(name, `${before}, ${value}`);
  }
  return headers;
}

function lengthOfBody(headers: Map<string, string>): number {
  const length = headers.get("content-length");
  if (headers.has("transfer-encoding")) {
    if (length !== undefined) throw bad();
    throw new HttpError(501, { fatal: true });
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw bad();
  if (Number(length) > MAX_BODY) throw new HttpError(413, { fatal: true });
  return Number(length);
}
