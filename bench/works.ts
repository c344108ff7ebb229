// The works that are measured, with the budgets of the design. Each is a directory of programs, one
// for each contestant, that do the same; a work may run another's programs with other parameters.

export type Contestant = (typeof CONTESTANTS)[number];

/** In the order of the tables. */
export const CONTESTANTS = [
  "heddle",
  "promise",
  "node-net",
  "effect",
  "effect-microtask",
  "effection",
  "workerpool",
  "piscina",
  "asyncio",
  "uvloop",
  "gevent",
  "go",
] as const;

/** What a work's programs find in their environment, each as BENCH_<NAME>. */
export interface Parameters {
  /** How long the timed rounds of one process go on, in seconds. */
  SECONDS: number;
  /** The count of operations; without it the program finds a suitable one. */
  N?: number;
  /** The least count of operations, where the program finds it. */
  ATLEAST?: number;
  TASKS?: number;
  MAXSIZE?: number;
  /** Several counts, separated by commas. */
  SIZES?: string;
  WHOLE?: number;
  /** Which of the things that the programs can do. */
  WORKLOAD?: string;
  /** Bytes of a message. */
  BYTES?: number;
  /** 1: over TLS. */
  TLS?: number;
  /** 1: tasks in groups, instead of gathered. */
  GROUP?: number;
  /** 1: tasks that start eagerly. */
  EAGER?: number;
  /** 1: all jobs at once, instead of one after another. */
  AT_ONCE?: number;
}

/**
 * heddle's cost may be at most `limit` times the peer's (or, against "itself", at most `limit`; or,
 * as a "difference", at most `limit` nanoseconds more than the peer's).
 */
export interface Budget {
  readonly against: Contestant | "itself";
  readonly limit: number;
  /** Whether it is shown as "x its time" (the default), as "x as fast", or as "ns more". */
  readonly form?: "speed" | "difference";
  readonly text: string;
  /** It holds for this major version of Node only. */
  readonly node?: number;
}

/** A program that puts load on servers, in the directory of that name. */
export type Load = "accept" | "echo" | "http" | "idle";

export interface Work {
  readonly name: string;
  /** One line for the tables. */
  readonly what: string;
  /** The directory of the programs. */
  readonly programs: string;
  readonly contestants: readonly Contestant[];
  /** The programs are servers, measured by this load. */
  readonly load?: Load;
  readonly unit: "ns" | "bytes" | "growth" | "ms late";
  readonly full: Parameters;
  readonly quick: Parameters;
  /** A quick run leaves it out unless it is asked for by name: a sister of it takes part. */
  readonly onlyInFull?: boolean;
  /** It reads /proc. */
  readonly onlyOnLinux?: boolean;
  /** Rounds of a full run. */
  readonly rounds: number;
  /** Contestants that get a smaller count, or differ otherwise; printed beside their results. */
  readonly except?: Partial<Record<Contestant, { N?: number; why: string }>>;
  readonly budgets: readonly Budget[];
}

const times = (against: Contestant, limit: number, node?: number): Budget => ({
  against,
  limit,
  text: `<= ${limit} x its time`,
  ...(node === undefined ? {} : { node }),
});
const faster = (against: Contestant, factor: number): Budget => ({
  against,
  limit: 1 / factor,
  form: "speed",
  text: `>= ${factor} x as fast`,
});
const atMostMore = (against: Contestant, nanoseconds: number): Budget => ({
  against,
  limit: nanoseconds,
  form: "difference",
  text: `<= ${nanoseconds.toLocaleString("en")} ns more`,
});
const throughput = (against: Contestant, share: number): Budget => ({
  against,
  limit: 1 / share,
  form: "speed",
  text: `>= ${share} x its throughput`,
});
const below = (against: Contestant): Budget => ({ against, limit: 1, text: "below" });

/** Raw ways to do one thing: they take part where that is done. */
const SPECIALISTS: readonly Contestant[] = ["node-net", "workerpool", "piscina"];
const EVERYBODY = CONTESTANTS.filter((name) => !SPECIALISTS.includes(name));
const MAIN = EVERYBODY.filter((name) => name !== "effect-microtask");
const without = (...names: Contestant[]) => MAIN.filter((name) => !names.includes(name));

