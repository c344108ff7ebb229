/*
 * Chaos: clients and servers on several hosts, while everything goes wrong that a network can do.
 *
 * A client sends messages, each with a number and a check sum, and asks for them back; a server keeps what it
 * has acknowledged. Meanwhile servers restart and crash, hosts are cut off, freeze or read slowly, connections
 * are reset, packets lost. All chances come from the seed of the run. What must hold:
 *
 *   what was acknowledged is there, and right; what comes back is what was sent
 *   every error is one that a network gives
 *   nobody hangs: at the end all clients and servers are through, in bounded time
 *   nothing is left: no task, no connection, no listener, no report to the exception handler
 */
import {
  allTasks,
  ConnectionResetError,
  type Coroutine,
  createTask,
  Event,
  gather,
  getRunningLoop,
  IncompleteReadError,
  rethrowIfCancelled,
  type StreamReader,
  type StreamWriter,
  sleep,
  TimeoutError,
  timeout,
} from "../../../src/index.ts";
import { openConnection, startServer } from "../../../src/node/index.ts";
import { runVirtual, SimulatedNetwork } from "../../../src/testing/index.ts";

export interface ChaosReport {
  /** Messages that were acknowledged. */
  acknowledged: number;
  /** Connections that were made, and those that failed or broke, by the error's code or name. */
  connections: number;
  broken: Record<string, number>;
  faults: Record<string, number>;
  packets: number;
}

const SERVERS = ["server-1", "server-2", "server-3"];
const CLIENTS = ["client-1", "client-2", "client-3", "client-4"];
const PORT = 80;
const MINUTE = 60_000;

