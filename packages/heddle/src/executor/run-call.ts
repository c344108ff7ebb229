/*
 * Running a call that came from another thread, and saying how it ended.
 */
import type { Coroutine } from "../coroutine/types.ts";
import { awaitPromise, awaitReturned, followed } from "../task/as-coroutine.ts";
import { isCancelled } from "../task/errors.ts";
import { explainUncloneable } from "./cloneable.ts";
import { restoreVariables } from "./context-variables.ts";
import { encodeError } from "./error-crossing.ts";
import type { Outcome } from "./messages.ts";
import type { Found } from "./surroundings.ts";
import { type Transferable, takeTransfers } from "./transfer.ts";

/**
 * Call the function when it is loaded, with these ContextVars, which its module may have registered just now;
 * whatever it returns is awaited.
 */
export function* runCall(
  loaded: Found | Promise<Found>,
  args: readonly unknown[],
  variables?: Readonly<Record<string, unknown>>,
): Coroutine<unknown> {
  const fn = typeof loaded === "function" ? loaded : yield* awaitPromise(loaded);
  if (variables !== undefined) restoreVariables(variables);
  return yield* awaitReturned(followed(() => fn(...args)));
}

/** Never throws. */
export function* outcomeOf(call: Coroutine<unknown>): Coroutine<Outcome> {
  try {
    return { value: yield* call };
  } catch (error) {
    return outcomeOfError(error);
  }
}

export function outcomeOfError(error: unknown): Outcome {
  if (!isCancelled(error)) return { error: encodeError(error) };
  return { cancelled: error.message === "" ? undefined : error.message, late: false };
}

/** Send an outcome; if the value in it cannot be cloned, the error that says so. */
export function sendOutcome(
  outcome: Outcome,
  name: string,
  send: (outcome: Outcome, transfer: readonly Transferable[]) => void,
  clone?: (value: unknown) => unknown,
): void {
  if (!("value" in outcome)) {
    send(outcome, []);
    return;
  }
  let value: unknown;
  let list: readonly Transferable[] = [];
  try {
    const taken = takeTransfers([outcome.value]);
    [value] = taken.values;
    list = taken.list;
    send({ value }, list);
  } catch (error) {
    const explained = explainUncloneable(
      value,
      `the result of ${name || "the function"}()`,
      error,
      list,
      clone,
    );
    send({ error: encodeError(explained) }, []);
  }
}
