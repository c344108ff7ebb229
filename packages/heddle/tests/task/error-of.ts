/*
 * The error of something that must fail, as a value to look at.
 */
import type { Awaitable, Coroutine } from "heddle";

/** Await what must fail, and give its error; a success is the test's failure. */
export function* errorOf(failing: Awaitable<unknown>): Coroutine<unknown> {
  let value: unknown;
  try {
    value = yield* failing;
  } catch (error) {
    return error;
  }
  throw new Error(`expected an error, got ${String(value)}`);
}

/** What a promise rejects with; a success is the test's failure. */
export async function rejectionOf(failing: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await failing;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, got ${String(value)}`);
}
