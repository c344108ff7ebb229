/** Timeouts and task groups: what a body runs inside of. */
import * as heddle from "heddle";
import type { Frame, Interpreter, Returned } from "../interpreter.ts";
import type { Body } from "../program.ts";
import { show } from "../rendering.ts";
import { type InstantHandlers, method, type SuspendingHandlers } from "./handler.ts";

export const instantScopes = {
  reschedule(run, s, frame) {
    const timeout = run.names.get(s.var, "timeout");
    const when = s.delay === undefined ? (s.when ?? null) : run.loop.time() + s.delay;
    run.report(frame, `reschedule ${s.var}`, () => timeout.reschedule(when), "ok");
  },

  expired: method(["timeout"], (timeout) => timeout.expired()),
} satisfies Partial<InstantHandlers>;

/** Runs what opens the scope; logs `TEXT ! error`, or `TEXT -> …` with what `value` gives then. */
function* inScope(
  run: Interpreter,
  frame: Frame,
  text: string,
  scope: heddle.Awaitable<Returned | undefined>,
  value: () => string,
): heddle.Coroutine<Returned | undefined> {
  let returned: Returned | undefined;
  try {
    returned = yield* scope;
  } catch (error) {
    run.log(frame, `${text} ! ${show(error)}`);
    throw error;
  }
  run.log(frame, `${text} -> ${value()}`);
  return returned;
}

type TimeoutBody = (timeout: heddle.Timeout) => heddle.Coroutine<Returned | undefined>;

/** Runs the statement's body inside of the timeout that `open` makes around it. */
function* inTimeout(
  run: Interpreter,
  s: { readonly name: string; readonly body: Body },
  frame: Frame,
  open: (body: TimeoutBody) => heddle.Awaitable<Returned | undefined>,
): heddle.Coroutine<Returned | undefined> {
  let entered: heddle.Timeout | undefined;
  const scope = open(function* (timeout) {
    entered = timeout;
    run.names.bind(s.name, "timeout", timeout);
    return yield* run.body(s.body, frame);
  });
  return yield* inScope(run, frame, `timeout ${s.name}`, scope, () => show(entered?.expired()));
}

export const suspendingScopes = {
  timeout: (run, s, frame) => inTimeout(run, s, frame, (body) => heddle.timeout(s.ticks, body)),

  timeout_at: (run, s, frame) => inTimeout(run, s, frame, (body) => heddle.timeoutAt(s.when, body)),

  *group(run, s, frame) {
    const scope = heddle.taskGroup(function* (group) {
      run.names.bind(s.name, "group", group);
      return yield* run.body(s.body, frame);
    });
    return yield* inScope(run, frame, `group ${s.name}`, scope, () => "ok");
  },
} satisfies Partial<SuspendingHandlers>;
