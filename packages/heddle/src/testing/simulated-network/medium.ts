/*
 * What is between the hosts: packets, which take their time, or are lost.
 *
 * Everything that moves is a packet, also acknowledgements and the packets that open and end a connection.
 * Whether one may pass is asked when it is sent and again when it would arrive. The chances come from one
 * seed, and the time is the loop's: the same seed gives the same run, packet by packet.
 */
import { RuntimeError } from "../../coroutine/errors.ts";
import type { DatagramTarget, SocketAddress } from "../../stream/transport.ts";
import type { EventLoop } from "../../task/event-loop.ts";
import { randomFrom } from "../random.ts";
import { written } from "./addresses.ts";
import { HostTable } from "./host-table.ts";
import { checkSetting, type Settings } from "./network-options.ts";
import { NetworkTimer } from "./network-timer.ts";
import type { SimulatedHost } from "./simulated-host.ts";
import type { StreamEnd } from "./stream-end.ts";

export class Medium {
  readonly settings: Settings;
  readonly hosts = new HostTable();
  /** Packets and bytes that were sent so far, and packets that did not arrive. */
  packets = 0;
  bytes = 0;
  dropped = 0;
  trace: ((line: string) => void) | null = null;
  readonly #seed: number | undefined;
  #random: (() => number) | null = null;
  #loop: EventLoop | null = null;
  /** When each way from one host to another is free again. */
  readonly #busy = new Map<string, number>();

  constructor(settings: Settings, seed: number | undefined) {
    this.settings = settings;
    this.#seed = seed;
  }

  // ---- time and chance

