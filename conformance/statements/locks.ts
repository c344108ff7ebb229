/** Locks, events, conditions, semaphores and barriers. */
import { lockish } from "../names.ts";
import { show } from "../rendering.ts";
import { awaitedMethod, type InstantHandlers, method, type SuspendingHandlers } from "./handler.ts";

export const instantLocks = {
  release: method(lockish, (lock) => lock.release(), "ok"),
  locked: method(lockish, (lock) => lock.locked()),
  event_set: method(["event"], (event) => event.set(), "ok"),
  event_clear: method(["event"], (event) => event.clear(), "ok"),
  event_is_set: method(["event"], (event) => event.isSet()),
  cond_notify_all: method(["condition"], (condition) => condition.notifyAll(), "ok"),

  cond_notify(run, s, frame) {
    const condition = run.names.get(s.var, "condition");
    run.report(frame, `cond_notify ${s.var}`, () => condition.notify(s.n ?? 1), "ok");
  },

  barrier_state(run, s, frame) {
    const barrier = run.names.get(s.var, "barrier");
    const state = [barrier.parties, barrier.nWaiting, barrier.broken];
    run.log(frame, `barrier_state ${s.var} ${show(state)}`);
  },
} satisfies Partial<InstantHandlers>;

export const suspendingLocks = {
  // heddle's acquire gives a guard where asyncio's gives True.
  acquire: awaitedMethod(lockish, function* (lock) {
    yield* lock.acquire();
    return true;
  }),
  event_wait: awaitedMethod(["event"], (event) => event.wait()),
  cond_wait: awaitedMethod(["condition"], (condition) => condition.wait()),
  barrier_wait: awaitedMethod(["barrier"], (barrier) => barrier.wait()),
  barrier_reset: awaitedMethod(["barrier"], (barrier) => barrier.reset(), "ok"),
  barrier_abort: awaitedMethod(["barrier"], (barrier) => barrier.abort(), "ok"),

  *with(run, s, frame) {
    const lock = run.names.get(s.var, ...lockish);
    yield* run.outcome(frame, `with ${s.var}`, () => lock.acquire(), "ok");
    try {
      return yield* run.body(s.body, frame);
    } finally {
      run.report(frame, `exit ${s.var}`, () => lock.release(), "ok");
    }
  },

  *cond_wait_for(run, s, frame) {
    const condition = run.names.get(s.var, "condition");
    const enough = () => (run.counters.get(s.counter) ?? 0) >= s.atleast;
    yield* run.outcome(frame, `cond_wait_for ${s.var}`, () => condition.waitFor(enough));
    return undefined;
  },
} satisfies Partial<SuspendingHandlers>;
