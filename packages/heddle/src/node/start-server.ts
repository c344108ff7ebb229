/*
 * startServer and startUnixServer: the side that is called.
 *
 * Each connection's handler is a task of the run that started the server, in a copy of its context.
 */
import type { ListenOptions, Socket } from "node:net";
import { snapshot } from "../context/context.ts";
import { within } from "../context/current.ts";
import { isAwaitable } from "../coroutine/is-awaitable.ts";
import type { Awaitable, Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { Server } from "../stream/server.ts";
import type { StreamReader } from "../stream/stream-reader.ts";
import type { StreamWriter } from "../stream/stream-writer.ts";
import type { Runnable } from "../task/as-coroutine.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { currentOwner } from "../task/owner.ts";
import { listener } from "./listener.ts";
import { checkAmount, checkOptions, checkPort, checkText } from "./options.ts";
import { attachStreams } from "./socket-streams.ts";

/** What is run for each connection: a coroutine function or an async function. */
export type ConnectionHandler = (
  reader: StreamReader,
  writer: StreamWriter,
) => Awaitable<unknown> | PromiseLike<unknown>;

export interface ServeOptions {
  /** Connections that the system keeps waiting; 100 if not given. */
  backlog?: number;
  /** Bytes that a line may have, and half of what a reader buffers; 65,536 if not given. */
  limit?: number;
  /** False: do not listen before `server.startServing()` or `server.serveForever()`. */
  startServing?: boolean;
}

export interface StartServerOptions extends ServeOptions {
  /** The address to listen on; all addresses of this machine if not given. */
  host?: string;
  /** 0 finds a free port: see `server.sockets`. */
  port: number;
}

export interface StartUnixServerOptions extends ServeOptions {
  /** Path of the socket. It must not exist; it is removed when the server closes. */
  path: string;
}

const COMMON = ["backlog", "limit", "startServing"];
const BACKLOG = 100;
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
  checkOptions(call, options, ["host", "port", ...COMMON]);
  const { host, port } = options;
  checkText(call, "host", host);
  checkPort(call, port, 0);
  checkCommon(call, options);
  const where = host === undefined ? { port } : { host, port };
  return ownedCall(caller(), serve(handler, where, `${host ?? "port"}:${port}`, options));
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
  checkOptions(call, options, ["path", ...COMMON]);
  const { path } = options;
  checkText(call, "path", path ?? "");
  checkCommon(call, options);
  return ownedCall(caller(), serve(handler, { path }, path, options));
}

function checkHandler(call: string, handler: unknown): void {
  if (typeof handler === "function") return;
  throw new TypeError(
    `${call}() needs a handler first: function* (reader, writer) { … } or an async function`,
  );
}

function checkCommon(call: string, options: ServeOptions): void {
  checkAmount(call, "backlog", options.backlog, 1);
  checkAmount(call, "limit", options.limit, 1);
  if (options.startServing === undefined || typeof options.startServing === "boolean") return;
  throw new TypeError(`${call}() needs true or false as startServing`);
}

function* serve(
  handler: ConnectionHandler,
  where: ListenOptions,
  target: string,
  options: ServeOptions,
): Coroutine<Server> {
  const { backlog = BACKLOG, limit, startServing = true } = options;
  const loop = getRunningLoop();
  const owner = currentOwner();
  const context = snapshot();

  const handle = (reader: StreamReader, writer: StreamWriter): void => {
    const task = loop.createTask(bodyOf(handler, reader, writer));
    task.addDoneCallback(() => {
      if (task.cancelled()) writer.close();
      else if (task.exception() !== null) {
        writer.close();
        loop.callExceptionHandler({
          message: "Unhandled exception in client_connected_cb",
          exception: task.exception(),
          task,
        });
      }
    });
  };
  const accept = (socket: Socket): void => {
    within({ context, owner, frameTask: null }, () => {
      attachStreams(socket, loop, limit, server, handle);
    });
  };
  const server = new Server(listener(loop, { backlog, ...where }, target, accept), loop, owner);
  try {
    if (startServing) yield* server.startServing();
  } catch (error) {
    server.close();
    throw error;
  }
  return server;
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
