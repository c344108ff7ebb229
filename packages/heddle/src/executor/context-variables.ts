/*
 * ContextVars that go along with work that is handed over. A variable is an object, and objects do not
 * cross: so it crosses by its name, and is registered on both sides, usually by a module that both import.
 */
import { type ContextVar, snapshot } from "../context/context.ts";

const registered = new Map<string, ContextVar<unknown>>();

/**
 * Let a ContextVar cross to workers: a job that is submitted where it has a value of its own finds that
 * value in the worker, in the variable that is registered there under the same name. The value must be
 * something that structured clone can copy. What the job sets does not come back. Gives the variable.
 *
 * Call it in a module that both sides import. Throws RangeError if another variable has that name already.
 *
 * @example
 * // request-id.ts
 * export const requestId = registerContextVar(new ContextVar<string>("requestId"));
 */
export function registerContextVar<T>(variable: ContextVar<T>): ContextVar<T> {
  const { name } = variable;
  const other = registered.get(name);
  if (other !== undefined && other !== (variable as ContextVar<unknown>)) {
    throw new RangeError(
      `registerContextVar(): another ContextVar is registered as "${name}": give this one another name`,
    );
  }
  registered.set(name, variable as ContextVar<unknown>);
  return variable;
}

/** The registered variables that have a value here, by name; undefined if none has. */
export function crossingVariables(): Record<string, unknown> | undefined {
  if (registered.size === 0) return undefined;
  const here = snapshot();
  if (here.size === 0) return undefined;
  let found: Record<string, unknown> | undefined;
  for (const [name, variable] of registered) {
    if (!here.has(variable)) continue;
    found ??= {};
    found[name] = here.get(variable);
  }
  return found;
}

/** Set what has crossed, in the running context. What is not registered here is nobody's. */
export function restoreVariables(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) registered.get(name)?.set(value);
}
