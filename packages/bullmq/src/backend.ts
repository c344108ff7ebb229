/*
 * The one place that knows Redis from PostgreSQL: which of BullMQ's backends, and how it is reached.
 *
 * A backend's factory is closed over its own connection, so that queues, workers and readers of events
 * are made the same way for both.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  type BackendFactory,
  type ConnectionOptions,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type PostgresConnectionOptions,
  type Processor,
  Queue,
  QueueEvents,
  Worker,
  type WorkerOptions,
} from "bullmq";
import { ConnectionError } from "./errors.ts";
import { withLateEvents } from "./late-events.ts";
import type { BackendOptions } from "./options.ts";

export type JobQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>;
export type JobEvents = QueueEvents<unknown, IQueueBackend>;
export type JobWorker = Worker<unknown, unknown, string, IQueueBackend>;

/** Given to BullMQ's classes, which insist on one; the factory has the real one. */
const NONE = { connection: {} };

/** @internal */
export class Backend {
  readonly queueName: string;
  /** For messages: the kind and, if it is known, the address; never a password. */
  readonly place: string;
  readonly isPostgres: boolean;
  readonly connectTimeout: number;
  readonly #factory: BackendFactory<IQueueBackend>;
  readonly prefix: string | undefined;

  /** Throws TypeError and RangeError for connections that cannot be one. */
  constructor(call: string, options: BackendOptions) {
    const { connection } = options;
    this.queueName = options.queue;
    this.connectTimeout = options.connectTimeout ?? 10_000;
    this.prefix = options.prefix;
    const url = typeof connection === "string" ? parse(call, connection) : null;
    this.isPostgres = kindOf(call, url, options.backend) === "postgres";
    this.place = `${this.isPostgres ? "PostgreSQL" : "Redis"}${url === null ? "" : ` at ${url.host}`}`;
    if (url === null && (typeof connection !== "object" || connection === null)) {
      throw new TypeError(
        `${call} needs a connection: a URL such as "redis://127.0.0.1:6379", or options with a backend`,
      );
    }
    this.#factory = this.isPostgres
      ? postgres(connection as string | PostgresConnectionOptions, this.connectTimeout)
      : redis(connection as string | ConnectionOptions);
  }

  get #naming(): { prefix?: string } {
    return this.prefix === undefined ? {} : { prefix: this.prefix };
  }

  queue(): JobQueue {
    return new Queue(
      this.queueName,
      { ...NONE, ...this.#naming, skipMetasUpdate: true },
      this.#factory,
    );
  }

  /** Cancellations go through a stream of their own, which carries nothing else. */
  get controlName(): string {
    return `${this.queueName}-control`;
  }

  events(): JobEvents {
    return this.#events(this.queueName);
  }

  /** What a worker listens to for cancellations. */
  control(): JobEvents {
    return this.#events(this.controlName);
  }

  #events(name: string): JobEvents {
    const blockingTimeout = this.isPostgres ? 500 : 5000;
    return new QueueEvents(name, { ...NONE, ...this.#naming, blockingTimeout }, this.#factory);
  }

  worker(processor: Processor<unknown, unknown>, options: Partial<WorkerOptions>): JobWorker {
    const all = { ...NONE, ...this.#naming, ...options };
    return new Worker(this.queueName, processor, all, this.#factory);
  }

  /** What a failure to reach the backend is told as. */
  error(what: string, cause: unknown): ConnectionError {
    const reason = cause instanceof Error && cause.message !== "" ? `: ${cause.message}` : "";
    return new ConnectionError(`${what} ${this.place}${reason}`, { cause });
  }
}

function parse(call: string, text: string): URL {
  if (!URL.canParse(text)) {
    throw new RangeError(`${call} needs a URL such as "redis://127.0.0.1:6379" as its connection`);
  }
  return new URL(text);
}

const PROTOCOLS: Record<string, "redis" | "postgres"> = {
  "redis:": "redis",
  "rediss:": "redis",
  "postgres:": "postgres",
  "postgresql:": "postgres",
};

function kindOf(call: string, url: URL | null, named: unknown): "redis" | "postgres" {
  if (named !== undefined && named !== "redis" && named !== "postgres") {
    throw new RangeError(
      `${call} needs "redis" or "postgres" as its backend, got ${String(named)}`,
    );
  }
  if (url === null) {
    if (named !== undefined) return named;
    throw new TypeError(
      `${call} needs backend: "redis" or "postgres" beside a connection's options`,
    );
  }
  const kind = PROTOCOLS[url.protocol];
  if (kind === undefined || (named !== undefined && named !== kind)) {
    throw new RangeError(
      `${call} needs a URL that begins with ${named === "postgres" ? "" : "redis://, rediss:// or "}` +
        `postgres:// as its connection, got ${url.protocol}//…`,
    );
  }
  return kind;
}

function redis(connection: string | ConnectionOptions): BackendFactory<IQueueBackend> {
  const own = { retryStrategy: (times: number) => Math.min(25 * 2 ** times, 1000) };
  const given = typeof connection === "string" ? { url: connection } : connection;
  // A client that is given has options of its own.
  const isPlain = Object.getPrototypeOf(given) === Object.prototype;
  const reached = isPlain ? { ...own, ...given } : given;
  return (name, options, more) =>
    createRedisBackend(name, { ...options, connection: reached }, more);
}

function postgres(
  connection: PostgresConnectionOptions,
  connectionTimeoutMillis: number,
): BackendFactory<IQueueBackend> {
  const given = typeof connection === "string" ? { connectionString: connection } : connection;
  const isPlain = Object.getPrototypeOf(given) === Object.prototype;
  const own = { connectionTimeoutMillis, ...("skipMigrations" in given ? {} : { migrate: true }) };
  const reached = isPlain ? { ...own, ...given } : given;
  return (name, options, more) => {
    const backend = createPostgresBackend(name, { ...options, connection: reached }, more);
    return more?.blocking === true ? withLateEvents(backend) : enduring(backend);
  };
}

/** How a worker tells the end of a job. */
const ENDS = [
  "moveToCompleted",
  "moveToFailed",
  "moveToDelayed",
  "retryJob",
  "moveJobFromActiveToWait",
];

/**
 * On Redis a command that meets an outage is sent again; on PostgreSQL it fails, and BullMQ then calls a
 * job failed that has succeeded. So the end of a job is told until it is heard, or the backend closes. If
 * only the reply was lost, the second time is refused, for the lock is gone, and nothing changes.
 */
function enduring<B extends IQueueBackend>(backend: B): B {
  for (const name of ENDS) {
    const tell: unknown = Reflect.get(backend, name);
    if (typeof tell !== "function") continue;
    const value = async (...args: unknown[]) => {
      for (let pause = 50; ; pause = Math.min(2 * pause, 1000)) {
        try {
          return await Reflect.apply(tell, backend, args);
        } catch (error) {
          if (!isOutage(error) || backend.closing) throw error;
          await delay(pause);
        }
      }
    };
    Object.defineProperty(backend, name, { value });
  }
  return backend;
}

const CODES = /^(E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN|NOTFOUND)|08|57P0|53300|UNCERTAIN_STATE)/;
const MESSAGES =
  /^(Connection is closed|Connection terminated|Stream isn't writeable|timeout exceeded when|Client has encountered|Reached the max retries|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|Command timed out)/;

/** @internal Is this error about the connection, so that it may be over later? */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isOutage)) return true;
  const { code } = error as { code?: unknown };
  return (typeof code === "string" && CODES.test(code)) || MESSAGES.test(error.message);
}
