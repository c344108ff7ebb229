/*
 * startServer and startUnixServer: the side that is called.
 *
 * Each connection's handler is a task of the run that started the server, in a copy of its context.
 */
import { isAwaitable } from "../coroutine/is-awaitable.ts";
import type { Awaitable, Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import type { WirePlace } from "../stream/network.ts";
import type { Server } from "../stream/server.ts";
import type { StreamReader } from "../stream/stream-reader.ts";
import type { StreamWriter } from "../stream/stream-writer.ts";
import type { Runnable } from "../task/as-coroutine.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import type { Future, Listener } from "../task/future.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { currentOwner } from "../task/owner.ts";
import { openStreams } from "./open-streams.ts";
import { checkAmount } from "./options.ts";
import { serve } from "./serve.ts";
import {
  type ServePlan,
  type TcpServeOptions,
  tcpServePlan,
  type UnixServeOptions,
  unixServePlan,
} from "./serve-options.ts";

/** What is run for each connection: a coroutine function or an async function. */
export type ConnectionHandler = (
  reader: StreamReader,
  writer: StreamWriter,
) => Awaitable<unknown> | PromiseLike<unknown>;

interface Limited {
  /** Bytes that a line may have, and half of what a reader buffers; 65,536 if not given. */
  limit?: number;
}

export interface StartServerOptions extends TcpServeOptions, Limited {}
export interface StartUnixServerOptions extends UnixServeOptions, Limited {}

const GeneratorFunction = function* () {}.constructor;

/**
 * Start a TCP server. For each client `handler(reader, writer)` is run as a task; it closes the writer
 * when it is done. TCP_NODELAY is on.
 *
 * An error that leaves a handler goes to the loop's exception handler ("Unhandled exception in
 * client_connected_cb") and closes its connection, and no other.
 *
 * Always suspends. Throws an Error with the system's `code` ("EADDRINUSE", say) if it cannot listen;
 * TypeError or RangeError, at once, for options that cannot be. On cancellation nothing listens. The server
 * belongs to the running `run()`, which closes it at its end. Counterpart: `asyncio.start_server`.
 *
 * @example
 * const server = yield* startServer(
 *   function* (reader, writer) {
 *     const line = yield* reader.readline();
 *     writer.write(line);
 *     yield* writer.drain();
 *     writer.close();
 *   },
 *   { host: "127.0.0.1", port: 8080 },
 * );
 * yield* server.serveForever();
 */
export function startServer(
  handler: ConnectionHandler,
  options: StartServerOptions,
): ThenableAwaitable<Server> {
  const call = "startServer";
  checkHandler(call, handler);
  const plan = tcpServePlan(call, options, ["limit"]);
  checkAmount(call, "limit", options.limit, 1);
  return ownedCall(caller(), start(handler, plan, options.limit));
}

/**
 * Start a server on a Unix socket; otherwise as `startServer`.
 * Counterpart: `asyncio.start_unix_server`.
 */
export function startUnixServer(
  handler: ConnectionHandler,
  options: StartUnixServerOptions,
): ThenableAwaitable<Server> {
  const call = "startUnixServer";
  checkHandler(call, handler);
  const plan = unixServePlan(call, options, ["limit"]);
  checkAmount(call, "limit", options.limit, 1);
  return ownedCall(caller(), start(handler, plan, options.limit));
}

function checkHandler(call: string, handler: unknown): void {
  if (typeof handler === "function") return;
  throw new TypeError(
    `${call}() needs a handler first: function* (reader, writer) { … } or an async function`,
  );
}

function* start(
  handler: ConnectionHandler,
  plan: ServePlan,
  limit: number | undefined,
): Coroutine<Server> {
  const loop = getRunningLoop();
  const owner = currentOwner();
  const { idleTimeout } = plan;

  let place: WirePlace | null = null;
  return yield* serve(plan, (wire, server) => {
    place ??= { loop, owner, frame: null, server, idleTimeout };
    const [reader, writer] = openStreams(wire, place, limit);
    loop.createTask(bodyOf(handler, reader, writer))._listen(new HandlerIsDone(writer));
  });
}

/** Closes the connection of a handler that failed or was cancelled. A small object: each connection has one. */
class HandlerIsDone implements Listener {
  readonly #writer: StreamWriter;

  constructor(writer: StreamWriter) {
    this.#writer = writer;
  }

  wake(task: Future<unknown>): void {
    this.#writer._loop.enqueue(this, task);
  }

  run(task: Future<unknown>): void {
    const writer = this.#writer;
    if (!task.cancelled()) {
      const exception = task.exception();
      if (exception === null) return;
      const message = "Unhandled exception in client_connected_cb";
      writer._loop.callExceptionHandler({ message, exception, task, transport: writer.transport });
    }
    writer.close();
  }
}

/**
 * A coroutine function's coroutine; other functions are called inside their task. An async function
 * cannot be thrown into: when its task is cancelled, it hears of it by whatever it does with its reader
 * or writer.
 */
function bodyOf(
  handler: ConnectionHandler,
  reader: StreamReader,
  writer: StreamWriter,
): Runnable<unknown> {
  if (handler instanceof GeneratorFunction) return handler(reader, writer) as Awaitable<unknown>;
  return (signal) => {
    const returned = handler(reader, writer);
    if (!isAwaitable(returned)) {
      signal.addEventListener("abort", () => reader.setException(signal.reason), { once: true });
    }
    return returned;
  };
}
