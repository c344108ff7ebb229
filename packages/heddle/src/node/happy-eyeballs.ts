/*
 * Happy eyeballs (RFC 8305): of a host's addresses, the one that answers first.
 *
 *   0 ms     the first address is tried
 *   250 ms   no answer yet: the second one is tried as well
 *   …        an attempt that fails starts the next one at once
 *
 * The first connection wins, and the other attempts are given up. So a host whose IPv6 route is broken costs
 * 250 milliseconds, not the minutes of a TCP time-out. asyncio does the same when it is told to
 * (`happy_eyeballs_delay`); here it is the default, as in browsers.
 */
import type { Coroutine } from "../coroutine/types.ts";
import type { HostAddress, Wire } from "../stream/network.ts";
import { Event } from "../sync/event.ts";
import { moveOnAfter } from "../task/cancel-scope.ts";
import { isCancelled } from "../task/errors.ts";
import { taskGroup } from "../task/task-group.ts";

/**
 * The addresses in the order in which they are tried: `first` of the preferred family (that of the first
 * address), then the families by turns.
 */
export function interleave(addresses: readonly HostAddress[], first: number): HostAddress[] {
  const preferred = addresses.filter(({ family }) => family === addresses[0]?.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const order = preferred.splice(0, first);
  while (preferred.length + others.length > 0) {
    order.push(...others.splice(0, 1), ...preferred.splice(0, 1));
  }
  return order;
}

/** Try the addresses by `attempt`; gives the first connection, else the errors in the order of their coming. */
export function* firstConnection(
  addresses: readonly HostAddress[],
  attempt: (address: HostAddress) => Coroutine<Wire>,
  delay: number | null,
): Coroutine<Wire | Error[]> {
  const errors: Error[] = [];
  let won: Wire | null = null;
  try {
    yield* taskGroup(function* (group) {
      for (const address of addresses) {
        const failed = new Event();
        group.createTask(function* () {
          try {
            const wire = yield* attempt(address);
            if (won === null) won = wire;
            else wire.discard();
            group.cancel();
          } catch (error) {
            if (isCancelled(error)) throw error;
            errors.push(error as Error);
            failed.set();
          }
        });
        yield* moveOnAfter(delay ?? Number.POSITIVE_INFINITY, function* () {
          yield* failed.wait();
        });
      }
    });
  } catch (error) {
    (won as Wire | null)?.discard();
    throw error;
  }
  return won ?? errors;
}
