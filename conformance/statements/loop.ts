/** The loop's own calls: time, callbacks and their handles. */
import { type Context, eagerTaskFactory, type Handle } from "heddle";
import type { Frame, Interpreter } from "../interpreter.ts";
import type { Body } from "../program.ts";
import { show } from "../rendering.ts";
import { type InstantHandlers, method } from "./handler.ts";

interface Schedule {
  readonly op: string;
  readonly ctx?: string;
  readonly label: string;
  readonly body: Body;
}

/** Schedules the statement's callback and logs it; gives the handle. */
function schedule<H extends Handle>(
  run: Interpreter,
  s: Schedule,
  frame: Frame,
  call: (callback: () => void, context: Context | undefined) => H,
): H {
  const { context } = run.contextOption(s.ctx);
  const callback = run.callback(s.label, s.body);
  return run.report(frame, `${s.op} ${s.label}`, () => call(callback, context), "ok");
}

export const instantLoop = {
  time(run, _s, frame) {
    run.log(frame, `time ${show(run.loop.time())}`);
  },

  stop(run, s, frame) {
    run.report(frame, s.op, () => run.loop.stop(), "ok");
  },

  task_factory(run, s, frame) {
    run.loop.setTaskFactory(s.eager ? eagerTaskFactory : null);
    run.log(frame, "task_factory -> ok");
  },

  call_soon(run, s, frame) {
    const handle = schedule(run, s, frame, (callback, context) =>
      context ? run.loop.callSoonIn(context, callback) : run.loop.callSoon(callback),
    );
    run.names.bind(s.label, "handle", handle);
  },

  call_later(run, s, frame) {
    const timer = schedule(run, s, frame, (callback, context) =>
      context
        ? run.loop.callLaterIn(context, s.ticks, callback)
        : run.loop.callLater(s.ticks, callback),
    );
    run.names.bind(s.label, "timer", timer);
  },

  call_at(run, s, frame) {
    const timer = schedule(run, s, frame, (callback, context) =>
      context ? run.loop.callAtIn(context, s.when, callback) : run.loop.callAt(s.when, callback),
    );
    run.names.bind(s.label, "timer", timer);
  },

  handle_cancel: method(["handle"], (handle) => handle.cancel(), "ok"),
  handle_cancelled: method(["handle"], (handle) => handle.cancelled()),
  when: method(["timer", "timeout"], (timer) => timer.when()),
} satisfies Partial<InstantHandlers>;
