/*
 * openConnection and openUnixConnection: the calling side.
 */
import type { ThenableAwaitable } from "../coroutine/types.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { type ConnectOptions, connectStreams, type Streams } from "./connect.ts";
import { checkAmount, checkOptions, checkPort, checkText } from "./options.ts";

export interface OpenConnectionOptions extends ConnectOptions {
  /** Name or address of the host; "localhost" if not given. */
  host?: string;
  port: number;
  /** The address of this machine to connect from. */
  localAddress?: string;
}

export interface OpenUnixConnectionOptions extends ConnectOptions {
  /** Path of the socket. */
  path: string;
}

const COMMON = ["timeout", "limit"];

/**
 * Connect to a TCP server; gives a reader and a writer. All addresses of the host are tried, the next one
 * after a moment without an answer (happy eyeballs). TCP_NODELAY is on.
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
  checkOptions(call, options, ["host", "port", "localAddress", ...COMMON]);
  const { host = "localhost", port, localAddress } = options;
  checkText(call, "host", host);
  checkPort(call, port, 1);
  checkText(call, "localAddress", localAddress);
  checkCommon(call, options);
  const local = localAddress === undefined ? {} : { localAddress };
  return ownedCall(caller(), connectStreams({ host, port, ...local }, `${host}:${port}`, options));
}

/**
 * Connect to a server on a Unix socket; otherwise as `openConnection`.
 * Counterpart: `asyncio.open_unix_connection`.
 */
export function openUnixConnection(options: OpenUnixConnectionOptions): ThenableAwaitable<Streams> {
  const call = "openUnixConnection";
  checkOptions(call, options, ["path", ...COMMON]);
  const { path } = options;
  checkText(call, "path", path ?? "");
  checkCommon(call, options);
  return ownedCall(caller(), connectStreams({ path }, path, options));
}

function checkCommon(call: string, options: ConnectOptions): void {
  if (options.timeout !== null) checkAmount(call, "timeout", options.timeout, 0);
  checkAmount(call, "limit", options.limit, 1);
}
