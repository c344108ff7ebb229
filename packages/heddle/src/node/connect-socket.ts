/*
 * Connecting a socket to one address: wait for it, and take it back if the waiting ends otherwise.
 */
import { connect, type NetConnectOpts } from "node:net";
import type { Coroutine } from "../coroutine/types.ts";
import type { Endpoint, Wire, WireOptions } from "../stream/network.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { Future } from "../task/future.ts";
import { SocketWire } from "./socket-wire.ts";

export function* connectSocket(to: Endpoint, options: WireOptions): Coroutine<Wire> {
  const loop = getRunningLoop();
  const connected = new Future<void>(loop, "a connection");
  // `allowHalfOpen`: the protocol decides what follows when the other side has said everything.
  const socket = connect({ allowHalfOpen: true, ...addressed(to, options) });
  const refused = (error: Error): void => {
    if (connected.done() || loop.isClosed()) return;
    connected.setException(error);
  };
  const ready = (): void => {
    if (connected.done() || loop.isClosed()) socket.destroy();
    else connected.setResult(undefined);
  };
  const wire = new SocketWire(socket);
  const onError = (error: Error) => loop.react(refused, error);
  const onConnect = () => loop.react(ready, undefined);
  socket.on("error", onError);
  socket.on("connect", onConnect);
  loop.traffic?.outward.add(socket);
  try {
    yield* connected;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    loop.traffic?.outward.remove(socket);
    socket.off("error", onError);
    socket.off("connect", onConnect);
  }
  return wire;
}

function addressed(to: Endpoint, options: WireOptions): NetConnectOpts {
  if ("path" in to) return { path: to.path };
  const { address, family, port } = to;
  const { localAddress, localPort, noDelay, keepAlive } = options;
  return {
    host: address,
    family,
    port,
    noDelay,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
    ...(keepAlive === null ? {} : { keepAlive: true, keepAliveInitialDelay: keepAlive }),
  };
}
