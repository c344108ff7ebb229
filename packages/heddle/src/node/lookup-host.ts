/*
 * Names and addresses, by the system's resolver (what /etc/hosts and the like say counts).
 *
 * The system's calls run in a thread of libuv's pool and cannot be given up: whoever is cancelled goes on
 * at once, and the answer is dropped.
 */
import { lookup, lookupService } from "node:dns/promises";
import { isIP } from "node:net";
import type { Coroutine } from "../coroutine/types.ts";
import type { HostAddress } from "../stream/network.ts";
import { awaitPromise } from "../task/as-coroutine.ts";

export function* lookupHost(host: string, family: 0 | 4 | 6): Coroutine<readonly HostAddress[]> {
  const literal = isIP(host);
  if (literal !== 0) {
    if (family !== 0 && family !== literal) throw otherFamily(host);
    return [{ address: host, family: literal as 4 | 6 }];
  }
  const found = yield* awaitPromise(lookup(host, { all: true, family, verbatim: true }));
  return found as HostAddress[];
}

export function* reverseLookupHost(
  address: string,
  port: number,
): Coroutine<{ host: string; service: string }> {
  const { hostname, service } = yield* awaitPromise(lookupService(address, port));
  return { host: hostname, service };
}

/** As getaddrinfo(3) says it. */
function otherFamily(address: string): Error {
  return Object.assign(new Error(`getaddrinfo EAI_ADDRFAMILY ${address}`), {
    code: "EAI_ADDRFAMILY",
  });
}
