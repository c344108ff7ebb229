/*
 * A socket for datagrams on a simulated host: what a kernel's UDP does.
 *
 * Sending never waits. What comes while the program stands still is kept up to the receive buffer; the rest is
 * lost. An IPv6 socket for all addresses takes IPv4, too: it knows such an address as "::ffff:10.0.0.1".
 */
import { reschedule } from "../../coroutine/suspend.ts";
import type { Coroutine } from "../../coroutine/types.ts";
import { allocate } from "../../loop/hosts/allocate.ts";
import type { DatagramOptions, DatagramWire } from "../../stream/network.ts";
import type { DatagramProtocol } from "../../stream/protocol.ts";
import type { Place } from "../../stream/protocol-caller.ts";
import type { DatagramTarget, DatagramTransport, SocketAddress } from "../../stream/transport.ts";
import { isMulticast, isWildcard, socketAddress, written } from "./addresses.ts";
import type { Medium } from "./medium.ts";
import { networkFailure } from "./network-failure.ts";
import { SimulatedDatagramTransport } from "./simulated-datagram-transport.ts";
import type { SimulatedHost } from "./simulated-host.ts";

/** What IPv4 allows: 65,535 with its headers. */
const LARGEST = 65_507;

const RECEIVE_BUFFER = 212_992;

const BROADCAST = "255.255.255.255";

/** How IPv6 calls IPv4 addresses. */
const MAPPED = "::ffff:";

interface Datagram {
  readonly data: Uint8Array;
  readonly from: SocketAddress;
}

export class SimulatedDatagrams implements DatagramWire {
  readonly medium: Medium;
  readonly host: SimulatedHost;
  readonly local: SocketAddress;
  readonly options: DatagramOptions;
  readonly #queue: Datagram[] = [];
  #queued = 0;
  #transport: SimulatedDatagramTransport | null = null;

  constructor(medium: Medium, host: SimulatedHost, local: SocketAddress, options: DatagramOptions) {
    this.medium = medium;
    this.host = host;
    this.local = local;
    this.options = options;
    host.datagrams.add(this);
  }

  open(protocol: DatagramProtocol, place: Place): DatagramTransport {
    const transport = new SimulatedDatagramTransport(this, protocol, place);
    this.#transport = transport;
    transport.start();
    this.medium.soon(() => this.deliver());
    return transport;
  }

  discard(): void {
    this.host.datagrams.delete(this);
    this.#queue.length = 0;
  }

  /** The host has crashed. */
  lose(): void {
    this.discard();
    this.#transport?.abort();
  }

  // ---- sending

  /** Send a copy of these bytes; gives the error if that cannot be. */
  send(data: Uint8Array, { address, port }: DatagramTarget): Error | null {
    const { medium, host, local, options } = this;
    const failure = (code: string) => networkFailure(code, "send", written(address, port));
    if (data.length > LARGEST) return failure("EMSGSIZE");
    if (address === BROADCAST && !options.broadcast) return failure("EACCES");
    const to = { address: unmapped(address), port };
    const family = to.address.includes(":") ? 6 : 4;
    const toMany = address === BROADCAST || isMulticast(address);
    const source = isWildcard(local.address)
      ? host.sourceFor(toMany ? "" : to.address, family)
      : local.address;
    if (source === undefined) return failure("ENETUNREACH");
    const from = socketAddress(source, local.port, family);
    const copy = allocate(data.length);
    copy.set(data);
    if (toMany) {
      const hearsItself = address === BROADCAST || options.multicast.loopback !== false;
      for (const other of medium.hosts) {
        if (other === host && !hearsItself) continue;
        medium.carryDatagram(host, other, from, to, copy, null);
      }
      return null;
    }
    const target = medium.hosts.at(host, to.address);
    if (target === undefined) return null;
    medium.carryDatagram(host, target, from, to, copy, () => {
      // As on Linux, only those hear of it that are connected to one address.
      if (options.remote === null) return;
      this.#transport?.refused(networkFailure("ECONNREFUSED", "recv", written(address, port)));
    });
    return null;
  }

  // ---- receiving

  /** Does it take what comes to this address from that one? */
  takes(address: string, port: number, from: SocketAddress): boolean {
    const { local, options } = this;
    const { remote } = options;
    if (local.port !== port) return false;
    if (remote !== null && (unmapped(remote.address) !== from.address || remote.port !== from.port))
      return false;
    if (address === BROADCAST) return local.family === "IPv4";
    if (isMulticast(address)) return options.multicast.groups.includes(address);
    if (!isWildcard(local.address)) return local.address === address;
    const isIpv6 = address.includes(":");
    return local.family === "IPv6" ? isIpv6 || !options.ipv6Only : !isIpv6;
  }

  arrive(data: Uint8Array, from: SocketAddress): void {
    const most = this.options.receiveBufferSize ?? RECEIVE_BUFFER;
    if (this.#queue.length > 0 && this.#queued + data.length > most) {
      this.medium.dropped++;
      return;
    }
    this.#queue.push({ data, from: this.#asSeenHere(from) });
    this.#queued += data.length;
    this.deliver();
  }

  #asSeenHere(from: SocketAddress): SocketAddress {
    if (this.local.family === from.family) return from;
    return socketAddress(MAPPED + from.address, from.port, 6);
  }

  /** Give the program what has come, unless it stands still. */
  deliver(): void {
    while (this.host.rate > 0 && this.#transport !== null) {
      const datagram = this.#queue.shift();
      if (datagram === undefined) return;
      this.#queued -= datagram.data.length;
      this.#transport.arrived(datagram.data, datagram.from);
    }
  }
}

function unmapped(address: string): string {
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

/** Open a socket on this host, for a program of its own. */
export function* bindOn(
  medium: Medium,
  host: SimulatedHost,
  options: DatagramOptions,
): Coroutine<DatagramWire> {
  yield* reschedule;
  const { family, remote } = options;
  const { address, port } = options.local;
  const where = written(address, port);
  if (!host.has(address) && !isWildcard(address)) {
    throw networkFailure("EADDRNOTAVAIL", "bind", where);
  }
  for (const { local, options: others } of host.datagrams) {
    const shared =
      (options.reuseAddress && others.reuseAddress) || (options.reusePort && others.reusePort);
    const same = local.address === address || isWildcard(local.address) || isWildcard(address);
    if (port === 0 || local.port !== port || !same || shared) continue;
    if (others.family === family) throw networkFailure("EADDRINUSE", "bind", where);
  }
  // A socket that is connected to one address has one address itself.
  const source =
    remote !== null && isWildcard(address) ? host.sourceFor(remote.address, family) : address;
  if (source === undefined) throw networkFailure("ENETUNREACH", "bind", where);
  const local = socketAddress(source, port || host.freePort("bind"), family);
  return new SimulatedDatagrams(medium, host, local, options);
}
