// One attempt to connect, and what it says about the port.
import { type Coroutine, TimeoutError } from "heddle";
import { openConnection } from "heddle/node";

export interface Finding {
  host: string;
  port: number;
  /** Filtered: something on the way swallows the attempt, or says that there is no way. */
  state: "open" | "closed" | "filtered";
  /** Milliseconds until that was known. */
  ms: number;
}

/** Ways in which a network says no, other than a host whose port is closed. */
const NO_WAY = ["EHOSTUNREACH", "ENETUNREACH", "EACCES", "EPERM", "ETIMEDOUT"];

/** The system has no room for as many attempts at once. */
export const isOverload = (error: unknown): boolean =>
  ["EMFILE", "ENFILE", "EADDRNOTAVAIL"].includes((error as { code?: string }).code ?? "");

export function* check(
  host: string,
  address: string,
  port: number,
  timeout: number,
): Coroutine<Finding> {
  const begun = performance.now();
  let state: Finding["state"] = "open";
  try {
    const [, writer] = yield* openConnection({ host: address, port, timeout });
    writer.close();
  } catch (error) {
    const { code = "" } = error as { code?: string };
    if (code === "ECONNREFUSED" || code === "ECONNRESET") state = "closed";
    else if (error instanceof TimeoutError || NO_WAY.includes(code)) state = "filtered";
    else throw error;
  }
  const ms = Math.round((performance.now() - begun) * 10) / 10;
  return { host, port, state, ms };
}
