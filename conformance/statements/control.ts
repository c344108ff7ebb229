/** Control flow: what a program does by itself, without any object. */
import * as heddle from "heddle";
import type { Returned } from "../interpreter.ts";
import { makeError, matches, show } from "../rendering.ts";
import type { InstantHandlers, SuspendingHandlers } from "./handler.ts";

export const instantControl = {
  log(run, s, frame) {
    run.log(frame, `log ${s.msg}`);
  },

  raise(run, s, frame) {
    let error: unknown;
    if (s.error !== undefined) error = makeError(s);
    else if (frame.handling.length > 0) error = frame.handling.at(-1);
    else error = new heddle.RuntimeError("no active exception to reraise");
    run.log(frame, `raise ${show(error)}`);
    throw error;
  },

  split(run, s, frame) {
    const error = frame.handling.at(-1);
    if (!(error instanceof heddle.ExceptionGroup)) {
      run.log(frame, `split ${s.on} -> null`);
      return;
    }
    const [matching, rest] = error.split((member) => matches(s.on, member));
    run.log(frame, `split ${s.on} -> ${show([matching, rest])}`);
    const part = s.raise && { matching, rest }[s.raise];
    if (!part) return;
    run.log(frame, `raise ${show(part)}`);
    throw part;
  },

  add(run, s, frame) {
    const sum = (run.counters.get(s.counter) ?? 0) + (s.by ?? 1);
    run.counters.set(s.counter, sum);
    run.log(frame, `add ${s.counter} -> ${sum}`);
  },
} satisfies Partial<InstantHandlers>;

export const suspendingControl = {
  *sleep(run, s, frame) {
    const sleep = () => heddle.sleep(s.ticks, s.value ?? null);
    if (s.quiet) yield* sleep();
    else yield* run.outcome(frame, `sleep ${s.ticks}`, sleep);
    return undefined;
  },

  *return(_run, s) {
    return { value: s.value ?? null };
  },

  *repeat(run, s, frame) {
    for (let i = 0; i < s.n; i++) {
      const returned = yield* run.body(s.body, frame);
      if (returned) return returned;
    }
    return undefined;
  },

  *call(run, s, frame) {
    yield* run.outcome(frame, "call", () => run.inlineBody(s.body));
    return undefined;
  },

  // JavaScript's own try, catch and finally on purpose: programs then find out whether heddle
  // leaves them alone on every way out.
  *try(run, s, frame) {
    let guarded = true;
    let returned: Returned | undefined;
    try {
      try {
        returned = yield* run.body(s.body, frame);
        guarded = false;
        if (!returned && s.else) returned = yield* run.body(s.else, frame);
      } catch (error) {
        const clause = guarded ? s.except?.find(({ on }) => matches(on, error)) : undefined;
        if (clause === undefined) throw error;
        run.log(frame, `caught ${show(error)}`);
        frame.handling.push(error);
        try {
          returned = yield* run.body(clause.body, frame);
        } finally {
          frame.handling.pop();
        }
      }
    } finally {
      if (s.finally) {
        const instead = yield* run.body(s.finally, frame);
        // biome-ignore lint/correctness/noUnsafeFinally: the language says that it replaces
        if (instead) return instead;
      }
    }
    return returned;
  },
} satisfies Partial<SuspendingHandlers>;
