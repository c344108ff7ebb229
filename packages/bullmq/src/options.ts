/*
 * What RemoteExecutor and serve can be told, and its checks: a name that is not known is an error, not a
 * wish that nobody hears.
 */
import type { ConnectionOptions, PostgresConnectionOptions } from "bullmq";

// biome-ignore lint/suspicious/noExplicitAny: functions of any parameters, which are contravariant.
export type RemoteFunction = (...args: any[]) => unknown;

/** Where the jobs are. */
export interface BackendOptions {
  /**
   * A URL (`redis://`, `rediss://`, `postgres://`), or BullMQ's own options, client or pool for the
   * `backend` that is named beside it.
   */
  connection: string | ConnectionOptions | PostgresConnectionOptions;
  /** Needed unless the connection is a URL. */
  backend?: "redis" | "postgres";
  /** The queue's name: callers and workers of one name meet. Must not contain ":". */
  queue: string;
  /** Redis: what the keys begin with; "bull" if not given. */
  prefix?: string;
  /**
   * Milliseconds: 10,000 if not given. A job that could not be handed over for so long fails with
   * ConnectionError, as does `serve` when it has never been connected.
   */
  connectTimeout?: number;
}

/** How one job is run. */
export interface JobOptions {
  /**
   * Milliseconds for each attempt, enforced in the worker: CancelledError is thrown into the coroutine
   * there, and the attempt fails with TimeoutError. No limit if not given.
   */
  timeout?: number;
  /** How often the function is run until it succeeds; 1 if not given: no retry. */
  attempts?: number;
  /**
   * The pause before attempt n + 1: `delay * 2 ** (n - 1)` milliseconds, of which a random part of at
   * most `jitter` (0 to 1; 0.5 if not given) is left out. At once if not given.
   */
  backoff?: { delay: number; jitter?: number };
  /**
   * The same function with the same key, while such a job is queued, running or its result retained, is
   * the same job: it is not run again, and gives the same result or error.
   */
  idempotencyKey?: string;
  /** Hears of what the function tells by `reportProgress`, in the loop. */
  onProgress?: (value: unknown) => unknown;
}

export interface RemoteExecutorOptions extends BackendOptions {
  /** Jobs handed over and not done; further ones wait in order. 1,000 if not given. */
  maxInFlight?: number;
  /**
   * Milliseconds for which results stay in the backend, at least; 300,000 if not given. Whole seconds count.
   * BullMQ removes older ones when a later job of the queue ends: those of the last jobs stay.
   */
  keepResults?: number;
  /**
   * Milliseconds that a cancelled task waits for the remote coroutine to end, before it leaves it to
   * itself; 1,000 if not given.
   */
  cancelGrace?: number;
}

export interface ServeOptions extends BackendOptions {
  /** What can be called, by name: coroutine functions, async functions, plain functions. */
  functions: Readonly<Record<string, RemoteFunction>>;
  /** Jobs at once in this process; 1 if not given. */
  concurrency?: number;
  /**
   * Milliseconds for which a job belongs to this worker without a sign of life; 10,000 if not given. When
   * a worker dies, others take its jobs over after this time, and 1,000 ms at most.
   */
  lease?: number;
  /** How often a job may be taken over before it fails with WorkerLostError; 3 if not given. */
  maxTakeovers?: number;
  /** Milliseconds that jobs in flight have to end when `serve` is cancelled; 5,000 if not given. */
  grace?: number;
  /** Is an error worth another attempt? Asked only if one is left. See also `noRetry`. */
  retry?: (error: unknown) => boolean;
  /** Called when the first job can be taken. */
  onReady?: () => unknown;
}

const BACKEND = ["connection", "backend", "queue", "prefix", "connectTimeout"];

/** @internal */
export function checkExecutorOptions(options: RemoteExecutorOptions): void {
  const call = "RemoteExecutor";
  checkNames(call, options, [...BACKEND, "maxInFlight", "keepResults", "cancelGrace"]);
  checkBackend(call, options);
  checkNumber(call, "maxInFlight", options.maxInFlight, 1, "count");
  checkNumber(call, "keepResults", options.keepResults, 0);
  checkNumber(call, "cancelGrace", options.cancelGrace, 0);
}

