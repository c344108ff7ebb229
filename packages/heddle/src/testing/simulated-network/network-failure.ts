/*
 * Errors as the system has them: a code, and who failed.
 */
import { ConnectionResetError } from "../../stream/errors.ts";

/** What `call` fails with: `connect ECONNREFUSED 10.0.0.1:80`. */
export function networkFailure(code: string, call: string, where: string): Error {
  return Object.assign(new Error(`${call} ${code} ${where}`), { code, syscall: call });
}

/** What the protocol of a broken connection hears. */
export function lossFailure(code: "ECONNRESET" | "ECONNABORTED" | "ETIMEDOUT", why: string): Error {
  const message = `${why} (${code})`;
  if (code !== "ETIMEDOUT") return new ConnectionResetError(message, { code });
  return Object.assign(new Error(message), { code, syscall: "read" });
}