  /** A program of this loop uses the network. On another loop than before all begins anew. */
  serve(loop: EventLoop): void {
    if (loop === this.#loop) return;
    if (this.#loop?.isRunning() === true) {
      throw new RuntimeError(
        "a SimulatedNetwork serves one loop at a time: make another one for this run",
      );
    }
    // Faults that were made before the first run are for that run.
    if (this.#loop !== null) this.hosts.renew();
    this.#loop = loop;
    this.#random = this.#seed === undefined ? null : randomFrom(this.#seed);
    this.#busy.clear();
  }

  get isUsed(): boolean {
    return this.#loop !== null;
  }

  get loop(): EventLoop {
    return this.#loop as EventLoop;
  }

  get now(): number {
    return this.loop.time();
  }

  /** Call `fn` at `when`. */
  at(when: number, fn: () => void): NetworkTimer {
    return new NetworkTimer(this.loop, when, fn);
  }

  /** Call `fn` soon, never inside of what the program calls. */
  soon(fn: () => void): NetworkTimer {
    return this.at(this.now, fn);
  }

  /** A random number in [0, 1). */
  chance(): number {
    return this.#random === null ? this.loop.host.random() : this.#random();
  }

  // ---- streams

  /** May packets pass from one end to the other? */
  passes(from: StreamEnd, to: StreamEnd): boolean {
    return from.isLocal || isOpen(from.host, to.host, to.local.port);
  }

  /** Carry a packet of a stream: later `arrive` is called, or `lose`. Their order is kept. */
  carry(
    from: StreamEnd,
    to: StreamEnd,
    what: string,
    size: number,
    arrive: () => void,
    lose: () => void,
  ): void {
    this.packets++;
    this.bytes += size;
    if (from.isLocal) {
      this.#note(from.local, to.local, what, size, false);
      this.soon(arrive);
      return;
    }
    const lost = !this.passes(from, to) || this.#isLost();
    this.#note(from.local, to.local, what, size, lost);
    const when = this.#arrival(from.host, to.host, size);
    if (lost) {
      this.dropped++;
      lose();
      return;
    }
    from.latest = Math.max(from.latest, when);
    this.at(from.latest, () => {
      if (this.passes(from, to)) arrive();
      else {
        this.dropped++;
        lose();
      }
    });
  }

  /** Carry the packet that opens a connection. */
  carryTo(from: StreamEnd, host: SimulatedHost, what: string, arrive: () => void): void {
    this.#carryOne(from.isLocal, from.host, from.local, host, from.remote, what, arrive);
  }

  /** Carry an answer of a host that has no end of a connection. */
  carryBare(host: SimulatedHost, to: StreamEnd, what: string, arrive: () => void): void {
    this.#carryOne(to.isLocal, host, to.remote, to.host, to.local, what, arrive);
  }

  /** Carry a packet of nobody's, without bytes: if it is lost, it is. */
  #carryOne(
    isLocal: boolean,
    from: SimulatedHost,
    source: SocketAddress,
    to: SimulatedHost,
    target: SocketAddress,
    what: string,
    arrive: () => void,
  ): void {
    this.packets++;
    const lost = !isLocal && (!isOpen(from, to, target.port) || this.#isLost());
    this.#note(source, target, what, 0, lost);
    const when = isLocal ? this.now : this.#arrival(from, to, 0);
    if (lost) {
      this.dropped++;
      return;
    }
    this.at(when, () => {
      if (isLocal || isOpen(from, to, target.port)) arrive();
      else this.dropped++;
    });
  }

  // ---- datagrams

  /** Carry a datagram to all who take it there; with `refused`, to the first, or that is called. */
  carryDatagram(
    from: SimulatedHost,
    to: SimulatedHost,
    source: SocketAddress,
    { address, port }: DatagramTarget,
    data: Uint8Array,
    refused: (() => void) | null,
  ): void {
    const target = { ...source, address, port };
    const arrive = (): void => {
      const takers = [...to.datagrams].filter((each) => each.takes(address, port, source));
      if (refused === null) for (const each of takers) each.arrive(data, source);
      else if (takers[0] !== undefined) takers[0].arrive(data, source);
      else this.#carryOne(false, to, target, from, source, "refused", refused);
    };
    const { duplication, reordering } = this.settings;
    const copies = duplication > 0 && this.chance() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.packets++;
      this.bytes += data.length;
      const lost = !isOpen(from, to, port) || this.#isLost();
      this.#note(source, target, "datagram", data.length, lost);
      let when = this.#arrival(from, to, data.length);
      if (reordering > 0 && this.chance() < reordering) {
        when += (when - this.now) * (1 + 2 * this.chance());
      }
      if (lost) {
        this.dropped++;
        continue;
      }
      this.at(when, () => {
        if (isOpen(from, to, port)) arrive();
        else this.dropped++;
      });
    }
  }

  // ---- each packet

  #isLost(): boolean {
    const { loss } = this.settings;
    return loss > 0 && this.chance() < loss;
  }

  /** When a packet that is sent now arrives. */
  #arrival(from: SimulatedHost, to: SimulatedHost, size: number): number {
    const { bandwidth, latency } = this.settings;
    let departure = this.now;
    if (bandwidth !== Number.POSITIVE_INFINITY && size > 0) {
      const way = `${from.name} > ${to.name}`;
      departure = Math.max(departure, this.#busy.get(way) ?? 0) + size / bandwidth;
      this.#busy.set(way, departure);
    }
    if (typeof latency === "number") return departure + latency;
    if (typeof latency !== "function") {
      const [min, max] = latency;
      return departure + min + (max - min) * this.chance();
    }
    const told = latency(from.name, to.name);
    checkSetting("latency", told);
    return departure + told;
  }

  #note(from: SocketAddress, to: SocketAddress, what: string, size: number, lost: boolean): void {
    if (this.trace === null) return;
    const way = `${written(from.address, from.port)} > ${written(to.address, to.port)}`;
    this.trace(`${this.now} ${way} ${what} ${size}${lost ? " lost" : ""}`);
  }
}

function isOpen(from: SimulatedHost, to: SimulatedHost, port: number): boolean {
  if (from.down || to.down || from.frozen || to.frozen || from.cut.has(to)) return false;
  return to.blackholes.size === 0 || !(to.blackholes.has("all") || to.blackholes.has(port));
}
