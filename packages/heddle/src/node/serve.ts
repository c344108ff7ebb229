/*
 * Servers, whatever for: where to listen, and what is done with a connection until it is a transport's.
 */
import { snapshot } from "../context/context.ts";
import { within } from "../context/current.ts";
import type { Coroutine } from "../coroutine/types.ts";
import {
  type Acceptor,
  type Endpoint,
  type HostAddress,
  type Listening,
  networkOf,
  type Wire,
} from "../stream/network.ts";
import { type Listener, Server } from "../stream/server.ts";
import type { SocketAddress } from "../stream/transport.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { isCancelled } from "../task/errors.ts";
import { currentOwner } from "../task/owner.ts";
import { hostAndPort, networkError } from "./network-error.ts";
import type { ServePlan } from "./serve-options.ts";
import { systemNetwork } from "./system-network.ts";
import { acceptSecure } from "./tls/secure-server.ts";
import type { TlsServerPlan } from "./tls/tls-options.ts";

/** Makes a transport of a connection. */
export type Open = (wire: Wire, server: Server) => void;

/** A server for the running run. `open` is called in the context of whoever calls this. */
export function* serve(plan: ServePlan, open: Open): Coroutine<Server> {
  const { tls, maxConnections, target } = plan;
  const loop = getRunningLoop();
  const owner = currentOwner();
  const frame = { context: snapshot(), owner, frameTask: null };

  const failed = (message: string, exception: unknown): void =>
    loop.callExceptionHandler({ message, exception });

  const begin = (wire: Wire): void => {
    try {
      open(wire, server);
    } catch (error) {
      failed("a server's connection could not be given to its protocol", error);
    }
  };
  const shake = (wire: Wire, options: TlsServerPlan): void => {
    const from = wire.peername;
    let begun = false;
    const secured = function* (): Coroutine<void> {
      begun = true;
      try {
        begin(yield* acceptSecure(wire, options));
      } catch (error) {
        if (isCancelled(error)) throw error;
        const who = from === undefined ? "" : ` with ${hostAndPort(from.address, from.port)}`;
        failed(`the TLS handshake${who} failed`, withoutStack(error));
      } finally {
        server._shaken(handshake);
      }
    };
    const handshake = loop.createTask(secured(), { name: "TLS handshake" });
    server._shaking(handshake);
    // One that is cancelled before it begins runs nothing of the above.
    handshake.addDoneCallback(() => {
      if (begun) return;
      wire.discard();
      server._shaken(handshake);
    });
  };
  const acceptor: Acceptor = {
    accept(wire) {
      if (maxConnections !== null && server._clientCount >= maxConnections) {
        server._dropped(maxConnections);
        wire.discard();
        return;
      }
      server._accepted();
      within(frame, () => {
        if (tls === null) begin(wire);
        else shake(wire, tls);
      });
    },
    failed: (error) => failed(`${server} cannot accept a connection`, error),
  };
  const server: Server = new Server(listener(plan, acceptor, target), loop, owner);
  try {
    if (plan.startServing) yield* server.startServing();
  } catch (error) {
    server.close();
    throw error;
  }
  return server;
}

function listener(plan: ServePlan, acceptor: Acceptor, target: string): Listener {
  let open: Listening[] = [];
  let closed = false;
  const close = (): void => {
    closed = true;
    for (const each of open) each.close();
  };
  return {
    *open(): Coroutine<readonly SocketAddress[]> {
      const network = networkOf(getRunningLoop(), systemNetwork);
      let absent: unknown = null;
      closed = false;
      open = [];
      try {
        for (const endpoint of yield* endpoints(plan)) {
          if (open.length > 0 && isForAll(plan)) break;
          const first = open[0]?.address.port;
          // A free port that was found for the first address is the port of all.
          const at = "path" in endpoint || !first ? endpoint : { ...endpoint, port: first };
          try {
            open.push(yield* network.listen(at, plan.listen, acceptor));
          } catch (error) {
            if (!isAbsent(error)) throw error;
            absent ??= error;
          }
          if (closed) close();
        }
        if (open.length === 0) throw absent;
      } catch (error) {
        close();
        throw networkError(error, `cannot listen on ${target}`);
      }
      return open.map(({ address }) => address);
    },
    close,
  };
}

/** This machine has IPv6 switched off, say, though "localhost" names an IPv6 address too. */
function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}

/** No host: all addresses. */
function isForAll({ where }: ServePlan): boolean {
  return "hosts" in where && where.hosts.length === 0;
}

function* endpoints(plan: ServePlan): Coroutine<Endpoint[]> {
  const { where, family } = plan;
  if ("path" in where) return [where];
  const { hosts, port } = where;
  const network = networkOf(getRunningLoop(), systemNetwork);
  if (isForAll(plan)) {
    const four: Endpoint = { address: "0.0.0.0", family: 4, port };
    const six: Endpoint = { address: "::", family: 6, port };
    // Where there is IPv6 its one socket takes both families.
    return family === 0 ? [six, four] : [family === 4 ? four : six];
  }
  const found = new Map<string, HostAddress>();
  for (const host of hosts) {
    for (const each of yield* network.lookup(host, family)) found.set(each.address, each);
  }
  return [...found.values()].map((each) => ({ ...each, port }));
}

/** What the other side has done wrong says nothing of this program's code: any scanner of ports would fill the log. */
function withoutStack(error: unknown): unknown {
  for (let each = error; each instanceof Error && "code" in each; each = each.cause) {
    each.stack = `${each.name}: ${each.message}`;
  }
  return error;
}
