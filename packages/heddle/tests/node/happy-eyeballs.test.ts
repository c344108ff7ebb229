import {
  CancelledError,
  createTask,
  EventLoop,
  getRunningLoop,
  type Runnable,
  run,
  sleep,
  TimeoutError,
} from "heddle";
import { openConnection } from "heddle/node";
import { VirtualClock } from "heddle/testing";
import { expect, test } from "vitest";
import { Connection } from "../../src/stream/connection.ts";
import type { HostAddress, Network, Wire, WireOptions } from "../../src/stream/network.ts";
import { caught } from "../caught.ts";

/** What becomes of an attempt: after so many milliseconds a connection, or this error. */
type Fate = { after: number; code?: string };

/** A connection that carries nothing. */
class Silent extends Connection {
  address = "";
  protected override pauseWire(): void {}
  protected override resumeWire(): void {}
  protected override endWire(): void {}
  protected override closeWire(): void {
    this.cutWire();
  }
  protected override cutWire(): void {
    this.loop.callLater(1, () => this.gone());
  }
  start(): void {
    this.begin();
  }
  override write(): void {}
  override writelines(): void {}
  override getWriteBufferSize(): number {
    return 0;
  }
  override getExtraInfo(name: string): never {
    return (
      name === "peername" ? { address: this.address, port: 80, family: "IPv4" } : undefined
    ) as never;
  }
}

/** A network on which each address has its fate, and all that is done is logged with its time. */
class Fates implements Network {
  readonly log: string[] = [];
  readonly options: WireOptions[] = [];
  lookupTakes = 0;
  /** Wires that are neither open nor discarded. */
  loose = 0;
  readonly #fates: Record<string, Fate>;

  constructor(fates: Record<string, Fate>) {
    this.#fates = fates;
  }

  #note(text: string): void {
    this.log.push(`${getRunningLoop().time()} ${text}`);
  }

  *lookup(_host: string, family: 0 | 4 | 6) {
    yield* sleep(this.lookupTakes);
    return Object.keys(this.#fates)
      .map((address): HostAddress => ({ address, family: address.includes(":") ? 6 : 4 }))
      .filter((each) => family === 0 || each.family === family);
  }

  *connect(to: never, options: WireOptions) {
    const { address } = to as { address: string };
    this.options.push(options);
    this.#note(`try ${address}`);
    const { after, code } = this.#fates[address] as Fate;
    try {
      yield* sleep(after);
    } catch (error) {
      this.#note(`give up ${address}`);
      throw error;
    }
    if (code !== undefined) {
      this.#note(`${code} ${address}`);
      throw Object.assign(new Error(`connect ${code} ${address}`), { code });
    }
    this.loose++;
    return {
      peername: undefined,
      open: (protocol, place) => {
        this.loose--;
        const connection = new Silent(protocol, place);
        connection.address = address;
        connection.start();
        this.#note(`open ${address}`);
        return connection;
      },
      discard: () => {
        this.loose--;
        this.#note(`discard ${address}`);
      },
    } satisfies Wire;
  }

  reverseLookup(): never {
    throw new Error("not here");
  }
  listen(): never {
    throw new Error("not here");
  }
  bind(): never {
    throw new Error("not here");
  }
}

async function on(network: Fates, main: Runnable<unknown>): Promise<string[]> {
  await run(main, { loop: new EventLoop({ host: new VirtualClock({ network }) }) });
  expect(network.loose, "connections that leaked").toBe(0);
  return network.log;
}

const NEVER = Number.POSITIVE_INFINITY;
const to = { host: "shop", port: 80 };

test("the next address is tried after 250 ms, and the first connection wins", async () => {
  const network = new Fates({
    "::1": { after: NEVER },
    "::2": { after: NEVER },
    "10.0.0.1": { after: 400 },
  });
  const log = await on(network, function* () {
    const [, writer] = yield* openConnection(to);
    expect(writer.getExtraInfo("peername")?.address).toBe("10.0.0.1");
  });
  // By turns of the families.
  expect(log).toEqual([
    "0 try ::1",
    "250 try 10.0.0.1",
    "500 try ::2",
    "650 give up ::1",
    "650 give up ::2",
    "650 open 10.0.0.1",
  ]);
});

test("an attempt that fails starts the next one at once", async () => {
  const network = new Fates({
    "10.0.0.1": { after: 30, code: "ECONNREFUSED" },
    "10.0.0.2": { after: 300, code: "EHOSTUNREACH" },
    "10.0.0.3": { after: 100 },
  });
  const log = await on(network, openConnection(to));
  expect(log).toEqual([
    "0 try 10.0.0.1",
    "30 ECONNREFUSED 10.0.0.1",
    "30 try 10.0.0.2",
    "280 try 10.0.0.3",
    "330 EHOSTUNREACH 10.0.0.2",
    "380 open 10.0.0.3",
  ]);
});

