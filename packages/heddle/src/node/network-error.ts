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
  /** An IP address, or the path of a Unix socket. */
  address?: string;
}

const MEANINGS: Record<string, string> = {
  EACCES: "this user may not use that address (ports below 1024 need privileges)",
  EADDRINUSE: "another server uses that address; port 0 finds a free one",
  EADDRNOTAVAIL: "this machine has no such address",
  EAI_ADDRFAMILY: "that is an address of the other family (IPv4 and IPv6)",
  EAI_AGAIN: "the name server does not answer",
  ECONNREFUSED: "nobody listens there",
  EHOSTUNREACH: "there is no way to that host",
  EMFILE: "this process has too many files and connections open",
  EMSGSIZE: "the datagram is too large",
  ENAMETOOLONG: "the path of a Unix socket may have 107 bytes (103 on macOS)",
  ENETUNREACH: "there is no way to that network",
  ENOENT: "there is no such socket",
  ENOTFOUND: "there is no host of that name",
  ETIMEDOUT: "there was no answer",
};

/** The same of Unix sockets. */
const OF_PATHS: Record<string, string> = {
  EACCES: "its folder does not exist, or this user may not use that path",
  EADDRINUSE: "another server uses that path, or a file that is no socket has it",
};

function meaningOf({ code = "", address = "", syscall }: SystemError): string | undefined {
  if (/^\0|\//.test(address)) return OF_PATHS[code] ?? MEANINGS[code];
  if (code === "EADDRINUSE" && syscall === "bind") return "that port is in use; 0 finds a free one";
  return MEANINGS[code];
}

/**
 * The error for what failed: `doing` says what, "cannot connect to localhost:80". Errors that are not the
 * system's (a CancelledError, say) stay what they are.
 */
export function networkError(failure: unknown, doing: string): unknown {
  const error = failure as SystemError;
  if (!(failure instanceof Error) || typeof error.code !== "string") return failure;
  const { code } = error;
  const meaning = meaningOf(error);
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

/** As it is written in URLs: an IPv6 address in brackets. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
