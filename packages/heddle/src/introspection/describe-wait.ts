/*
 * What a task waits for, in words, and who must do something first: asked of the future, or of the thing that
 * it is about (`Explained` in task/future.ts).
 */
import { type Explained, Future } from "../task/future.ts";
import type { Task } from "../task/task.ts";

/** What a task that waits for `future` waits for: `Lock "db" held by Task-3`, `sleep(100)`. */
export function describeWait(future: Future<unknown>): string {
  const about = future._about;
  const { _call: call, _parts: parts } = future as Explained;
  // Tasks and some operations have words of their own; of the others, what they are about has.
  if (future.toString !== Future.prototype.toString || about === null) return String(future);
  if (typeof about !== "string") return call === undefined ? String(about) : `${call} of ${about}`;
  if (parts !== undefined) return describeParts(about, [...parts]);
  return future.constructor === Future ? `Future "${about}"` : about;
}

/** `gather() of 3, 2 pending` */
function describeParts(call: string, parts: readonly Future<unknown>[]): string {
  if (parts.length === 1) return `${call}()`;
  return `${call}() of ${parts.length}, ${parts.filter((part) => !part.done()).length} pending`;
}

/** The futures that must be done before `future` is, as far as they are known. */
export function partsOf(future: Future<unknown>): Future<unknown>[] {
  const parts = (future as Explained)._parts ?? (future._about as Explained | null)?._parts ?? [];
  return [...parts].filter((part) => !part.done());
}

/** The tasks that must let go of what `future` is about. */
export function holdersOf(future: Future<unknown>): Task<unknown>[] {
  return [...((future._about as Explained | null)?._holders ?? [])] as Task<unknown>[];
}