const MICRO = { full: { SECONDS: 0.6 }, quick: { SECONDS: 0.15 }, rounds: 5 };

/**
 * What the leaves of a tree do, and how much faster than asyncio it must be: the more of the time is
 * sleep and arithmetic, which are nobody's merit, the less.
 */
const LEAVES = [
  { leaves: "none", named: "", do: "do nothing", factor: 10 },
  { leaves: "io", named: "_io", do: "sleep for 50 ms", factor: 8 },
  { leaves: "memo", named: "_memoization", do: "sleep, or (9 in 10) know their result", factor: 4 },
  {
    leaves: "cpu-io",
    named: "_cpu_io_mixed",
    do: "compute 500!, or (1 in 2) do as memo's",
    factor: 2,
  },
];

const SHAPES = [
  { shape: "", GROUP: 0, EAGER: 0, how: "gathered" },
  { shape: "-eager", GROUP: 0, EAGER: 1, how: "gathered, eager" },
  { shape: "-group", GROUP: 1, EAGER: 0, how: "in groups" },
  { shape: "-group-eager", GROUP: 1, EAGER: 1, how: "in groups, eager" },
];

/** pyperformance's async_tree in its 16 forms. */
const TREES: readonly Work[] = LEAVES.flatMap((leaves) =>
  SHAPES.map(({ shape, GROUP, EAGER, how }): Work => {
    const parameters = { WORKLOAD: leaves.leaves, GROUP, EAGER };
    const theirs = `${EAGER ? "_eager" : leaves.named ? "" : "_none"}${leaves.named}${GROUP ? "_tg" : ""}`;
    const contestants: Contestant[] = ["heddle"];
    if (!GROUP) contestants.push("promise");
    // Two with another idea of a task, where the leaves do not hide it.
    if (!shape && (leaves.leaves === "none" || leaves.leaves === "io"))
      contestants.push("effect", "effection");
    contestants.push("asyncio");
    if (!shape) contestants.push("uvloop");
    return {
      name: `tree-${leaves.leaves}${shape}`,
      what: `55,986 tasks in a tree, ${how}; the leaves ${leaves.do} (async_tree${theirs})`,
      programs: "async-tree",
      contestants,
      unit: "ns",
      full: { SECONDS: 0.3, N: 55_986, ...parameters },
      quick: { SECONDS: 0, N: 258, ...parameters },
      onlyInFull: shape !== "",
      rounds: 2,
      except: { effection: { N: 9_330, why: "9,330 tasks" } },
      budgets: [faster("asyncio", leaves.factor), ...(GROUP ? [] : [times("promise", 1.1)])],
    };
  }),
);

const NETWORK: readonly Contestant[] = ["heddle", "node-net", "asyncio", "uvloop", "gevent", "go"];
/** Those that have streams and protocols, and the raw one. */
const PROTOCOLS = NETWORK.slice(0, 4);

interface Echo {
  readonly workload: "streams" | "protocols";
  readonly KiB: number;
  readonly tls?: boolean;
  /** Seconds of a process, and rounds. */
  readonly full: readonly [seconds: number, rounds: number];
  readonly onlyInFull?: boolean;
  readonly budgets: readonly Budget[];
}

/** An echo work: named after what sets it apart from 1 KiB by streams over TCP. */
function echo({ workload, KiB, tls = false, full, onlyInFull = false, budgets }: Echo): Work {
  const byStreams = workload === "streams";
  const parameters = { WORKLOAD: workload, BYTES: KiB * 1024, TLS: Number(tls) };
  const marks = [tls && "tls", !byStreams && workload, KiB > 1 && `${KiB}k`];
  return {
    name: ["echo", ...marks.filter(Boolean)].join("-"),
    what: `${tls ? "TLS" : "TCP"} echo of ${KiB} KiB over 64 connections, with ${workload}: time for each message`,
    programs: "echo",
    load: "echo",
    // gevent and Go know only one way.
    contestants: byStreams ? NETWORK : PROTOCOLS,
    unit: "ns",
    full: { SECONDS: full[0], ...parameters },
    quick: { SECONDS: 0.2, ...parameters },
    onlyInFull,
    rounds: full[1],
    budgets,
  };
}

