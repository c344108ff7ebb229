/*
 * getnameinfo: the name of an address.
 */
import { isIP } from "node:net";
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { networkOf } from "../stream/network.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { hostAndPort, networkError } from "./network-error.ts";
import { checkOptions, checkPort } from "./options.ts";
import { systemNetwork } from "./system-network.ts";

export interface NameInfo {
  /** The name of the host; its address if it has no name. */
  host: string;
  /** The name of the service on that port ("http"); its number if it has no name. */
  service: string;
}

/**
 * The name of the host that has this IP address, and of the service on this port.
 *
 * Suspends. Throws an Error with the system's `code`; TypeError or RangeError, at once, for what is no IP
 * address or no port. On cancellation it ends at once, and the system's answer, when it comes, is dropped.
 * Counterpart: `loop.getnameinfo`.
 *
 * @example
 * const { host, service } = yield* getnameinfo({ address: "127.0.0.1", port: 22 });
 */
export function getnameinfo(at: { address: string; port: number }): ThenableAwaitable<NameInfo> {
  const call = "getnameinfo";
  checkOptions(call, at, ["address", "port", "family", "type"]);
  const { address, port } = at;
  if (typeof address !== "string" || isIP(address) === 0) {
    throw new TypeError(
      `${call}() needs an IP address as its address, got ${JSON.stringify(address)}: ` +
        "names are looked up by getaddrinfo()",
    );
  }
  checkPort(call, port, 0);
  return ownedCall(caller(), resolve(address, port));
}

function* resolve(address: string, port: number): Coroutine<NameInfo> {
  const network = networkOf(getRunningLoop(), systemNetwork);
  try {
    return yield* network.reverseLookup(address, port);
  } catch (error) {
    throw networkError(error, `cannot find the name of ${hostAndPort(address, port)}`);
  }
}
