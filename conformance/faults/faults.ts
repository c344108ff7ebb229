/**
 * Faults to plant in heddle: each is one replacement in one file of its sources, small and plausible,
 * of the kind that a change makes unnoticed. Fresh programs must find every one of them.
 *
 * `find` must occur exactly once in the file, however lines are broken. Where a change of heddle moves it, the fault moves with
 * it; where it makes the fault impossible, another one takes its place.
 */
export interface Fault {
  /** What is wrong then, in a few words. */
  readonly name: string;
  /** The file, from packages/heddle/src. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** What asyncio does, and what happens instead. */
  readonly why: string;
}

export const faults: readonly Fault[] = [
  // ---- loop
  {
    name: "timers-lifo",
    file: "loop/timer-heap.ts",
    find: "if (parentKey <= key) break;",
    replace: "if (parentKey < key) break;",
    why: "Timers of equal time run in the order of scheduling; a new one goes to the front.",
  },
  {
    name: "timers-starve",
    file: "loop/scheduler.ts",
    find: "if (when <= this.#now) timers",
    replace: "if (idle && when <= this.#now) timers",
    why: "Each iteration takes the timers that are due; they wait until nothing else is ready.",
  },
  {
    name: "heap-rebuilt-badly",
    file: "loop/timer-heap.ts",
    find: "at >= 0; at--",
    replace: "at > 0; at--",
    why: "When many timers are cancelled the heap is rebuilt; its root is left where it was.",
  },
  {
    name: "due-timer-fires",
    file: "loop/handle.ts",
    find: "super.cancel();",
    replace: "if (this._inHeap) super.cancel();",
    why: "A timer can be cancelled until it is called; one that is due is called in spite of it.",
  },
  {
    name: "one-iteration",
    file: "loop/scheduler.ts",
    find: "      todo--;\n",
    replace: "      todo = ready.length;\n",
    why: "What callbacks schedule runs in the next iteration; it runs in the same.",
  },
  {
    name: "stop-late",
    file: "loop/scheduler.ts",
    find: "state.running === this ? 1 : 2",
    replace: "state.running === this ? 2 : 2",
    why: "stop() lets the running iteration finish; another one follows.",
  },
  {
    name: "call-soon-same-context",
    file: "loop/scheduler.ts",
    find: "return this.callSoonIn(snapshot(), fn",
    replace: "return this.callSoonIn(currentFrame().context, fn",
    why: "A callback runs in a copy of the context; it runs in that context itself.",
  },
  {
    name: "ring-grows-from-zero",
    file: "loop/ready-queue.ts",
    find: "old[(head + i) & (size - 1)]",
    replace: "old[i]",
    why: "When the ready queue grows its oldest entry comes first; its lowest slot does.",
  },

  // ---- futures and tasks
  {
    name: "callbacks-reversed",
    file: "task/future.ts",
    find: "for (const listener of listeners) listener.wake(this)",
    replace: "for (const listener of [...listeners].reverse()) listener.wake(this)",
    why: "Who waits is woken in the order of registration; the last comes first.",
  },
  {
    name: "kept-error-for-all",
    file: "task/future.ts",
    find: "      this._slot = undefined;\n",
    replace: "",
    why: "A task's CancelledError goes to the first who fetches it; everybody gets it.",
  },
  {
    name: "removes-one-callback",
    file: "task/future.ts",
    find: "listeners.filter((listener) => !matches(listener))",
    replace: "listeners.filter((one, i) => !matches(one) || i > listeners.findIndex(matches))",
    why: "removeDoneCallback removes every registration; it removes the first.",
  },
  {
    name: "cancel-uncounted",
    file: "task/task.ts",
    find: "rare.cancelling++;",
    replace: "rare.cancelling ||= 1;",
    why: "Each cancel() counts; a second one does not.",
  },
  {
    name: "uncancel-keeps-request",
    file: "task/task.ts",
    find: "if (rare.cancelling > 0) return rare.cancelling;",
    replace: "return rare.cancelling;",
    why: "uncancel() to zero drops a cancellation that was not thrown yet; it is thrown.",
  },
  {
    name: "return-beats-cancel",
    file: "task/task.ts",
    find: "this._settle(CANCELLED, this._rare?.cancelMessage);",
    replace: "this._settle(RETURNED, value);",
    why: "A coroutine that returns with a cancellation pending is cancelled; it returns.",
  },
  {
    name: "cancellation-renewed",
    file: "task/task.ts",
    find: "if (!isCancelled(error)) return newCancelledError(rare.cancelMessage);",
    replace: "return newCancelledError(rare.cancelMessage);",
    why: "A cancellation that meets another one leaves that error in place; it replaces it.",
  },
  {
    name: "cancel-message-lost",
    file: "task/task.ts",
    find: "rare.cancelMessage = message;",
    replace: "",
    why: "A task that was not waiting gets the message with the error; it gets none.",
  },
  {
    name: "eager-late",
    file: "task/task.ts",
    find: "within(this, () => this.step());",
    replace: "this.wake();",
    why: "An eager task takes its first step at once; it takes it in the next iteration.",
  },
  {
    name: "task-same-context",
    file: "task/event-loop.ts",
    find: "options.context ?? snapshot()",
    replace: "options.context ?? currentFrame().context",
    why: "A task runs in a copy of its maker's context; it runs in that context itself.",
  },

  // ---- combinators
  {
    name: "gather-fails-late",
    file: "task/gather.ts",
    find: "if (!this.#returnExceptions && (",
    replace: "if (this.#pending === 0 && !this.#returnExceptions && (",
    why: "gather fails with the first error; it fails when the last child is done, if at all.",
  },
  {
    name: "gather-cancels-one",
    file: "task/gather.ts",
    find: "if (child.cancel(message)) cancelled = true;",
    replace: "if (!cancelled && child.cancel(message)) cancelled = true;",
    why: "Cancelling a gather cancels every child; it cancels the first.",
  },
  {
    name: "gather-returns-cancelled",
    file: "task/gather.ts",
    find: "if (this.#cancelRequested) this",
    replace: "if (this.#cancelRequested && !this.#returnExceptions) this",
    why: "A gather that was cancelled throws even with returnExceptions; it returns.",
  },
  {
    name: "shield-passes-cancel",
    file: "task/shield.ts",
    find: "  wake(future: Future<unknown>): void {",
    replace: `  override cancel(message?: string): boolean {
    this.#inner.cancel(message);
    return super.cancel(message);
  }

  wake(future: Future<unknown>): void {`,
    why: "Cancelling a shield leaves what it shields alone; that is cancelled too.",
  },
  {
    name: "shield-error-unheard",
    file: "task/shield.ts",
    find: "if (!inner._failed()) return;",
    replace: "return;",
    why: "An error behind a cancelled shield goes to the exception handler; nobody hears of it.",
  },
  {
    name: "first-exception-cancelled",
    file: "task/wait.ts",
    find: "|| !future._failed()) return false;",
    replace: "|| !(future._failed() || future.cancelled())) return false;",
    why: "FIRST_EXCEPTION waits on when a future is cancelled; it takes that for an exception.",
  },
  {
    name: "wait-for-zero-starts",
    file: "task/wait-for.ts",
    find: "if (ms === null || ms > 0) {",
    replace: "if (ms === null || ms >= 0) {",
    why: "waitFor with a time of 0 does not start the coroutine; it does.",
  },
  {
    name: "as-completed-one-overdue",
    file: "task/as-completed.ts",
    find: "this.#put(OVERDUE);",
    replace: "if (this.#finished.length === 0) this.#put(OVERDUE);",
    why: "When the time is over, each outcome that is missing throws; only one does.",
  },

  // ---- scopes
  {
    name: "timeout-swallows-cancel",
    file: "task/timeout.ts",
    find: "> this.#cancellingBefore",
    replace: "> Number.POSITIVE_INFINITY",
    why: "A cancellation from elsewhere goes through an expired timeout; it is turned into TimeoutError.",
  },
  {
    name: "timeout-late-when-due",
    file: "task/timeout.ts",
    find: "when <= loop.time() ?",
    replace: "when < loop.time() ?",
    why: "A deadline of now is a callback of its own at once; it comes with the timers, behind others.",
  },
  {
    name: "reschedule-keeps-old",
    file: "task/timeout.ts",
    find: "    this.#when = when;\n    this.#handle?.cancel();",
    replace: "    this.#when = when;",
    why: "Moving a deadline takes the old one away; both expire.",
  },
  {
    name: "group-no-uncancel",
    file: "task/task-group.ts",
    find: "if (this.#parentCancelRequested && parent.uncancel() === 0)",
    replace: "if (this.#parentCancelRequested)",
    why: "A group takes back its own cancellation of the parent; it stays counted.",
  },
  {
    name: "group-forgets-cancel",
    file: "task/task-group.ts",
    find: "if (parent.cancelling() > 0) {",
    replace: "if (parent.cancelling() > 99) {",
    why: "A group that fails hands on a cancellation from outside as well; it is forgotten.",
  },
  {
    name: "group-own-error-first",
    file: "task/task-group.ts",
    find: "if (failed && !isCancelled(error)) errors.push(error);",
    replace: "if (failed && !isCancelled(error)) errors.unshift(error);",
    why: "The error of the block stands behind those of the tasks; it stands in front.",
  },

  // ---- sync
  {
    name: "lock-lost-wake-up",
    file: "sync/lock.ts",
    find: "if (isCancelled(error) && this.#guard === null) this.#wakeFirst();",
    replace: "",
    why: "A woken waiter that is cancelled wakes the next one; nobody is woken.",
  },
  {
    name: "lock-barging",
    file: "sync/lock.ts",
    find: "if (this.#guard === null && everyCancelled(waiters))",
    replace: "if (this.#guard === null)",
    why: "A newcomer stands in line behind those who wait; it takes the free lock.",
  },
  {
    name: "event-wakes-one",
    file: "sync/event.ts",
    find: "if (!waiter.done()) waiter.setResult(undefined);",
    replace: "if (!waiter.done()) return waiter.setResult(undefined);",
    why: "set() wakes all who wait; it wakes the first.",
  },
  {
    name: "condition-not-reacquired",
    file: "sync/condition.ts",
    find: "        cancellation = error;",
    replace: "        throw error;",
    why: "A cancelled wait acquires the lock before it throws; another cancellation cuts that short.",
  },
  {
    name: "condition-lost-notify",
    file: "sync/condition.ts",
    find: "      this.#notify(1);",
    replace: "",
    why: "A notified waiter that is cancelled passes the notification on; it is lost.",
  },
  {
    name: "semaphore-lost-permit",
    file: "sync/semaphore.ts",
    find: "if (isCancelled(error) && turn.done() && !turn.cancelled()) this.#value++;",
    replace: "",
    why: "A woken waiter that is cancelled gives its permit back; it is lost.",
  },
  {
    name: "semaphore-wakes-one",
    file: "sync/semaphore.ts",
    find: "while (this.#value > 0 && this.#wakeNext());",
    replace: "",
    why: "Who leaves the line lets in as many as there are permits; nobody is let in.",
  },
  {
    name: "barrier-drains-wrongly",
    file: "sync/barrier.ts",
    find: 'this.#state !== "draining" && this.#state !== "resetting"',
    replace: 'this.#state !== "resetting"',
    why: "While a barrier empties newcomers wait for the next round; they join the old one.",
  },
  {
    name: "barrier-stays-reset",
    file: "sync/barrier.ts",
    find: 'if (this.#state === "resetting" || this.#state === "draining") this',
    replace: 'if (this.#state === "draining") this',
    why: "The last one to leave after a reset opens the barrier again; it stays closed.",
  },

  // ---- queues
  {
    name: "join-woken-early",
    file: "queue/queue.ts",
    find: "    this.#unfinished--;\n    if (this.#unfinished === 0)",
    replace: "    this.#unfinished--;\n    if (this.#unfinished <= 1)",
    why: "join() waits for all items; it is woken when one is left.",
  },
  {
    name: "task-done-off-by-one",
    file: "queue/queue.ts",
    find: "if (this.#unfinished <= 0) throw",
    replace: "if (this.#unfinished < 0) throw",
    why: "taskDone() for an item that was never put in is refused; once it is not.",
  },
  {
    name: "queue-lost-wake-up",
    file: "queue/queue.ts",
    find: "if (useful && !turn.cancelled()) wakeNext(line);",
    replace: "",
    why: "A woken getter or putter that is cancelled wakes the next one; nobody is woken.",
  },
  {
    name: "shutdown-forgets-putters",
    file: "queue/queue.ts",
    find: "wakeAll(this.#putters);",
    replace: "",
    why: "shutdown() wakes all who wait; those who wait for room sleep on.",
  },
  {
    name: "shutdown-keeps-count",
    file: "queue/queue.ts",
    find: "if (this.#unfinished > 0) this.#unfinished--;",
    replace: "",
    why: "Items that an immediate shutdown drops count as done; join() waits for them.",
  },
  {
    name: "priority-left-child",
    file: "queue/priority-queue.ts",
    find: "        child = right;",
    replace: "",
    why: "The smaller child moves up in the heap; always the left one does.",
  },

  // ---- context
  {
    name: "copy-shares",
    file: "context/context.ts",
    find: "return contextOf(this._variables);",
    replace: "return this;",
    why: "context.copy() is independent of the context; it is the same one.",
  },
  {
    name: "token-used-twice",
    file: "context/context.ts",
    find: "token._used = true;",
    replace: "",
    why: "A token can be used once; it can be used again.",
  },
  {
    name: "reset-leaves-value",
    file: "context/context.ts",
    find: "else variables.delete(self);",
    replace: "",
    why: "Resetting the first set() leaves the variable unset; it keeps its value.",
  },
  {
    name: "reset-anywhere",
    file: "context/context.ts",
    find: "if (token._context !== context) {",
    replace: "if (token._context === undefined) {",
    why: "A token of another context is refused; it is accepted.",
  },
  {
    name: "entered-twice",
    file: "context/current.ts",
    find: "state.outerFrames.some((frame) => frame.context === context)",
    replace: "false",
    why: "A context that is entered further out cannot be entered again; it can.",
  },
];
