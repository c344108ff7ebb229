/*
 * A host of a simulated network: its addresses, who listens there, and which of its ports are in use.
 */
import type { HostAddress } from "../../stream/network.ts";
import { isLoopback } from "./addresses.ts";
import { networkFailure } from "./network-failure.ts";
import type { SimulatedDatagrams } from "./simulated-datagrams.ts";
import type { SimulatedListener } from "./simulated-listener.ts";
import type { StreamEnd } from "./stream-end.ts";

/** Where Linux begins and ends to look for a free port. */
const FIRST_FREE = 32_768;
const LAST_FREE = 60_999;

const LOOPBACK: readonly HostAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

export class SimulatedHost {
  readonly name: string;
  /** Those that other hosts reach it by. */
  readonly addresses: readonly HostAddress[];
  readonly listeners = new Set<SimulatedListener>();
  readonly paths = new Map<string, SimulatedListener>();
  readonly ends = new Set<StreamEnd>();
  readonly datagrams = new Set<SimulatedDatagrams>();
  /** The hosts that it cannot reach. */
  readonly cut = new Set<SimulatedHost>();
  /** It has crashed: nothing comes or goes, and nothing of before is known. */
  down = false;
  /** Nothing comes or goes, but all is kept. */
  frozen = false;
  /** Bytes per millisecond that its programs read from each connection. */
  rate = Number.POSITIVE_INFINITY;
  /** Ports at which packets are lost without a word; "all" of them. */
  blackholes = new Set<number | "all">();
  /** Ports at which connections are refused. */
  refusals = new Set<number | "all">();
  #nextPort = FIRST_FREE;

  constructor(name: string, addresses: readonly HostAddress[]) {
    this.name = name;
    this.addresses = addresses;
  }

  /** Is this one of its addresses? */
  has(address: string): boolean {
    return isLoopback(address) || this.addresses.some((each) => each.address === address);
  }

  /** What it is called by another host, or, as "localhost", by itself. */
  named(name: string): readonly HostAddress[] {
    if (name === "localhost") return LOOPBACK;
    return this.addresses;
  }

  /** The address that packets to `address` come from; undefined if there is none of that family. */
  sourceFor(address: string, family: 4 | 6): string | undefined {
    if (this.has(address)) return address;
    return this.addresses.find((each) => each.family === family)?.address;
  }

  listenerAt(address: string, family: 4 | 6, port: number, chance: () => number) {
    const open = [...this.listeners].filter((each) => each.takes(address, family, port));
    // Several with `reusePort` share connections out.
    return open.length > 1 ? open[Math.floor(chance() * open.length)] : open[0];
  }

  /** A port on which nobody listens, and from which no connection comes. */
  freePort(call: string): number {
    for (let i = FIRST_FREE; i <= LAST_FREE; i++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_FREE ? FIRST_FREE : port + 1;
      if (!this.#uses(port)) return port;
    }
    throw networkFailure("EADDRNOTAVAIL", call, `no free port on ${this.name}`);
  }

  #uses(port: number): boolean {
    for (const { address } of this.listeners) if (address.port === port) return true;
    for (const { local } of this.datagrams) if (local.port === port) return true;
    return this.usesForStreams(port);
  }

  /** Does a connection that was made from here come from this port? */
  usesForStreams(port: number): boolean {
    for (const end of this.ends) if (end.local.port === port && end.listener === null) return true;
    return false;
  }
}
