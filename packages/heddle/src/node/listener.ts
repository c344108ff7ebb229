/*
 * A listener over `net.Server`.
 */
import { createServer, type ListenOptions, type Socket } from "node:net";
import type { Coroutine } from "../coroutine/types.ts";
import type { Listener } from "../stream/server.ts";
import type { SocketAddress } from "../stream/transport.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { Future } from "../task/future.ts";
import { networkError } from "./network-error.ts";
import { socketAddress } from "./socket-transport.ts";

/** Listens at `where` (errors call it `target`) and hands each connection to `accept`. */
export function listener(
  loop: EventLoop,
  where: ListenOptions,
  target: string,
  accept: (socket: Socket) => void,
): Listener {
  let opening: Future<void> | null = null;
  let isOpen = false;
  // `allowHalfOpen`: the protocol decides what follows when the other side has said everything.
  const server = createServer({ noDelay: true, allowHalfOpen: true });

  const listening = (): void => {
    if (opening?.done() === false) opening.setResult(undefined);
  };
  const failed = (error: Error): void => {
    if (opening?.done() === false) opening.setException(error);
    else if (isOpen) {
      loop.callExceptionHandler({
        message: "a server cannot accept a connection",
        exception: error,
      });
    }
  };
  server.on("listening", () => loop.react(listening, undefined));
  server.on("error", (error) =>
    loop.react(failed, networkError(error, `cannot listen on ${target}`)),
  );
  server.on("connection", (socket) => {
    if (!loop.isClosed()) loop.react(accept, socket);
    else {
      socket.destroy();
      server.close();
    }
  });

  const close = (): void => {
    if (isOpen) loop.traffic?.outward.remove(server);
    isOpen = false;
    server.close();
  };

  return {
    *open(): Coroutine<readonly SocketAddress[]> {
      opening = new Future<void>(loop, `${target} to listen on`);
      isOpen = true;
      // Anybody may connect for as long as this is open: time must not jump.
      loop.traffic?.outward.add(server);
      server.listen(where);
      try {
        yield* opening;
      } catch (error) {
        close();
        throw error;
      }
      const address = server.address();
      if (typeof address === "string") return [socketAddress(address)];
      return [socketAddress(address?.address, address?.port, address?.family)];
    },
    close,
  };
}