/** What a network's errors are called. */
const EXPECTED =
  /^(TimeoutError|IncompleteReadError|EC\w+|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/;

/** One run of so many simulated minutes; throws what was not as it must be. */
export async function chaos(seed: number, minutes: number): Promise<ChaosReport> {
  const network = new SimulatedNetwork({
    latency: [1, 80],
    loss: 0.01,
    fragment: true,
    sendBuffer: 16_384,
    receiveBuffer: 16_384,
    retransmissionTimeout: 2 * MINUTE,
  });
  for (const name of [...SERVERS, ...CLIENTS]) network.host(name);
  const report: ChaosReport = {
    acknowledged: 0,
    connections: 0,
    broken: {},
    faults: {},
    packets: 0,
  };
  await runVirtual(() => main(network, report, minutes * MINUTE), { network, seed });
  report.packets = network.statistics().packets;
  return report;
}

function* main(network: SimulatedNetwork, report: ChaosReport, ms: number): Coroutine<void> {
  const loop = getRunningLoop();
  const complaints: string[] = [];
  loop.setExceptionHandler((_, { message, exception }) => {
    complaints.push(`${message}: ${String((exception as Error)?.stack ?? exception)}`);
  });
  const over = new Event();
  /** What each server has acknowledged: the check sums by the numbers. */
  const kept = new Map<string, number>();
  const servers = SERVERS.map((name) => new ChaoticServer(name, kept, report));
  const serving = servers.map((server) => createTask(network.on(server.name, server.run())));
  const clients = CLIENTS.map((name) =>
    createTask(network.on(name, client(name, kept, report, over))),
  );
  const faults = createTask(disturb(network, servers, report));
  yield* sleep(ms);
  faults.cancel();
  yield* moveOn(faults);
  for (const name of [...SERVERS, ...CLIENTS]) network.restart(name);
  network.heal();
  network.loss = 0;
  over.set();
  yield* timeout(60 * MINUTE, () => gather(clients));
  // Who has crashed is back within a minute; then all must be as if nothing had been.
  yield* sleep(2 * MINUTE);
  for (const server of SERVERS) yield* timeout(10 * MINUTE, () => large(server, kept));
  for (const server of servers) server.stop();
  yield* timeout(60 * MINUTE, () => gather(serving));
  yield* sleep(10 * MINUTE);
  const left = allTasks().size - 1;
  if (left !== 0) throw new Error(`${left} tasks are left`);
  const { connections, listeners } = network.statistics();
  if (connections + listeners > 0) {
    throw new Error(`${connections} connections and ${listeners} listeners are left`);
  }
  if (complaints.length > 0) throw new Error(`reported: ${complaints.join("; ")}`);
}

function* moveOn(task: { done(): boolean }): Coroutine<void> {
  while (!task.done()) yield* sleep(0);
}

// ---- a server that is restarted

class ChaoticServer {
  readonly name: string;
  readonly #kept: Map<string, number>;
  readonly #report: ChaosReport;
  readonly #restart = new Event();
  #stopped = false;
  #how = 0;

  constructor(name: string, kept: Map<string, number>, report: ChaosReport) {
    this.name = name;
    this.#kept = kept;
    this.#report = report;
  }

  /** Close, in one of three ways, and begin again. */
  restart(): void {
    this.#how = pick(3);
    this.#restart.set();
  }

  stop(): void {
    this.#stopped = true;
    this.#restart.set();
  }

  *run(): Coroutine<void> {
    while (!this.#stopped) {
      this.#restart.clear();
      const server = yield* startServer((reader, writer) => this.#serve(reader, writer), {
        port: PORT,
        keepAlive: 30_000,
        idleTimeout: MINUTE,
        backlog: 3,
      });
      yield* this.#restart.wait();
      server.close();
      if (this.#how === 1) server.closeClients();
      else if (this.#how === 2) server.abortClients();
      // Whoever does not leave is closed by the idle timeout, or found dead.
      yield* timeout(30 * MINUTE, () => server.waitClosed());
      yield* sleep(pick(3000));
    }
  }

  *#serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
    try {
      for (;;) {
        const line = text(yield* reader.readline());
        if (!line.endsWith("\n")) break;
        const [number = "", size = "0", sum = "0"] = line.trim().split(" ");
        const data = yield* reader.readexactly(Number(size));
        if (checkSum(data) !== Number(sum)) throw new Error(`message ${number} came damaged`);
        this.#kept.set(`${this.name} ${number}`, Number(sum));
        writer.write(`${number} ${data.length}\n`);
        writer.write(data);
        yield* writer.drain();
      }
    } catch (error) {
      rethrowIfCancelled(error);
      expected(error, this.#report);
    } finally {
      writer.close();
    }
  }
}

// ---- a client that tries again

function* client(
  name: string,
  kept: Map<string, number>,
  report: ChaosReport,
  over: Event,
): Coroutine<void> {
  for (let n = 0; !over.isSet(); ) {
    const server = SERVERS[pick(SERVERS.length)] as string;
    let writer: StreamWriter | undefined;
    try {
      const streams = yield* openConnection({
        host: server,
        port: PORT,
        timeout: 1000 + pick(20_000),
        keepAlive: 20_000,
      });
      report.connections++;
      writer = streams[1];
      const requests = 1 + pick(10);
      for (let i = 0; i < requests && !over.isSet(); i++) {
        const number = `${name}-${n++}`;
        yield* timeout(2000 + pick(40_000), () => request(number, server, ...streams, kept));
        report.acknowledged++;
        yield* sleep(pick(15_000));
      }
      writer.close();
      yield* timeout(20 * MINUTE, () => streams[1].waitClosed());
    } catch (error) {
      rethrowIfCancelled(error);
      expected(error, report);
      if (pick(2) === 0) writer?.transport.abort();
      writer?.close();
    }
    yield* sleep(pick(10_000));
  }
}

/** On a network without faults: no error is expected, however much is sent. */
function* large(server: string, kept: Map<string, number>): Coroutine<void> {
  const streams = yield* openConnection({ host: server, port: PORT });
  for (let n = 0; n < 3; n++) yield* request(`large-${n}`, server, ...streams, kept, 300_000);
  streams[1].close();
  yield* streams[1].waitClosed();
}

function* request(
  number: string,
  server: string,
  reader: StreamReader,
  writer: StreamWriter,
  kept: Map<string, number>,
  size = pick(20) === 0 ? pick(200_000) : pick(3000),
): Coroutine<void> {
  const data = new Uint8Array(size);
  const first = pick(256);
  for (let i = 0; i < size; i++) data[i] = (first + i * 7) & 255;
  const sum = checkSum(data);
  writer.write(`${number} ${size} ${sum}\n`);
  writer.write(data);
  // Written and read at once: the server sends back while it receives the next one.
  yield* writer.drain();
  const head = text(yield* reader.readuntil());
  if (head !== `${number} ${size}\n`) throw new Error(`${number} got the answer ${head}`);
  const back = yield* reader.readexactly(size);
  if (checkSum(back) !== sum) throw new Error(`${number} came back damaged`);
  if (kept.get(`${server} ${number}`) !== sum) throw new Error(`${number} was not kept`);
}

// ---- what goes wrong

function* disturb(
  network: SimulatedNetwork,
  servers: ChaoticServer[],
  report: ChaosReport,
): Coroutine<void> {
  const hosts = [...SERVERS, ...CLIENTS];
  const any = () => hosts[pick(hosts.length)] as string;
  const some = () => hosts.filter(() => pick(2) === 0);
  const faults: Record<string, () => void> = {
    partition: () => network.partition(some(), some()),
    isolate: () => network.partition(any()),
    heal: () => network.heal(),
    reset: () => network.reset(some(), some()),
    restart: () => servers[pick(servers.length)]?.restart(),
    freeze: () => network.freeze(any()),
    slow: () => network.slow(any(), pick(5)),
    blackhole: () => network.blackhole(any(), PORT),
    refuse: () => network.refuse(any(), PORT),
    loss: () => {
      network.loss = [0, 0.01, 0.1, 0.3][pick(4)] as number;
    },
    latency: () => {
      network.latency = [[1, 80], 2, [100, 900]][pick(3)] as number;
    },
    crash: () => {
      const name = any();
      network.crash(name);
      const server = servers.find((each) => each.name === name);
      getRunningLoop().callLater(pick(MINUTE), () => {
        network.restart(name);
        server?.restart();
      });
    },
  };
  const names = Object.keys(faults);
  for (;;) {
    yield* sleep(pick(20_000));
    const name = names[pick(names.length)] as string;
    report.faults[name] = (report.faults[name] ?? 0) + 1;
    faults[name]?.();
    // What stays for ever would end all.
    if (pick(3) === 0) {
      yield* sleep(pick(20_000));
      network.heal();
    }
  }
}

// ---- small things

/** A whole number below `n`, by the seed of the run. */
function pick(n: number): number {
  return Math.floor(getRunningLoop().host.random() * n);
}

/** Count an error that a network may give; throw any other. */
function expected(error: unknown, report: ChaosReport): void {
  const { code, name } = error as { code?: string; name: string };
  const kind =
    error instanceof TimeoutError || error instanceof IncompleteReadError
      ? name
      : (code ?? (error instanceof ConnectionResetError ? "ECONNRESET" : name));
  if (!EXPECTED.test(kind)) throw error;
  report.broken[kind] = (report.broken[kind] ?? 0) + 1;
}

/** Adler-32. */
function checkSum(data: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of data) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

const decoder = new TextDecoder();

function text(data: Uint8Array): string {
  return decoder.decode(data);
}
