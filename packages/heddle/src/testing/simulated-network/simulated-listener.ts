/*
 * Who listens at an address, and the queue of those whom its program has not accepted yet.
 */
import { reschedule } from "../../coroutine/suspend.ts";
import type { Coroutine } from "../../coroutine/types.ts";
import type { Acceptor, Endpoint, Listening, ListenOptions } from "../../stream/network.ts";
import type { SocketAddress } from "../../stream/transport.ts";
import { isWildcard, pathAddress, socketAddress, written } from "./addresses.ts";
import { networkFailure } from "./network-failure.ts";
import type { SimulatedHost } from "./simulated-host.ts";
import { SimulatedWire } from "./simulated-wire.ts";
import type { StreamEnd } from "./stream-end.ts";

export class SimulatedListener implements Listening {
  readonly host: SimulatedHost;
  readonly address: SocketAddress;
  readonly options: ListenOptions;
  readonly #acceptor: Acceptor;
  readonly #queue: StreamEnd[] = [];
  #closed = false;

  constructor(
    host: SimulatedHost,
    address: SocketAddress,
    options: ListenOptions,
    acceptor: Acceptor,
  ) {
    this.host = host;
    this.address = address;
    this.options = options;
    this.#acceptor = acceptor;
    if (address.family === "Unix") host.paths.set(address.address, this);
    else host.listeners.add(this);
  }

  /** Does it listen there? */
  takes(address: string, family: 4 | 6, port: number): boolean {
    const { address: own, port: ownPort, family: ownFamily } = this.address;
    if (port !== ownPort) return false;
    if (!isWildcard(own)) return own === address;
    return (
      ownFamily === (family === 4 ? "IPv4" : "IPv6") || (own === "::" && !this.options.ipv6Only)
    );
  }

  /** As on Linux: one more than the backlog. */
  get isFull(): boolean {
    return this.#queue.length > this.options.backlog;
  }

  /** A connection is there. False if nobody listens any more. */
  enter(end: StreamEnd): boolean {
    if (this.#closed) return false;
    this.#queue.push(end);
    this.accept();
    return true;
  }

  /** Give the program what waits, unless it stands still. */
  accept(): void {
    while (this.host.rate > 0 && !this.#closed) {
      const end = this.#queue.shift();
      if (end === undefined) return;
      if (!end.isDead) this.#acceptor.accept(new SimulatedWire(end));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { host, address } = this;
    if (address.family === "Unix") host.paths.delete(address.address);
    else host.listeners.delete(this);
    for (const end of this.#queue.splice(0)) end.sendReset();
  }
}

/** Listen on this host, for a program of its own. */
export function* listenOn(
  host: SimulatedHost,
  at: Endpoint,
  options: ListenOptions,
  acceptor: Acceptor,
): Coroutine<Listening> {
  yield* reschedule;
  if ("path" in at) {
    if (host.paths.has(at.path)) throw networkFailure("EADDRINUSE", "listen", at.path);
    return new SimulatedListener(host, pathAddress(at.path), options, acceptor);
  }
  const { address, family } = at;
  const where = written(address, at.port);
  if (!host.has(address) && !isWildcard(address)) {
    throw networkFailure("EADDRNOTAVAIL", "listen", where);
  }
  for (const other of host.listeners) {
    if (options.reusePort && other.options.reusePort) continue;
    if (at.port !== 0 && overlap(other, address, family, at.port, options.ipv6Only)) {
      throw networkFailure("EADDRINUSE", "listen", where);
    }
  }
  const port = at.port || host.freePort("listen");
  return new SimulatedListener(host, socketAddress(address, port, family), options, acceptor);
}

function overlap(
  other: SimulatedListener,
  address: string,
  family: 4 | 6,
  port: number,
  ipv6Only: boolean,
): boolean {
  if (other.address.port !== port) return false;
  if (other.address.address === address) return true;
  if (other.takes(address, family, port)) return true;
  if (!isWildcard(address)) return false;
  return (
    other.address.family === (family === 4 ? "IPv4" : "IPv6") || (address === "::" && !ipv6Only)
  );
}
