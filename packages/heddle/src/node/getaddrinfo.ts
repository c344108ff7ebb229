/*
 * getaddrinfo: the addresses of a host.
 */
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { networkOf } from "../stream/network.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { checkFamily } from "./connection-options.ts";
import { networkError } from "./network-error.ts";
import { checkOptions, checkPort, checkText } from "./options.ts";
import { systemNetwork } from "./system-network.ts";

export interface GetaddrinfoOptions {
  /** 4 or 6: only IPv4, or IPv6, addresses; both if not given. */
  family?: 0 | 4 | 6;
  /** "stream" (TCP) or "datagram" (UDP); one entry for each if not given. */
  type?: "stream" | "datagram";
}

/** An address that `openConnection` ("stream") or `openDatagram` ("datagram") can be given. */
export interface AddressInfo {
  family: 4 | 6;
  type: "stream" | "datagram";
  address: string;
  port: number;
}

/** Those that programs ask for by name. Others have a number. */
const SERVICES: Record<string, number> = {
  domain: 53,
  ftp: 21,
  http: 80,
  https: 443,
  imap: 143,
  imaps: 993,
  ntp: 123,
  pop3: 110,
  pop3s: 995,
  smtp: 25,
  ssh: 22,
  submission: 587,
  syslog: 514,
  telnet: 23,
};

/**
 * The addresses of `host` (null: of this machine, "localhost"), in the order in which the system
 * prefers them, each with `port`: a number, digits, or one of a few well-known names ("http", "https",
 * "domain", "ssh", "smtp" …; the system's list of services is not read, for Node does not give it). An IP
 * address is its own answer.
 *
 * May suspend. Throws an Error with the system's `code`: "ENOTFOUND" if there is no such host, "EAI_AGAIN" if
 * the name server does not answer; TypeError or RangeError, at once, for arguments that cannot be. On
 * cancellation it ends at once, and the system's answer, when it comes, is dropped.
 * Counterpart: `loop.getaddrinfo`.
 *
 * @example
 * const [{ address }] = yield* getaddrinfo("example.org", 443, { type: "stream" });
 */
export function getaddrinfo(
  host: string | null,
  port: number | string | null = null,
  options: GetaddrinfoOptions = {},
): ThenableAwaitable<AddressInfo[]> {
  const call = "getaddrinfo";
  checkOptions(call, options, ["family", "type"]);
  const { family = 0, type } = options;
  checkText(call, "host", host ?? undefined);
  checkFamily(call, family);
  if (type !== undefined && type !== "stream" && type !== "datagram") {
    throw new RangeError(`${call}() needs "stream" or "datagram" as its type, got ${String(type)}`);
  }
  const number = portNumber(call, port);
  const types = type === undefined ? (["stream", "datagram"] as const) : ([type] as const);
  return ownedCall(caller(), resolve(host ?? "localhost", number, family, types));
}

function* resolve(
  host: string,
  port: number,
  wanted: 0 | 4 | 6,
  types: readonly AddressInfo["type"][],
): Coroutine<AddressInfo[]> {
  const network = networkOf(getRunningLoop(), systemNetwork);
  try {
    const found = yield* network.lookup(host, wanted);
    return found.flatMap(({ address, family }) =>
      types.map((type) => ({ family, type, address, port })),
    );
  } catch (error) {
    throw networkError(error, `cannot look up ${host}`);
  }
}

function portNumber(call: string, port: number | string | null): number {
  if (port === null) return 0;
  if (typeof port === "string") {
    const number = /^\d+$/.test(port) ? Number(port) : SERVICES[port];
    if (number === undefined) {
      const known = Object.keys(SERVICES).join(", ");
      throw new RangeError(`${call}() does not know the service "${port}", only: ${known}`);
    }
    checkPort(call, number, 0);
    return number;
  }
  checkPort(call, port, 0);
  return port;
}
