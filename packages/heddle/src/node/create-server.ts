/*
 * createServer and createUnixServer: the side that is called, with a protocol of one's own.
 */
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import type { StreamingProtocol } from "../stream/network.ts";
import { protocolFrame } from "../stream/protocol-caller.ts";
import type { Server } from "../stream/server.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { currentOwner } from "../task/owner.ts";
import { checkFactory, checkProtocol } from "./options.ts";
import { serve } from "./serve.ts";
import {
  type ServePlan,
  type TcpServeOptions,
  tcpServePlan,
  type UnixServeOptions,
  unixServePlan,
} from "./serve-options.ts";

export interface CreateServerOptions extends TcpServeOptions {}
export interface CreateUnixServerOptions extends UnixServeOptions {}

/**
 * Start a TCP server whose connections are given each to a protocol that `protocolFactory` makes. Otherwise
 * as `startServer`, whose handlers have streams.
 *
 * The protocols' methods run in the context, and belong to the run, of whoever called this. One that
 * throws is reported to the loop's exception handler and closes its connection.
 *
 * Always suspends. Throws an Error with the system's `code` ("EADDRINUSE", say) if it cannot listen;
 * TypeError or RangeError, at once, for options that cannot be. On cancellation nothing listens. The server
 * belongs to the running `run()`, which closes it at its end. Counterpart: `loop.create_server`.
 *
 * @example
 * class Echo extends Protocol {
 *   override connectionMade(transport: Transport) {
 *     this.transport = transport;
 *   }
 *   override dataReceived(data: Uint8Array) {
 *     this.transport.write(data);
 *   }
 * }
 * const server = yield* createServer(() => new Echo(), { host: "127.0.0.1", port: 7000 });
 */
export function createServer(
  protocolFactory: () => StreamingProtocol,
  options: CreateServerOptions,
): ThenableAwaitable<Server> {
  const call = "createServer";
  checkFactory(call, protocolFactory);
  return ownedCall(caller(), start(call, protocolFactory, tcpServePlan(call, options, [])));
}

/**
 * Start a server on a Unix socket; otherwise as `createServer`.
 * Counterpart: `loop.create_unix_server`.
 */
export function createUnixServer(
  protocolFactory: () => StreamingProtocol,
  options: CreateUnixServerOptions,
): ThenableAwaitable<Server> {
  const call = "createUnixServer";
  checkFactory(call, protocolFactory);
  return ownedCall(caller(), start(call, protocolFactory, unixServePlan(call, options, [])));
}

function* start(
  call: string,
  factory: () => StreamingProtocol,
  plan: ServePlan,
): Coroutine<Server> {
  const loop = getRunningLoop();
  const owner = currentOwner();
  const { idleTimeout } = plan;
  return yield* serve(plan, (wire, server) => {
    let protocol: StreamingProtocol;
    try {
      protocol = factory();
      checkProtocol(call, protocol, ["connectionMade", "connectionLost"], "Protocol");
    } catch (error) {
      wire.discard();
      throw error;
    }
    wire.open(protocol, { loop, owner, frame: protocolFrame(loop, owner), server, idleTimeout });
  });
}
