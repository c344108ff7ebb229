/*
 * SimulatedNetwork: the face of the network in memory, to the tests and to heddle/node.
 *
 *   medium.ts           packets on their way, and the network's time and chances
 *   host-table.ts       names and addresses; simulated-host.ts: one host
 *   network-faults.ts   what goes wrong
 *   connect-end.ts      the handshake; simulated-listener.ts: who accepts
 *   stream-end.ts       what a kernel's TCP does at one end of a connection
 *   simulated-datagrams.ts
 *   simulated-transport.ts, simulated-datagram-transport.ts: what protocols are given
 */
import { ContextVar } from "../../context/context.ts";
import type { Coroutine, ThenableCoroutine } from "../../coroutine/types.ts";
import type {
  Acceptor,
  DatagramOptions,
  DatagramWire,
  Endpoint,
  HostAddress,
  Listening,
  ListenOptions,
  Network,
  Wire,
  WireOptions,
} from "../../stream/network.ts";
import { asAwaitable, type Runnable } from "../../task/as-coroutine.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { thenable } from "../../task/thenable.ts";
import { connectFrom } from "./connect-end.ts";
import { LOCAL } from "./host-table.ts";
import { Medium } from "./medium.ts";
import { NetworkFaults } from "./network-faults.ts";
import {
  checkedSettings,
  checkSetting,
  type Latency,
  type SimulatedNetworkOptions,
} from "./network-options.ts";
import { type NetworkStatistics, statisticsOf } from "./network-statistics.ts";
import { bindOn } from "./simulated-datagrams.ts";
import type { SimulatedHost } from "./simulated-host.ts";
import { listenOn } from "./simulated-listener.ts";

/**
 * A network in memory, for programs under virtual time: `runVirtual(main, { network })`. The calls of
 * heddle/node then go over it, unchanged.
 *
 * There is one host, "localhost" (127.0.0.1 and ::1), until `host` makes others; `on` runs code as one of
 * them. A connection behaves as TCP does on Linux: it has a window and buffers, is cut into segments, and
 * loses nothing unless it breaks.
 *
 * One network serves one loop at a time; on the next one it begins anew, with the same hosts.
 *
 * @example
 * const network = new SimulatedNetwork({ latency: [1, 20], loss: 0.01 });
 * network.host("server", { addresses: ["10.0.0.1"] });
 * await runVirtual(function* () {
 *   const server = createTask(network.on("server", serveTime));
 *   const [reader] = yield* openConnection({ host: "server", port: 37 });
 *   network.partition("localhost", "server");
 *   …
 * }, { network, seed: 7 });
 */
export class SimulatedNetwork extends NetworkFaults implements Network {
  /** The name of the host that the running program is on. */
  readonly #here = new ContextVar("host of the simulated network", { default: LOCAL });

  /** Throws TypeError or RangeError for options that cannot be. */
  constructor(options: SimulatedNetworkOptions = {}) {
    const settings = checkedSettings(options);
    const { seed } = options;
    if (seed !== undefined && typeof seed !== "number") {
      throw new TypeError(`seed must be a number, got ${String(seed)}`);
    }
    super(new Medium(settings, seed));
  }

  // ---- settings that can be changed while it runs

  /** Milliseconds that a packet takes: see `Latency`. */
  get latency(): Latency {
    return this.medium.settings.latency;
  }

  set latency(latency: Latency) {
    checkSetting("latency", latency);
    this.medium.settings.latency = latency;
  }

  /** Bytes per millisecond from one host to another. */
  get bandwidth(): number {
    return this.medium.settings.bandwidth;
  }

  set bandwidth(bandwidth: number) {
    checkSetting("bandwidth", bandwidth);
    this.medium.settings.bandwidth = bandwidth;
  }

  /** The probability that a packet is lost. */
  get loss(): number {
    return this.medium.settings.loss;
  }

  set loss(loss: number) {
    checkSetting("loss", loss);
    this.medium.settings.loss = loss;
  }

  /**
   * Called for each packet that is sent, with a line such as `12.5 10.0.0.1:80 > 10.0.0.2:32768 data 1460`: the
   * time in milliseconds, from where, to where, what, how many bytes, and "lost" for one that is.
   */
  get trace(): ((line: string) => void) | null {
    return this.medium.trace;
  }

  set trace(trace: ((line: string) => void) | null) {
    this.medium.trace = trace;
  }

  // ---- hosts

  /**
   * Make a host with this name and these IPv4 and IPv6 addresses; if none are given it gets one of each kind.
   * Throws TypeError for what is no address, RangeError for a name or an address that there is already.
   */
  host(name: string, options: { addresses?: readonly string[] } = {}): this {
    this.medium.hosts.add(name, options.addresses);
    return this;
  }

  /**
   * Run `body`, a coroutine or what `createTask` takes, as a program of this host: it listens on, and
   * connects from, the host's addresses, and so do the tasks that it starts. Returns what `body` does. Throws
   * RangeError for a name that there is not. Cancelling it cancels `body`.
   */
  on<T>(name: string, body: Runnable<T>): ThenableCoroutine<T> {
    return runOn(this.#here, this.medium.hosts.named(name).name, body) as ThenableCoroutine<T>;
  }

  /** What there is, and what was sent. */
  statistics(): NetworkStatistics {
    return statisticsOf(this.medium);
  }

  // ---- what heddle/node calls

  lookup(host: string, family: 0 | 4 | 6): Coroutine<readonly HostAddress[]> {
    return this.medium.hosts.lookup(host, family);
  }

  reverseLookup(address: string, port: number): Coroutine<{ host: string; service: string }> {
    return this.medium.hosts.reverseLookup(this.#enter(), address, port);
  }

  connect(to: Endpoint, options: WireOptions): Coroutine<Wire> {
    return connectFrom(this.medium, this.#enter(), to, options);
  }

  listen(at: Endpoint, options: ListenOptions, acceptor: Acceptor): Coroutine<Listening> {
    return listenOn(this.#enter(), at, options, acceptor);
  }

  bind(options: DatagramOptions): Coroutine<DatagramWire> {
    return bindOn(this.medium, this.#enter(), options);
  }

  /** The host of the running program. */
  #enter(): SimulatedHost {
    this.medium.serve(getRunningLoop());
    return this.medium.hosts.named(this.#here.get());
  }
}

const runOn = thenable(function* on<T>(
  here: ContextVar<string>,
  name: string,
  body: Runnable<T>,
): Coroutine<T> {
  const token = here.set(name);
  try {
    return yield* asAwaitable(body, "on");
  } finally {
    here.reset(token);
  }
}) as <T>(here: ContextVar<string>, name: string, body: Runnable<T>) => ThenableCoroutine<T>;