const RAW = throughput("node-net", 0.97);
const RAW_TLS = throughput("node-net", 0.95);

const ECHOES: readonly Work[] = [
  // The hot path of streams: read, write and drain for each message.
  echo({
    workload: "streams",
    KiB: 1,
    full: [3, 5],
    budgets: [RAW, faster("uvloop", 1.5), faster("asyncio", 2.5), faster("gevent", 1.5)],
  }),
  // The same one level below: what the transport costs by itself.
  echo({ workload: "protocols", KiB: 1, full: [2, 4], onlyInFull: true, budgets: [RAW] }),
  // What costs by the byte: 10 KiB still come in one piece, 100 KiB in several, with backpressure.
  ...[10, 100].flatMap((KiB) =>
    (["streams", "protocols"] as const).map((workload) =>
      echo({ workload, KiB, full: [1.2, 3], onlyInFull: true, budgets: [RAW] }),
    ),
  ),
  // Both over TLS, whose records cost more than what is above them.
  echo({ workload: "streams", KiB: 1, tls: true, full: [1.2, 3], budgets: [RAW_TLS] }),
  echo({
    workload: "protocols",
    KiB: 1,
    tls: true,
    full: [1.2, 3],
    onlyInFull: true,
    budgets: [RAW_TLS],
  }),
];

interface Handover {
  readonly workload: "threads" | "threads-inline" | "processes";
  readonly what: string;
  readonly contestants: readonly Contestant[];
  readonly except?: Work["except"];
  readonly budgets: readonly Budget[];
}

/** What a job costs that does nothing, by a pool of two workers: one after another, and 10,000 at once. */
function handovers({ workload, what, contestants, except = {}, budgets }: Handover): Work[] {
  const isMain = workload === "threads";
  const marks = { threads: "", "threads-inline": "-inline", processes: "-process" };
  const name = `handover${marks[workload]}`;
  const common = { programs: "handover", contestants, unit: "ns", except, budgets } as const;
  return [
    {
      ...common,
      name,
      what: `a job that returns its argument, ${what}, one after another: time for each`,
      full: { SECONDS: 1, WORKLOAD: workload },
      quick: { SECONDS: 0.1, WORKLOAD: workload, ATLEAST: 100 },
      onlyInFull: !isMain,
      rounds: 5,
    },
    {
      ...common,
      name: `${name}-10000`,
      what: "the same, 10,000 at once",
      full: { SECONDS: 1, N: 10_000, AT_ONCE: 1, WORKLOAD: workload },
      quick: { SECONDS: 0.1, N: 10_000, AT_ONCE: 1, WORKLOAD: workload },
      onlyInFull: !isMain,
      rounds: 5,
    },
  ];
}

const HANDOVERS: readonly Work[] = [
  ...handovers({
    workload: "threads",
    what: "a module's function, by two threads",
    contestants: ["heddle", "workerpool", "piscina", "asyncio", "gevent"],
    budgets: [times("workerpool", 1.2), times("piscina", 1.2)],
  }),
  // A closure: its source travels, and is read and compiled once.
  ...handovers({
    workload: "threads-inline",
    what: "an inline function, by two threads",
    contestants: ["heddle", "workerpool"],
    except: { workerpool: { why: "compiles it for each job" } },
    budgets: [times("workerpool", 1.2)],
  }),
  ...handovers({
    workload: "processes",
    what: "a module's function, by two processes",
    contestants: ["heddle", "workerpool", "asyncio"],
    budgets: [times("workerpool", 1.2)],
  }),
];

const ALMOST_TWICE: Budget = { against: "itself", limit: 1 / 1.8, text: ">= 1.8 x as fast as one" };