test("all fail: the first error, and all as its errors, as soon as the last one is there", async () => {
  const network = new Fates({
    "::1": { after: 600, code: "ENETUNREACH" },
    "10.0.0.1": { after: 100, code: "ECONNREFUSED" },
  });
  await on(network, function* () {
    const error = yield* caught(openConnection(to));
    expect(error).toMatchObject({
      code: "ECONNREFUSED",
      message: "cannot connect to shop:80: nobody listens there (ECONNREFUSED)",
      errors: [{ code: "ECONNREFUSED" }, { code: "ENETUNREACH" }],
    });
    expect(getRunningLoop().time()).toBe(600);
  });
});

test("happyEyeballsDelay null: one after another", async () => {
  const network = new Fates({
    "::1": { after: 5_000, code: "ETIMEDOUT" },
    "10.0.0.1": { after: 10 },
  });
  const log = await on(network, openConnection({ ...to, happyEyeballsDelay: null }));
  expect(log).toEqual([
    "0 try ::1",
    "5000 ETIMEDOUT ::1",
    "5000 try 10.0.0.1",
    "5010 open 10.0.0.1",
  ]);
});

test("happyEyeballsDelay 0: all at once", async () => {
  const network = new Fates({
    "::1": { after: 20 },
    "10.0.0.1": { after: 10 },
    "::2": { after: 30 },
  });
  const log = await on(network, openConnection({ ...to, happyEyeballsDelay: 0 }));
  expect(log).toEqual([
    "0 try ::1",
    "0 try 10.0.0.1",
    "0 try ::2",
    "10 give up ::1",
    "10 give up ::2",
    "10 open 10.0.0.1",
  ]);
});

test("interleave: so many addresses of the first family come first", async () => {
  const refused = { after: 0, code: "ECONNREFUSED" };
  const network = new Fates({
    "::1": refused,
    "::2": refused,
    "::3": refused,
    "10.0.0.1": refused,
    "10.0.0.2": refused,
  });
  const log = await on(network, caught(openConnection({ ...to, interleave: 2 })));
  expect(log.filter((line) => line.startsWith("0 try"))).toEqual([
    "0 try ::1",
    "0 try ::2",
    "0 try 10.0.0.1",
    "0 try ::3",
    "0 try 10.0.0.2",
  ]);
});

test("two that succeed in the same turn: one is kept, the other closed", async () => {
  const network = new Fates({ "10.0.0.1": { after: 300 }, "10.0.0.2": { after: 50 } });
  const log = await on(network, openConnection(to));
  expect(log.filter((line) => line.includes("open"))).toHaveLength(1);
  expect(log).toHaveLength(4);
  expect(log[3]).toMatch(/^300 open/);
});

test("cancelling gives up all attempts, and leaks nothing", async () => {
  for (const moment of [0, 100, 250, 399, 400]) {
    const network = new Fates({ "::1": { after: NEVER }, "10.0.0.1": { after: 150 } });
    const log = await on(network, function* () {
      const task = createTask(openConnection(to));
      yield* sleep(moment);
      task.cancel();
      // At 400 both come in the same turn: who was first is whatever it is, but nothing is left.
      const error = yield* caught(task);
      if (moment < 400) expect(error).toBeInstanceOf(CancelledError);
      yield* sleep(1_000);
    });
    const begun = log.filter((line) => line.includes("try")).length;
    const ended = log.filter((line) => /give up|discard|open/.test(line)).length;
    expect(ended).toBe(begun);
  }
});

test("timeout covers the name and the connection", async () => {
  const network = new Fates({ "::1": { after: NEVER }, "10.0.0.1": { after: NEVER } });
  network.lookupTakes = 700;
  const log = await on(network, function* () {
    const error = yield* caught(openConnection({ ...to, timeout: 1_000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toContain("no connection to shop:80 within 1000 ms");
    expect(getRunningLoop().time()).toBe(1_000);
  });
  expect(log).toEqual([
    "700 try ::1",
    "950 try 10.0.0.1",
    "1000 give up ::1",
    "1000 give up 10.0.0.1",
  ]);
});

test("family: the others are not tried; localAddress goes along", async () => {
  const network = new Fates({ "::1": { after: 10 }, "10.0.0.1": { after: 10 } });
  const log = await on(
    network,
    openConnection({ ...to, family: 4, localAddress: "10.0.0.9", localPort: 77 }),
  );
  expect(log).toEqual(["0 try 10.0.0.1", "10 open 10.0.0.1"]);
  expect(network.options).toMatchObject([{ localAddress: "10.0.0.9", localPort: 77 }]);
});

test("what goes wrong at one address keeps no other from answering", async () => {
  const network = new Fates({ "::1": undefined as never, "10.0.0.1": { after: 10 } });
  // Not even a mistake in the network itself.
  expect((await on(network, openConnection(to))).at(-1)).toBe("10 open 10.0.0.1");
});
