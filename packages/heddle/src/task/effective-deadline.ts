/*
 * The deadline that holds here: the earliest of the scopes around, up to the first shield.
 */
import type { CancelScope } from "./cancel-scope.ts";
import { currentTask } from "./task.ts";

/**
 * When the running task is cancelled by the scopes around it (`moveOnAfter`, `failAfter`, `cancelScope`), in
 * milliseconds of `loop.time()`: Infinity if by none, -Infinity if they are cancelled already. A `timeout`
 * or `waitFor` is not among them: they cancel the task, not a scope. Never suspends. Counterpart:
 * `trio.current_effective_deadline`.
 */
export function currentEffectiveDeadline(): number {
  let deadline = Number.POSITIVE_INFINITY;
  let scope = (currentTask()?._scope ?? null) as CancelScope | null;
  for (; scope !== null; scope = scope.shield ? null : scope._parent) {
    if (scope.cancelCalled) return Number.NEGATIVE_INFINITY;
    deadline = Math.min(deadline, scope.deadline);
  }
  return deadline;
}