export const WORKS: readonly Work[] = [
  {
    name: "switch",
    what: "one task gives the others their turn, over and over",
    programs: "switch",
    contestants: EVERYBODY,
    unit: "ns",
    ...MICRO,
    budgets: [
      times("promise", 1.25, 20),
      times("promise", 2, 26),
      faster("asyncio", 40),
      faster("uvloop", 20),
      faster("gevent", 30),
      faster("effect", 25),
      { against: "go", limit: 1, text: "at least level" },
    ],
  },
  {
    name: "switch-1000",
    what: "1,000 tasks do so at once",
    programs: "switch",
    contestants: EVERYBODY,
    unit: "ns",
    full: { SECONDS: 0.6, TASKS: 1000, ATLEAST: 200_000 },
    quick: { SECONDS: 0.1, TASKS: 1000, ATLEAST: 20_000 },
    rounds: 3,
    budgets: [],
  },
  {
    name: "call",
    what: "call a coroutine that does not suspend",
    programs: "call",
    contestants: ["heddle", "promise", "effect", "effection", "asyncio"],
    unit: "ns",
    ...MICRO,
    budgets: [],
  },
  {
    name: "coroutines",
    what: "Fibonacci by 242,785 coroutines that await each other and never suspend: time for each",
    programs: "coroutines",
    contestants: ["heddle", "promise", "effect", "effection", "asyncio"],
    unit: "ns",
    full: { SECONDS: 0.4, N: 242_785 },
    quick: { SECONDS: 0.1, N: 21_891 },
    rounds: 3,
    budgets: [times("promise", 0.75), faster("asyncio", 2)],
  },
  {
    name: "generators",
    what: "make a tree of 100,000 nodes and walk it by a generator that delegates to itself: time for each node",
    programs: "generators",
    contestants: ["heddle", "promise", "asyncio"],
    unit: "ns",
    full: { SECONDS: 0.4, N: 100_000 },
    quick: { SECONDS: 0.1, N: 10_000 },
    rounds: 3,
    except: { promise: { why: "the language's own generators" } },
    budgets: [times("promise", 1.25), faster("asyncio", 2)],
  },
  {
    name: "create-await",
    what: "create a task that suspends once and await it, one after another",
    programs: "create-await",
    contestants: MAIN,
    unit: "ns",
    ...MICRO,
    budgets: [times("promise", 2), faster("asyncio", 15)],
  },
  {
    name: "gather",
    what: "200,000 tasks at once, each suspends once, all gathered",
    programs: "gather",
    contestants: MAIN,
    unit: "ns",
    full: { SECONDS: 0.6, N: 200_000 },
    quick: { SECONDS: 0.1, N: 20_000 },
    rounds: 5,
    except: {
      effection: { N: 5_000, why: "5,000 tasks" },
      gevent: { N: 20_000, why: "20,000 greenlets" },
    },
    budgets: [times("promise", 1.1)],
  },
  ...TREES,
  {
    name: "cancel",
    what: "cancel 1,000,000 sleeping tasks and wait until all have ended",
    programs: "cancel",
    contestants: without("uvloop"),
    unit: "ns",
    full: { SECONDS: 0.1, N: 1_000_000 },
    quick: { SECONDS: 0, N: 10_000 },
    rounds: 2,
    except: {
      promise: { N: 100_000, why: "100,000, an AbortController each" },
      effect: { N: 100_000, why: "100,000 fibers" },
      effection: { N: 5_000, why: "5,000 tasks" },
      gevent: { N: 20_000, why: "20,000 greenlets" },
    },
    budgets: [faster("asyncio", 10)],
  },
  {
    name: "sleepers",
    what: "1,000,000 tasks asleep in a fresh process: resident memory for each",
    programs: "sleepers",
    contestants: without("uvloop"),
    unit: "bytes",
    full: { SECONDS: 0, N: 1_000_000 },
    quick: { SECONDS: 0, N: 50_000 },
    // A size in a fresh process: rounds agree within 1 %.
    rounds: 1,
    except: {
      effection: { N: 10_000, why: "10,000 tasks" },
      gevent: { N: 100_000, why: "100,000 greenlets" },
    },
    budgets: [
      { against: "itself", limit: 450, text: "<= 450 bytes" },
      below("promise"),
      below("asyncio"),
      below("gevent"),
      below("go"),
    ],
  },
  {
    name: "scaling",
    what: "cost for each gathered task at 1,000,000 tasks, against 1,000",
    programs: "gather",
    contestants: ["heddle", "promise", "asyncio", "go"],
    unit: "growth",
    full: { SECONDS: 2, SIZES: "1000,10000,100000,1000000" },
    quick: { SECONDS: 0.2, SIZES: "1000,100000" },
    rounds: 2,
    budgets: [{ against: "itself", limit: 1.5, text: "<= 1.5 x" }],
  },
  {
    name: "timers",
    what: "schedule a timer and cancel it",
    programs: "timers",
    contestants: ["heddle", "promise", "asyncio", "uvloop", "gevent", "go"],
    unit: "ns",
    ...MICRO,
    budgets: [times("promise", 0.5)],
  },
  {
    name: "queue",
    what: "put and get between two tasks, room for 1: each item is a switch there and back",
    programs: "queue",
    contestants: without("promise"),
    unit: "ns",
    full: { SECONDS: 0.6, MAXSIZE: 1 },
    quick: { SECONDS: 0.15, MAXSIZE: 1 },
    rounds: 5,
    except: { effection: { why: "its queue has no bound" } },
    budgets: [faster("asyncio", 20)],
  },
  {
    name: "queue-100",
    what: "the same with room for 100: mostly no switch",
    programs: "queue",
    contestants: without("promise", "effection"),
    unit: "ns",
    full: { SECONDS: 0.6, MAXSIZE: 100 },
    quick: { SECONDS: 0.1, MAXSIZE: 100 },
    rounds: 3,
    budgets: [],
  },
  {
    name: "lateness",
    what: "what the embedding program's timers, promises, immediates and I/O are late while 100 tasks never stop giving way",
    programs: "lateness",
    contestants: ["heddle", "promise", "effect"],
    unit: "ms late",
    full: { SECONDS: 2, WORKLOAD: "turns" },
    quick: { SECONDS: 0.5, WORKLOAD: "turns" },
    rounds: 4,
    budgets: [{ against: "itself", limit: 10, text: "<= 10 ms" }],
  },
  {
    name: "lateness-futures",
    what: "the same while 100 tasks never stop waking each other by futures",
    programs: "lateness",
    contestants: ["heddle"],
    unit: "ms late",
    full: { SECONDS: 2, WORKLOAD: "futures" },
    quick: { SECONDS: 0.5, WORKLOAD: "futures" },
    rounds: 4,
    budgets: [{ against: "itself", limit: 10, text: "<= 10 ms" }],
  },
  {
    name: "lateness-promises",
    what: "the same while 100 tasks never stop waking each other by promises",
    programs: "lateness",
    contestants: ["heddle"],
    unit: "ms late",
    full: { SECONDS: 2, WORKLOAD: "promises" },
    quick: { SECONDS: 0.5, WORKLOAD: "promises" },
    rounds: 4,
    budgets: [{ against: "itself", limit: 10, text: "<= 10 ms" }],
  },
  {
    name: "run",
    what: "a run() of its own for each request, one after another; the handler suspends once",
    programs: "run",
    contestants: ["heddle", "promise", "effect", "effection"],
    unit: "ns",
    ...MICRO,
    rounds: 4,
    except: { promise: { why: "an async function for each request" } },
    budgets: [atMostMore("promise", 2_000)],
  },
  {
    name: "http",
    what: "an HTTP server on node:http with a run() for each request, at saturation: time for each request",
    programs: "http",
    load: "http",
    contestants: ["heddle", "promise"],
    unit: "ns",
    full: { SECONDS: 3 },
    quick: { SECONDS: 1 },
    rounds: 5,
    except: { promise: { why: "an async function for each request" } },
    budgets: [atMostMore("promise", 2_000)],
  },
  ...ECHOES,
  // Throughput of large pieces: the socket's buffer is always full, and drain() always waits.
  {
    name: "transfer",
    what: "send 1,000 MiB by streams, in pieces of 10 MiB, to a client in the same process: time for each MiB (asyncio_tcp)",
    programs: "transfer",
    contestants: ["heddle", "node-net", "asyncio", "uvloop"],
    unit: "ns",
    full: { SECONDS: 0, N: 1000 },
    quick: { SECONDS: 0, N: 100 },
    rounds: 4,
    budgets: [],
  },
  // The same where encrypting and decrypting is most of the work.
  {
    name: "transfer-tls",
    what: "the same over TLS (asyncio_tcp_ssl)",
    programs: "transfer",
    contestants: ["heddle", "node-net", "asyncio", "uvloop"],
    unit: "ns",
    full: { SECONDS: 0, N: 1000, TLS: 1 },
    quick: { SECONDS: 0, N: 50, TLS: 1 },
    onlyInFull: true,
    rounds: 3,
    budgets: [],
  },
  // What a server holds for a client that says nothing: a task asleep in read(), and its streams.
  {
    name: "idle",
    what: "10,000 connections that are open and silent: the server's resident memory for each, with streams",
    programs: "idle",
    load: "idle",
    contestants: NETWORK,
    unit: "bytes",
    full: { SECONDS: 0, N: 10_000, WORKLOAD: "streams" },
    quick: { SECONDS: 0, N: 2_000, WORKLOAD: "streams" },
    onlyOnLinux: true,
    rounds: 2,
    budgets: [{ against: "node-net", limit: 1.15, text: "<= 1.15 x its bytes" }],
  },
  // The same without a task: the transport and the protocol alone.
  {
    name: "idle-protocols",
    what: "the same with protocols",
    programs: "idle",
    load: "idle",
    contestants: ["heddle", "node-net"],
    unit: "bytes",
    full: { SECONDS: 0, N: 10_000, WORKLOAD: "protocols" },
    quick: { SECONDS: 0, N: 2_000, WORKLOAD: "protocols" },
    onlyOnLinux: true,
    onlyInFull: true,
    rounds: 2,
    budgets: [{ against: "node-net", limit: 1.15, text: "<= 1.15 x its bytes" }],
  },
  // What a connection costs from its beginning to its end, a handler's task with it.
  {
    name: "accept",
    what: "connect, send one byte, get it back and close, 64 at a time, with streams: time for each connection",
    // A server that echoes is all that it takes.
    programs: "echo",
    load: "accept",
    contestants: NETWORK,
    unit: "ns",
    full: { SECONDS: 1.2, WORKLOAD: "streams" },
    quick: { SECONDS: 0.2, WORKLOAD: "streams" },
    rounds: 3,
    budgets: [throughput("node-net", 0.95)],
  },
  ...HANDOVERS,
  {
    name: "cpu-map",
    what: "a map over 400 items that compute for 5 ms each: time by two threads, against one",
    programs: "cpu-map",
    contestants: ["heddle", "piscina", "asyncio"],
    unit: "growth",
    full: { SECONDS: 8, N: 400, WORKLOAD: "threads" },
    quick: { SECONDS: 0, N: 40, WORKLOAD: "threads" },
    rounds: 2,
    except: { asyncio: { why: "one thread at a time runs Python" } },
    budgets: [ALMOST_TWICE],
  },
  {
    name: "cpu-map-processes",
    what: "the same by processes",
    programs: "cpu-map",
    contestants: ["heddle", "asyncio"],
    unit: "growth",
    full: { SECONDS: 8, N: 400, WORKLOAD: "processes" },
    quick: { SECONDS: 0, N: 40, WORKLOAD: "processes" },
    onlyInFull: true,
    rounds: 2,
    budgets: [ALMOST_TWICE],
  },
  {
    name: "lateness-map",
    what: "what a task that sleeps for 1 ms, over and over, is late while such a map computes in as many threads as there are processors",
    programs: "lateness-map",
    contestants: ["heddle", "piscina", "asyncio"],
    unit: "ms late",
    full: { SECONDS: 2 },
    quick: { SECONDS: 0.5 },
    rounds: 4,
    budgets: [{ against: "itself", limit: 10, text: "<= 10 ms" }],
  },
  {
    name: "bundle",
    what: "a program with tasks, groups, timeouts and a queue, minified and gzipped",
    programs: "bundle",
    contestants: ["heddle", "effect", "effection"],
    unit: "bytes",
    full: { SECONDS: 0 },
    quick: { SECONDS: 0 },
    rounds: 1,
    budgets: [{ against: "itself", limit: 10_000, text: "<= 10,000 bytes" }],
  },
  {
    name: "bundle-whole",
    what: "everything that the main entry exports, minified and gzipped",
    programs: "bundle",
    contestants: ["heddle", "effect", "effection"],
    unit: "bytes",
    full: { SECONDS: 0, WHOLE: 1 },
    quick: { SECONDS: 0, WHOLE: 1 },
    rounds: 1,
    budgets: [],
  },
];
