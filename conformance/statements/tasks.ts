/** Tasks and futures. */
import * as heddle from "heddle";
import type { Frame, Interpreter } from "../interpreter.ts";
import type { Body } from "../program.ts";
import { makeError, show, stateOf } from "../rendering.ts";
import { type InstantHandlers, method, type SuspendingHandlers } from "./handler.ts";

interface Spawn {
  readonly op: string;
  readonly name: string;
  readonly ctx?: string;
  readonly eager?: boolean;
  readonly body: Body;
}

/** Both loops and groups make tasks. */
interface TaskMaker {
  createTask<T>(main: heddle.Coroutine<T>, options?: heddle.TaskOptions): heddle.Task<T>;
}

function spawn(run: Interpreter, maker: TaskMaker, s: Spawn, frame: Frame): void {
  const options: heddle.TaskOptions = {
    name: s.name,
    ...run.contextOption(s.ctx),
    ...(s.eager === undefined ? {} : { eagerStart: s.eager }),
  };
  const coroutine = run.namedBody(s.name, s.body);
  const create = () => maker.createTask(coroutine, options);
  run.names.bind(s.name, "task", run.report(frame, `${s.op} ${s.name}`, create, "ok"));
}

export const instantTasks = {
  spawn(run, s, frame) {
    spawn(run, run.loop, s, frame);
  },

  tg_spawn(run, s, frame) {
    spawn(run, run.names.get(s.group, "group"), s, frame);
  },

  cancel(run, s, frame) {
    const future = run.names.get(s.var, "future");
    run.report(frame, `cancel ${s.var}`, () =>
      s.msg === undefined ? future.cancel() : future.cancel(s.msg),
    );
  },

  uncancel: method(["task"], (task) => task.uncancel()),
  cancelling: method(["task"], (task) => task.cancelling()),
  result: method(["future"], (future) => future.result()),
  exception: method(["future"], (future) => future.exception()),

  state(run, s, frame) {
    run.log(frame, `state ${s.var} ${stateOf(run.names.get(s.var, "future"))}`);
  },

  current(run, _s, frame) {
    run.log(frame, `current ${show(heddle.currentTask()?.getName())}`);
  },

  all_tasks(run, _s, frame) {
    // A task made by gather and the like has no name of ours before its first step.
    const names = [...heddle.allTasks()].map((task) => task.getName());
    const shown = names.map((name) => (name.includes("-") ? "?" : name)).sort();
    run.log(frame, `all_tasks ${show(shown)}`);
  },

  set_result(run, s, frame) {
    const future = run.names.get(s.var, "future");
    run.report(frame, `set_result ${s.var}`, () => future.setResult(s.value ?? null), "ok");
  },

  set_exception(run, s, frame) {
    const future = run.names.get(s.var, "future");
    run.report(frame, `set_exception ${s.var}`, () => future.setException(makeError(s)), "ok");
  },

  add_done_callback(run, s, frame) {
    const future = run.names.get(s.var, "future");
    const options = run.contextOption(s.ctx);
    // The first statement with a label makes its function; later ones add the same again.
    const callback = run.callbacks.get(s.label) ?? run.callback(s.label, s.body);
    run.callbacks.set(s.label, callback);
    const add = () => future.addDoneCallback(callback, options);
    run.report(frame, `add_done_callback ${s.label}`, add, "ok");
  },

  remove_done_callback(run, s, frame) {
    const future = run.names.get(s.var, "future");
    const callback = run.callbacks.get(s.label);
    run.report(frame, `remove_done_callback ${s.label}`, () =>
      callback === undefined ? 0 : future.removeDoneCallback(callback),
    );
  },
} satisfies Partial<InstantHandlers>;

export const suspendingTasks = {
  *await(run, s, frame) {
    const future = run.names.get(s.var, "future");
    yield* run.outcome(frame, `await ${s.var}`, () => future);
    return undefined;
  },
} satisfies Partial<SuspendingHandlers>;
