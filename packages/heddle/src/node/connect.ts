/*
 * Connecting: wait for a socket, and take it back if the waiting ends otherwise.
 */
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { snapshot } from "../context/context.ts";
import { within } from "../context/current.ts";
import type { Coroutine } from "../coroutine/types.ts";
import type { StreamReader } from "../stream/stream-reader.ts";
import type { StreamWriter } from "../stream/stream-writer.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { TimeoutError } from "../task/errors.ts";
import { Future } from "../task/future.ts";
import { currentOwner } from "../task/owner.ts";
import { networkError } from "./network-error.ts";
import { attachStreams } from "./socket-streams.ts";

export type Streams = [reader: StreamReader, writer: StreamWriter];

export interface ConnectOptions {
  /** Milliseconds after which a TimeoutError is thrown; no limit but the system's if not given. */
  timeout?: number | null;
  /** Bytes that a line may have, and half of what the reader buffers; 65,536 if not given. */
  limit?: number;
}

/** Open a connection for the running task. `target` is how errors call it. */
export function* connectStreams(
  where: NetConnectOpts,
  target: string,
  options: ConnectOptions,
): Coroutine<Streams> {
  const { timeout, limit } = options;
  const loop = getRunningLoop();
  const frame = { context: snapshot(), owner: currentOwner(), frameTask: null };
  const connected = new Future<Streams>(loop, `a connection to ${target}`);
  const fail = (error: Error): void => {
    if (!connected.done() && !loop.isClosed()) connected.setException(error);
  };
  // `allowHalfOpen`: the protocol decides what follows when the other side has said everything.
  const socket: Socket = connect({ noDelay: true, allowHalfOpen: true, ...where });
  const refused = (error: Error): void => {
    loop.react(fail, networkError(error, `cannot connect to ${target}`));
  };
  const attach = (): void => {
    if (connected.done() || loop.isClosed()) {
      socket.destroy();
      return;
    }
    socket.off("error", refused);
    within(frame, () => {
      attachStreams(socket, loop, limit, null, (...streams) => connected.setResult(streams));
    });
  };
  socket.on("error", refused);
  socket.once("connect", () => loop.react(attach, undefined));
  const timer =
    timeout === undefined || timeout === null
      ? undefined
      : loop.callLater(timeout, () => {
          fail(new TimeoutError(`no connection to ${target} within ${timeout} ms`));
        });
  loop.traffic?.outward.add(socket);
  try {
    return yield* connected;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    loop.traffic?.outward.remove(socket);
    timer?.cancel();
  }
}
