/*
 * openConnection and openUnixConnection: the calling side, with streams.
 */
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { currentOwner } from "../task/owner.ts";
import { connectWire, type Plan } from "./connect.ts";
import {
  type TcpConnectOptions,
  tcpPlan,
  type UnixConnectOptions,
  unixPlan,
} from "./connection-options.ts";
import { openStreams, type Streams } from "./open-streams.ts";
import { checkAmount } from "./options.ts";

interface Limited {
  /** Bytes that a line may have, and half of what the reader buffers; 65,536 if not given. */
  limit?: number;
}

export interface OpenConnectionOptions extends TcpConnectOptions, Limited {}
export interface OpenUnixConnectionOptions extends UnixConnectOptions, Limited {}

/**
 * Connect to a TCP server; gives a reader and a writer. The addresses of the host are tried one after the
 * other, the next one after a moment without an answer (happy eyeballs). TCP_NODELAY is on. With `tls` the
 * connection is encrypted and the server's certificate checked.
 *
 * Always suspends. Throws an Error with the system's `code` ("ECONNREFUSED", say) if there is no
 * connection, TimeoutError after `timeout` milliseconds; TypeError or RangeError, at once, for options
 * that cannot be. On cancellation the attempt is given up. The connection belongs to the running `run()`,
 * which closes it at its end. Counterpart: `asyncio.open_connection`.
 *
 * @example
 * const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, timeout: 500 });
 * writer.write("hello\n");
 * const answer = yield* reader.readline();
 * writer.close();
 */
export function openConnection(options: OpenConnectionOptions): ThenableAwaitable<Streams> {
  const call = "openConnection";
  const plan = tcpPlan(call, options, ["limit"]);
  checkAmount(call, "limit", options.limit, 1);
  return ownedCall(caller(), open(plan, options.limit));
}

/**
 * Connect to a server on a Unix socket; otherwise as `openConnection`.
 * Counterpart: `asyncio.open_unix_connection`.
 */
export function openUnixConnection(options: OpenUnixConnectionOptions): ThenableAwaitable<Streams> {
  const call = "openUnixConnection";
  const plan = unixPlan(call, options, ["limit"]);
  checkAmount(call, "limit", options.limit, 1);
  return ownedCall(caller(), open(plan, options.limit));
}

function* open(plan: Plan, limit: number | undefined): Coroutine<Streams> {
  const loop = getRunningLoop();
  const owner = currentOwner();
  const wire = yield* connectWire(plan);
  const { idleTimeout } = plan;
  return openStreams(wire, { loop, owner, frame: null, server: null, idleTimeout }, limit);
}
