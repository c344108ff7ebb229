/*
 * The hosts of a simulated network, by their names and addresses: its DNS, and its routing.
 */
import { reschedule } from "../../coroutine/suspend.ts";
import type { Coroutine } from "../../coroutine/types.ts";
import type { HostAddress } from "../../stream/network.ts";
import { addressesOf, familyOf, hostAddress, isLoopback } from "./addresses.ts";
import { networkFailure } from "./network-failure.ts";
import { SimulatedHost } from "./simulated-host.ts";

/** One host or several, by name. */
export type HostNames = string | readonly string[];

/** The host that most programs run on. */
export const LOCAL = "localhost";

const SERVICES: Record<number, string> = {
  7: "echo",
  22: "ssh",
  53: "domain",
  80: "http",
  443: "https",
};

export class HostTable {
  readonly #hosts = new Map([[LOCAL, new SimulatedHost(LOCAL, addressesOf(1))]]);

  [Symbol.iterator](): Iterator<SimulatedHost> {
    return this.#hosts.values();
  }

  /** The same hosts, on which nothing has happened yet. */
  renew(): void {
    for (const { name, addresses } of [...this]) {
      this.#hosts.set(name, new SimulatedHost(name, addresses));
    }
  }

  /** Without addresses it gets one of each kind. Throws TypeError or RangeError for what cannot be. */
  add(name: string, addresses?: readonly string[]): void {
    if (typeof name !== "string" || name === "") throw new TypeError("a host needs a name");
    if (this.#hosts.has(name)) throw new RangeError(`there is a host "${name}" already`);
    const known = addresses?.map(hostAddress) ?? addressesOf(this.#hosts.size + 1);
    for (const { address } of known) {
      const owner = [...this].find((each) => each.has(address));
      if (owner === undefined) continue;
      throw new RangeError(`${address} is an address of the host "${owner.name}" already`);
    }
    this.#hosts.set(name, new SimulatedHost(name, known));
  }

  /** Throws RangeError for a name that there is not. */
  named(name: string): SimulatedHost {
    const host = this.#hosts.get(name);
    if (host !== undefined) return host;
    const known = [...this.#hosts.keys()].join(", ");
    throw new RangeError(`there is no host "${name}"; there are: ${known}`);
  }

  several(names: HostNames): SimulatedHost[] {
    return (typeof names === "string" ? [names] : names).map((name) => this.named(name));
  }

  /** The host with this address, as `from` sees it. */
  at(from: SimulatedHost, address: string): SimulatedHost | undefined {
    if (from.has(address)) return from;
    if (isLoopback(address)) return undefined;
    return [...this].find((host) => host.has(address));
  }

  *lookup(name: string, family: 0 | 4 | 6): Coroutine<readonly HostAddress[]> {
    const literal = familyOf(name);
    if (literal !== 0) return [{ address: name, family: literal }];
    yield* reschedule;
    const known = this.#hosts.get(name)?.named(name) ?? [];
    const found = known.filter((each) => family === 0 || each.family === family);
    if (found.length > 0) return found;
    throw networkFailure("ENOTFOUND", "getaddrinfo", name);
  }

  *reverseLookup(
    from: SimulatedHost,
    address: string,
    port: number,
  ): Coroutine<{ host: string; service: string }> {
    yield* reschedule;
    const host = this.at(from, address);
    if (host === undefined) throw networkFailure("ENOTFOUND", "getnameinfo", address);
    return {
      host: isLoopback(address) ? LOCAL : host.name,
      service: SERVICES[port] ?? String(port),
    };
  }
}
