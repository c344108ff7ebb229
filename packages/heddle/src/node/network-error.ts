/*
 * Errors of the network, in words.
 *
 * The system's errors reach Node as a code and little else (and, when several addresses of a host were
 * tried, as an AggregateError without any message). The code stays: programs compare it. The message
 * says who could not be reached and what that usually means.
 */
import { ConnectionResetError } from "../stream/errors.ts";

interface SystemError extends Error {
  code?: string;
  errno?: number;
  syscall?: string;
}

const MEANINGS: Record<string, string> = {
  EACCES: "this user may not use that address (ports below 1024 need privileges)",
  EADDRINUSE: "another server uses that address; port 0 finds a free one",
  EADDRNOTAVAIL: "this machine has no such address",
  EAI_AGAIN: "the name server does not answer",
  ECONNREFUSED: "nobody listens there",
  EHOSTUNREACH: "there is no way to that host",
  EMFILE: "this process has too many files and connections open",
  ENETUNREACH: "there is no way to that network",
  ENOENT: "there is no such socket",
  ENOTFOUND: "there is no host of that name",
  ETIMEDOUT: "there was no answer",
};

/** The error for what failed: `doing` says what, "cannot connect to localhost:80". */
export function networkError(error: SystemError, doing: string): Error {
  const code = error.code ?? error.name;
  const meaning = MEANINGS[code];
  const why = meaning === undefined ? error.message || code : `${meaning} (${code})`;
  const { errno, syscall } = error;
  return Object.assign(new Error(`${doing}: ${why}`, { cause: error }), { code, errno, syscall });
}

/** What a protocol hears of the error that ended its connection. */
export function lossOf(error: SystemError): Error {
  const { code } = error;
  if (code !== "ECONNRESET" && code !== "EPIPE" && code !== "ECONNABORTED") return error;
  const what = code === "EPIPE" ? "does not receive any more" : "reset the connection";
  return new ConnectionResetError(`the other side ${what} (${code})`, { code, cause: error });
}
