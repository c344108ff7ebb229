/*
 * Listening on one address, by `net.Server`.
 *
 * When the process has no descriptor left, libuv closes what it cannot accept and says nothing: neither
 * can we.
 */
import { createServer, type ListenOptions as NetListenOptions } from "node:net";
import type { Coroutine } from "../coroutine/types.ts";
import type { Acceptor, Endpoint, Listening, ListenOptions } from "../stream/network.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { Future } from "../task/future.ts";
import { refuseReusePort } from "./serve-options.ts";
import { checkLength, removeStale } from "./socket-path.ts";
import { socketAddress } from "./socket-transport.ts";
import { SocketWire } from "./socket-wire.ts";

export function* listenSocket(
  at: Endpoint,
  options: ListenOptions,
  acceptor: Acceptor,
): Coroutine<Listening> {
  if (options.reusePort) refuseReusePort();
  if ("path" in at) checkLength(at.path);
  const loop = getRunningLoop();
  const { noDelay, keepAlive } = options;
  let opening = new Future<void>(loop, "an address to listen on");
  // `allowHalfOpen`: the protocol decides what follows when the other side has said everything.
  const server = createServer({
    noDelay,
    allowHalfOpen: true,
    ...(keepAlive === null ? {} : { keepAlive: true, keepAliveInitialDelay: keepAlive }),
  });

  const listening = (): void => {
    if (!opening.done()) opening.setResult(undefined);
  };
  const failed = (error: Error): void => {
    if (opening.done()) acceptor.failed(error);
    else opening.setException(error);
  };
  const accept = (wire: SocketWire): void => acceptor.accept(wire);
  server.on("listening", () => loop.react(listening, undefined));
  server.on("error", (error) => loop.react(failed, error));
  server.on("connection", (socket) => {
    if (!loop.isClosed()) loop.react(accept, new SocketWire(socket));
    else {
      socket.destroy();
      server.close();
    }
  });

  // Anybody may connect for as long as this is open: time must not jump.
  loop.traffic?.outward.add(server);
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    loop.traffic?.outward.remove(server);
    server.close();
  };
  try {
    server.listen(netOptions(at, options));
    try {
      yield* opening;
    } catch (error) {
      if (!("path" in at) || codeOf(error) !== "EADDRINUSE") throw error;
      if (!(yield* removeStale(at.path))) throw error;
      opening = new Future<void>(loop, "an address to listen on");
      server.listen(netOptions(at, options));
      yield* opening;
    }
  } catch (error) {
    close();
    throw error;
  }
  const bound = server.address();
  const address =
    typeof bound === "string"
      ? socketAddress(bound)
      : socketAddress(bound?.address, bound?.port, bound?.family);
  return { address, close };
}

function netOptions(at: Endpoint, options: ListenOptions): NetListenOptions {
  const { backlog, reusePort, ipv6Only, readableAll, writableAll } = options;
  if ("path" in at) return { path: at.path, backlog, readableAll, writableAll };
  // Node's types of version 20 do not know `reusePort`, which is of 22.12.
  const shared = reusePort ? ({ reusePort } as object) : {};
  return { host: at.address, port: at.port, backlog, ipv6Only, ...shared };
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}
