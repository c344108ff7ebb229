/*
 * Connecting: the handshake, with its retries.
 *
 *   here                     there
 *     ---- open ---------------->    nobody listens: reset; the queue is full, or the way is cut: silence
 *     <--- opened ---------------    connected, at this side
 *     ---- confirm ------------->    accepted, at that side
 *
 * Without an answer the first packet is sent again after 1, 2, 4 … seconds, as Linux does.
 */
import { reschedule } from "../../coroutine/suspend.ts";
import type { Coroutine } from "../../coroutine/types.ts";
import type { Endpoint, Wire, WireOptions } from "../../stream/network.ts";
import { Future } from "../../task/future.ts";
import { isWildcard, pathAddress, socketAddress, written } from "./addresses.ts";
import type { Medium } from "./medium.ts";
import { networkFailure } from "./network-failure.ts";
import type { NetworkTimer } from "./network-timer.ts";
import type { SimulatedHost } from "./simulated-host.ts";
import type { SimulatedListener } from "./simulated-listener.ts";
import { SimulatedWire } from "./simulated-wire.ts";
import { StreamEnd } from "./stream-end.ts";

const FIRST_RETRY = 1000;

/** Milliseconds after which Linux finds out that a host of its own network has nobody's address. */
const UNREACHABLE = 3000;

/** Connect from this host, for a program of its own. */
export function* connectFrom(
  medium: Medium,
  host: SimulatedHost,
  to: Endpoint,
  options: WireOptions,
): Coroutine<Wire> {
  yield* reschedule;
  if ("path" in to) return yield* connectPath(medium, host, to.path);
  const { port, family } = to;
  const address = isWildcard(to.address) ? (family === 4 ? "127.0.0.1" : "::1") : to.address;
  const where = written(address, port);
  if (host.down) throw networkFailure("ENETDOWN", "connect", where);
  const { localAddress, localPort = 0, noDelay, keepAlive } = options;
  const anyAddress = localAddress === undefined || isWildcard(localAddress);
  if (!anyAddress && !host.has(localAddress)) {
    throw networkFailure("EADDRNOTAVAIL", "connect", where);
  }
  const source = anyAddress ? host.sourceFor(address, family) : localAddress;
  if (source === undefined) throw networkFailure("ENETUNREACH", "connect", where);
  if (localPort !== 0 && host.usesForStreams(localPort)) {
    throw networkFailure("EADDRINUSE", "connect", where);
  }
  const local = socketAddress(source, localPort || host.freePort("connect"), family);
  const remote = socketAddress(address, port, family);
  const end = new StreamEnd(medium, host, local, remote, null, { noDelay, keepAlive });
  const target = medium.hosts.at(host, address);
  const find = () => target?.listenerAt(address, family, port, () => medium.chance());
  yield* connectEnd(end, target ?? null, find, where);
  return new SimulatedWire(end);
}

function* connectPath(medium: Medium, host: SimulatedHost, path: string): Coroutine<Wire> {
  if (!host.paths.has(path)) throw networkFailure("ENOENT", "connect", path);
  const options = { noDelay: true, keepAlive: null };
  const end = new StreamEnd(medium, host, pathAddress(""), pathAddress(path), null, options);
  yield* connectEnd(end, host, () => host.paths.get(path), path);
  return new SimulatedWire(end);
}

/** `find` gives who listens, undefined if nobody does. `target` is null for an address that nobody has. */
function* connectEnd(
  end: StreamEnd,
  target: SimulatedHost | null,
  find: () => SimulatedListener | undefined,
  where: string,
): Coroutine<void> {
  const { medium } = end;
  const answer = new Future<void>(medium.loop, `a connection to ${where}`);
  let retry: NetworkTimer | null = null;
  const fail = (code: string): void => {
    if (!answer.done()) answer.setException(networkFailure(code, "connect", where));
  };
  const limit = medium.at(medium.now + medium.settings.connectTimeout, () => fail("ETIMEDOUT"));

  const opened = (peer: StreamEnd): void => {
    if (end.isDead) {
      end.peer = peer;
      peer.breakWith(networkFailure("ECONNRESET", "accept", where));
      return;
    }
    if (end.established) return;
    end.peer = peer;
    end.confirm();
    if (!answer.done()) answer.setResult(undefined);
  };
  let peer: StreamEnd | null = null;
  const open = (host: SimulatedHost): void => {
    const listener =
      host.refusals.has("all") || host.refusals.has(end.remote.port) ? undefined : find();
    if (listener === undefined) {
      medium.carryBare(host, end, "reset", () => fail("ECONNREFUSED"));
      return;
    }
    if (peer === null || peer.isDead) {
      if (listener.isFull) {
        medium.dropped++;
        return;
      }
      const { noDelay, keepAlive } = listener.options;
      const options = { noDelay: noDelay || end.isLocal, keepAlive };
      peer = new StreamEnd(medium, host, end.remote, end.local, listener, options);
      peer.peer = end;
    }
    const there = peer;
    medium.carry(
      there,
      end,
      "opened",
      0,
      () => opened(there),
      () => {},
    );
  };
  const attempt = (host: SimulatedHost, pause: number): void => {
    retry = medium.at(medium.now + pause, () => attempt(host, pause * 2));
    medium.carryTo(end, host, "open", () => open(host));
  };
  if (target === null) retry = medium.at(medium.now + UNREACHABLE, () => fail("EHOSTUNREACH"));
  else attempt(target, FIRST_RETRY);
  try {
    yield* answer;
  } catch (error) {
    if (end.established) end.close();
    else {
      end.die();
      (peer as StreamEnd | null)?.die();
    }
    throw error;
  } finally {
    limit.cancel();
    (retry as NetworkTimer | null)?.cancel();
  }
}
