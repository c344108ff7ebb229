/*
 * What createDatagramEndpoint and openDatagram can be told, and its checks.
 */
import { RuntimeError } from "../../coroutine/errors.ts";
import type { DatagramOptions } from "../../stream/network.ts";
import { checkFamily } from "../connection-options.ts";
import { hostAndPort } from "../network-error.ts";
import { checkAmount, checkFlag, checkOptions, checkPort, checkText } from "../options.ts";

/** An address as it is given: an IP address or the name of a host (`host` says the same), and a port. */
export type GivenAddress =
  | { address: string; port: number; family?: unknown; type?: unknown }
  | { host: string; port: number };

export interface DatagramEndpointOptions {
  /** Where to receive; port 0 finds a free one. Any address of this machine and a free port if not given. */
  localAddress?: { address?: string; host?: string; port?: number; family?: unknown };
  /**
   * The only address that datagrams are sent to, and come from. With `broadcast` they may come from
   * anywhere.
   */
  remoteAddress?: GivenAddress;
  /** 4 or 6. If not given, that of the addresses, and 4 without any. */
  family?: 0 | 4 | 6;
  /** Others may use the same address, for multicast. Each of them must say so. */
  reuseAddress?: boolean;
  /** Other processes may use the same port, and the system shares datagrams out (Node 22.12 or later). */
  reusePort?: boolean;
  /** Sending to broadcast addresses is allowed. */
  broadcast?: boolean;
  /** Do not take IPv4 datagrams on an IPv6 address. */
  ipv6Only?: boolean;
  /** Bytes of datagrams that the system keeps (SO_RCVBUF); its default if not given. */
  receiveBufferSize?: number;
  /** Bytes that the system keeps to send (SO_SNDBUF); its default if not given. */
  sendBufferSize?: number;
  multicast?: {
    /** Addresses of the groups to be in. */
    groups?: readonly string[];
    /** The address of the interface for them; on IPv6 "::%eth0". The system chooses if not given. */
    interfaceAddress?: string;
    /** Routers that a datagram may pass, 0 to 255; the system's default is 1: the local network. */
    ttl?: number;
    /** This machine hears its own datagrams to groups; the system's default is true. */
    loopback?: boolean;
  };
}

/** An endpoint to be, from options that were checked. Hosts may still be names. */
export interface DatagramPlan {
  /** How errors call what is to be done. */
  readonly doing: string;
  readonly local: Place | null;
  readonly remote: Place | null;
  readonly family: 0 | 4 | 6;
  readonly options: Omit<DatagramOptions, "local" | "remote" | "family">;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

const OPTIONS = [
  "localAddress",
  "remoteAddress",
  "family",
  "reuseAddress",
  "reusePort",
  "broadcast",
  "ipv6Only",
  "receiveBufferSize",
  "sendBufferSize",
  "multicast",
];

const FLAGS = ["reuseAddress", "reusePort", "broadcast", "ipv6Only"] as const;

/** A plan for what the options say; they may have `others`, too. Throws TypeError or RangeError. */
export function datagramPlan(
  call: string,
  options: DatagramEndpointOptions,
  others: string[],
): DatagramPlan {
  checkOptions(call, options, [...OPTIONS, ...others]);
  const { localAddress, remoteAddress, family = 0 } = options;
  for (const flag of FLAGS) checkFlag(call, flag, options[flag]);
  checkFamily(call, family);
  const { receiveBufferSize = null, sendBufferSize = null } = options;
  if (receiveBufferSize !== null) {
    checkAmount(call, "receiveBufferSize", receiveBufferSize, 1);
  }
  if (sendBufferSize !== null) checkAmount(call, "sendBufferSize", sendBufferSize, 1);
  const local = localAddress === undefined ? null : place(call, "localAddress", localAddress, 0);
  const remote =
    remoteAddress === undefined ? null : place(call, "remoteAddress", remoteAddress, 1);
  const { reuseAddress = false, reusePort = false } = options;
  const { broadcast = false, ipv6Only = false } = options;
  if (ipv6Only && family === 4) {
    throw new RangeError(`${call}() cannot have family 4 with ipv6Only`);
  }
  const multicast = checkedMulticast(call, options.multicast);
  return {
    doing: doing(local, remote),
    local,
    remote,
    family,
    options: {
      reuseAddress,
      reusePort,
      broadcast,
      ipv6Only,
      receiveBufferSize,
      sendBufferSize,
      multicast,
    },
  };
}

function doing(local: Place | null, remote: Place | null): string {
  const from = local === null ? "" : ` at ${hostAndPort(local.host || "*", local.port)}`;
  const to = remote === null ? "" : ` to ${hostAndPort(remote.host, remote.port)}`;
  return `cannot open a UDP socket${from}${to}`;
}

/** `host` is "" for any address of this machine. */
function place(call: string, name: string, given: unknown, lowest: 0 | 1): Place {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`${call}() needs { address, port } as its ${name}`);
  }
  // What getExtraInfo("sockname") and getaddrinfo() give can be given as it is.
  const known = ["address", "host", "port", "family", "type"];
  checkOptions(`${name} of ${call}`, given, known);
  const { address, host, port } = given as { address?: string; host?: string; port?: number };
  const named = address ?? host;
  if (address !== undefined && host !== undefined && address !== host) {
    throw new TypeError(`${call}() needs either address or host in its ${name}, got both`);
  }
  if (named === undefined && lowest === 1) {
    throw new TypeError(`${call}() needs an address in its ${name}: { address, port }`);
  }
  checkText(call, `address in ${name}`, named);
  const chosen = port ?? (lowest === 0 ? 0 : port);
  checkPort(call, chosen, lowest);
  return { host: named ?? "", port: chosen as number };
}

function checkedMulticast(
  call: string,
  given: DatagramEndpointOptions["multicast"] = {},
): DatagramOptions["multicast"] {
  checkOptions(`multicast of ${call}`, given, ["groups", "interfaceAddress", "ttl", "loopback"]);
  const { groups = [], interfaceAddress, ttl = null, loopback = null } = given;
  if (!Array.isArray(groups)) {
    throw new TypeError(`${call}() needs an array of addresses as multicast.groups`);
  }
  for (const group of groups) checkText(call, "group in multicast.groups", group);
  checkText(call, "multicast.interfaceAddress", interfaceAddress);
  if (ttl !== null) {
    checkAmount(call, "multicast.ttl", ttl, 0);
    if (ttl > 255)
      throw new RangeError(`${call}() needs a multicast.ttl of at most 255, got ${ttl}`);
  }
  if (loopback !== null) checkFlag(call, "multicast.loopback", loopback);
  return { groups, interfaceAddress, ttl, loopback };
}

/** Who is wanted has no address of a family that the others have. */
export function noCommonFamily(doing: string): Error {
  return new RuntimeError(`${doing}: the addresses are of different families (IPv4 and IPv6)`);
}
