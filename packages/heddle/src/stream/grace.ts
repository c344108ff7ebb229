/*
 * The time that what is still to be sent may take when its run ends, or its server is cancelled.
 */
import type { Coroutine } from "../coroutine/types.ts";
import type { EventLoop } from "../task/event-loop.ts";
import type { Future } from "../task/future.ts";

/** Milliseconds. */
export const GRACE = 1000;

/** Wait until a transport that is closing is `gone`; after the time it is cut off. */
export function* withinGrace(
  loop: EventLoop,
  transport: { abort(): void },
  gone: Future<void>,
): Coroutine<void> {
  const timer = loop.callLater(GRACE, () => transport.abort());
  try {
    yield* gone;
  } finally {
    timer.cancel();
  }
}