/** @internal */
export function checkJobOptions(options: JobOptions): void {
  const call = "RemoteExecutor.with";
  checkNames(call, options, ["timeout", "attempts", "backoff", "idempotencyKey", "onProgress"]);
  checkNumber(call, "timeout", options.timeout, 0);
  checkNumber(call, "attempts", options.attempts, 1, "count");
  if (options.backoff !== undefined) {
    checkNames(`${call}: backoff`, options.backoff, ["delay", "jitter"]);
    checkNumber(`${call}: backoff`, "delay", options.backoff.delay ?? Number.NaN, 0);
    checkNumber(`${call}: backoff`, "jitter", options.backoff.jitter, 0, "share");
  }
  checkText(call, "idempotencyKey", options.idempotencyKey);
  checkFunction(call, "onProgress", options.onProgress);
}

/** @internal */
export function checkServeOptions(options: ServeOptions): void {
  const call = "serve";
  const own = ["functions", "concurrency", "lease", "maxTakeovers", "grace", "retry", "onReady"];
  checkNames(call, options, [...BACKEND, ...own]);
  checkBackend(call, options);
  const { functions } = options;
  if (typeof functions !== "object" || functions === null || Object.keys(functions).length === 0) {
    throw new TypeError(
      "serve() needs the functions to serve, by name: functions: { resize, hash }",
    );
  }
  for (const [name, fn] of Object.entries(functions)) {
    if (typeof fn === "function") continue;
    throw new TypeError(`serve() needs functions: functions.${name} is ${describe(fn)}`);
  }
  checkNumber(call, "concurrency", options.concurrency, 1, "count");
  checkNumber(call, "lease", options.lease, 100);
  checkNumber(call, "maxTakeovers", options.maxTakeovers, 0, "count");
  checkNumber(call, "grace", options.grace, 0);
  checkFunction(call, "retry", options.retry);
  checkFunction(call, "onReady", options.onReady);
}

function checkBackend(call: string, options: BackendOptions): void {
  checkText(call, "queue", options.queue ?? null);
  if (options.queue.includes(":")) {
    throw new RangeError(`${call}() needs a queue whose name has no ":", got "${options.queue}"`);
  }
  checkText(call, "prefix", options.prefix);
  checkNumber(call, "connectTimeout", options.connectTimeout, 1);
}

function checkNames(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${call} needs an object of options (${known.join(", ")})`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue;
    throw new TypeError(`${call} has no option "${name}"; there are: ${known.join(", ")}`);
  }
}

function checkText(call: string, name: string, text: unknown): void {
  if (text === undefined || (typeof text === "string" && text !== "")) return;
  throw new TypeError(`${call} needs a string as ${name}, got ${describe(text)}`);
}

function checkFunction(call: string, name: string, fn: unknown): void {
  if (fn === undefined || typeof fn === "function") return;
  throw new TypeError(`${call} needs a function as ${name}, got ${describe(fn)}`);
}

/** A timer of the platform cannot wait longer. */
const LONGEST = 2 ** 31 - 1;

function checkNumber(
  call: string,
  name: string,
  value: unknown,
  lowest: number,
  kind: "ms" | "count" | "share" = "ms",
): void {
  if (value === undefined) return;
  if (typeof value !== "number") {
    throw new TypeError(`${call} needs a number as ${name}, got ${describe(value)}`);
  }
  const highest = kind === "share" ? 1 : kind === "ms" ? LONGEST : Number.MAX_SAFE_INTEGER;
  if (!(value >= lowest && value <= highest)) {
    throw new RangeError(`${call} needs ${name} from ${lowest} to ${highest}, got ${value}`);
  }
  if (kind === "count" && !Number.isInteger(value)) {
    throw new RangeError(`${call} needs a whole number as ${name}, got ${value}`);
  }
}

function describe(value: unknown): string {
  if (value === "") return "an empty string";
  if (value === null || typeof value !== "object") return String(value);
  return Object.prototype.toString.call(value).slice(8, -1);
}
