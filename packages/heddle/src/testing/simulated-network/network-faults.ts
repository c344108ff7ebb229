/*
 * What can go wrong on a simulated network, when the test says so.
 */
import type { HostNames, HostTable } from "./host-table.ts";
import type { Medium } from "./medium.ts";
import { lossFailure } from "./network-failure.ts";
import { checkSetting } from "./network-options.ts";

/** The faults of a SimulatedNetwork. Each throws RangeError for the name of a host that there is not. */
export abstract class NetworkFaults {
  /** @internal */
  protected readonly medium: Medium;
  readonly #hosts: HostTable;

  constructor(medium: Medium) {
    this.medium = medium;
    this.#hosts = medium.hosts;
  }

  /**
   * Cut the ways between the hosts `a` and the hosts `b` (all others, if not given), in both directions, until
   * `heal`. Nobody is told: packets are lost.
   */
  partition(a: HostNames, b?: HostNames): void {
    const first = this.#hosts.several(a);
    const others = () => [...this.#hosts].filter((each) => !first.includes(each));
    const second = b === undefined ? others() : this.#hosts.several(b);
    for (const one of first) {
      for (const other of second) {
        if (one === other) continue;
        one.cut.add(other);
        other.cut.add(one);
      }
    }
    this.#changed();
  }

  /** Undo all that `partition`, `blackhole`, `refuse`, `freeze` and `slow` have done. */
  heal(): void {
    for (const host of this.#hosts) {
      host.cut.clear();
      host.blackholes.clear();
      host.refusals.clear();
      host.frozen = false;
      host.rate = Number.POSITIVE_INFINITY;
    }
    this.#changed();
  }

  /** Lose, without a word, all that goes to this host, or to this port of it, until `heal`. */
  blackhole(name: string, port?: number): void {
    this.#hosts.named(name).blackholes.add(port ?? "all");
    this.#changed();
  }

  /** Refuse new connections to this host, or to this port of it, until `heal`. */
  refuse(name: string, port?: number): void {
    this.#hosts.named(name).refusals.add(port ?? "all");
  }

  /** Reset all connections between the hosts `a` and `b` (all, if not given): both ends hear of it at once. */
  reset(a: HostNames, b?: HostNames): void {
    const others = b === undefined ? null : this.#hosts.several(b);
    for (const host of this.#hosts.several(a)) {
      for (const end of [...host.ends]) {
        const { peer } = end;
        if (end.isLocal || peer === null || !(others?.includes(peer.host) ?? true)) continue;
        for (const each of [end, peer]) {
          each.breakWith(lossFailure("ECONNRESET", "the network reset the connection"));
        }
      }
    }
  }

  /** Nothing comes to or leaves this host until `heal`, but it forgets nothing: its cable is out. */
  freeze(name: string): void {
    this.#hosts.named(name).frozen = true;
    this.#changed();
  }

  /**
   * The programs of this host read at most `bytesPerMs` bytes per millisecond from each connection, until
   * `heal`. With 0 they stand still: they accept and read nothing, while their kernel still answers.
   */
  slow(name: string, bytesPerMs: number): void {
    checkSetting("rate", bytesPerMs);
    this.#hosts.named(name).rate = bytesPerMs;
    this.#changed();
  }

  /**
   * Switch this host off: its connections are gone, and nobody listens there any more. The other sides are
   * not told: their connections are half-open until `restart`, after which they are reset when they send. The
   * host's own programs hear of a broken connection (ECONNABORTED); their tasks go on.
   */
  crash(name: string): void {
    const host = this.#hosts.named(name);
    host.down = true;
    for (const listener of [...host.listeners, ...host.paths.values()]) listener.close();
    for (const socket of [...host.datagrams]) socket.lose();
    for (const end of [...host.ends]) {
      end.breakWith(lossFailure("ECONNABORTED", `the host "${name}" has crashed`));
    }
    this.#changed();
  }

  /** Switch this host on again, after `crash`. */
  restart(name: string): void {
    this.#hosts.named(name).down = false;
    this.#changed();
  }

  /** What passes, or how fast programs read, has changed. */
  #changed(): void {
    if (!this.medium.isUsed) return;
    for (const host of this.#hosts) {
      for (const listener of [...host.listeners, ...host.paths.values()]) listener.accept();
      for (const socket of [...host.datagrams]) socket.deliver();
      for (const end of [...host.ends]) {
        end.receiving.wake();
        end.keepAlive.check();
      }
    }
  }
}
