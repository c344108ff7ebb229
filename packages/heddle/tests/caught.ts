import type { Awaitable, Coroutine } from "heddle";

/** What awaiting throws; an awaitable that gives a value is the test's failure. */
export function* caught(awaitable: Awaitable<unknown>): Coroutine<unknown> {
  try {
    yield* awaitable;
  } catch (error) {
    return error;
  }
  throw new Error("expected the awaitable to throw");
}
