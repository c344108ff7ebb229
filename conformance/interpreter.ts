/**
 * Executes one program of LANGUAGE.md over heddle's public API and returns its trace.
 *
 * The counterpart of reference/interpret.py, which does the same over CPython's asyncio, and in
 * the same structure, so that the two can be read side by side. What counts is that this file
 * adds no suspension of its own: a body is a coroutine that delegates with `yield*`, and whatever
 * takes an iteration of the loop here is heddle's doing.
 *
 * The statements are in `statements/`, one file for each area; each is a function of the
 * interpreter, the statement and the frame.
 */
import * as heddle from "heddle";
import { Names, Unbound } from "./names.ts";
import type { Argument, Body, Json, Program, Statement } from "./program.ts";
import { show } from "./rendering.ts";
import { instantStatements, suspendingStatements } from "./statements/all.ts";
import { makeObject } from "./statements/objects.ts";
import { Halt, ProgramLoop } from "./virtual-loop.ts";

/** Where statements run: the body of a task (no label) or of a callback. */
export class Frame {
  readonly label: string | undefined;
  /** The errors whose except clauses are running, the innermost last. */
  readonly handling: unknown[] = [];

  constructor(label?: string) {
    this.label = label;
  }
}

/** A `return` statement was executed, with this value; surrounding statements are left. */
export interface Returned {
  readonly value: Json;
}

/** How an outcome line shows a value: as it is, or as "ok" where it is of no interest. */
export type Shown = "value" | "ok";

/** Runs one program and resolves with its trace. */
export async function runProgram(program: Program): Promise<string[]> {
  return new Interpreter().run(program);
}

export class Interpreter {
  readonly #trace: string[] = [];
  readonly loop = new ProgramLoop(this.#trace);
  readonly names = new Names();
  readonly counters = new Map<string, number>();
  /** The functions of add_done_callback by their labels. */
  readonly callbacks = new Map<string, () => void>();
  #over = false;

  // ---- running a whole program

  async run(program: Program): Promise<string[]> {
    this.loop.setExceptionHandler((_loop, context) => this.#handle(context));
    if (program.options?.eager_factory) this.loop.setTaskFactory(heddle.eagerTaskFactory);
    try {
      for (const [name, spec] of Object.entries(program.objects ?? {})) {
        makeObject(this, spec).bind(name);
      }
      await this.#main(program.main);
    } catch (error) {
      if (error instanceof heddle.DeadlockError) this.#emit("loop", "deadlock");
      else if (error instanceof Halt) this.#emit("loop", error.message);
      else throw error;
    } finally {
      this.#over = true;
      this.loop.close();
    }
    return this.#trace;
  }

  async #main(body: Body): Promise<void> {
    const { loop } = this;
    const task = loop.createTask(this.namedBody("main", body), { name: "main" });
    try {
      const value = await loop.runUntilComplete(task);
      this.#emit("loop", `main -> ${show(value)}`);
    } catch (error) {
      if (error instanceof Halt || error instanceof heddle.DeadlockError) throw error;
      this.#emit("loop", `main ! ${show(error)}`);
    }
    await this.#shutDown(loop.created.filter((created) => !created.done()));
    this.#emit("loop", "end");
  }

  /** What asyncio.Runner does with the tasks that are left, in creation order. */
  async #shutDown(tasks: heddle.Task<unknown>[]): Promise<void> {
    if (tasks.length === 0) return;
    this.#emit("loop", `shutdown ${tasks.length}`);
    for (const task of tasks) task.cancel();
    try {
      await this.loop.runUntilComplete(heddle.gather(tasks, { returnExceptions: true }));
    } catch (error) {
      // The loop was stopped before they ended.
      if (!(error instanceof heddle.RuntimeError)) throw error;
      this.#emit("loop", `shutdown ! ${show(error)}`);
      return;
    }
    for (const task of tasks) {
      const exception = task.cancelled() ? null : task.exception();
      if (exception) {
        const message = "unhandled exception during asyncio.run() shutdown";
        this.loop.callExceptionHandler({ message, exception, task });
      }
    }
  }

  /** The exception handler; reports that depend on garbage collection are left out. */
  #handle(context: heddle.ExceptionContext): void {
    const kind = reportKind(context.message);
    if (kind !== undefined) this.#emit("loop", `handler ${kind} ! ${show(context.exception)}`);
  }

  // ---- logging

  #emit(who: string, event: string): void {
    if (!this.#over) this.#trace.push(`${show(this.loop.time())} ${who}: ${event}`);
  }

  /** Logs an event of the frame's callback, or of the task that is running. */
  log(frame: Frame, event: string): void {
    const who = frame.label === undefined ? this.currentTask().getName() : `~${frame.label}`;
    this.#emit(who, event);
  }

  currentTask(): heddle.Task<unknown> {
    const task = heddle.currentTask();
    if (!task) throw new Error("a body without a label runs outside of any task");
    return task;
  }

  /** Calls, then logs `text -> value` or `text ! error`. */
  report<T>(frame: Frame, text: string, call: () => T, shown: Shown = "value"): T {
    let value: T;
    try {
      value = call();
    } catch (error) {
      this.log(frame, `${text} ! ${show(error)}`);
      throw error;
    }
    this.log(frame, `${text} -> ${shown === "ok" ? "ok" : show(value)}`);
    return value;
  }

  /** Calls and awaits what that returns, then logs like `report`. */
  *outcome<T>(
    frame: Frame,
    text: string,
    call: () => heddle.Awaitable<T>,
    shown: Shown = "value",
  ): heddle.Coroutine<T> {
    let value: T;
    try {
      value = yield* call();
    } catch (error) {
      this.log(frame, `${text} ! ${show(error)}`);
      throw error;
    }
    this.log(frame, `${text} -> ${shown === "ok" ? "ok" : show(value)}`);
    return value;
  }

  // ---- bodies

  /**
   * A coroutine that names its task and logs its start and end. With `parent` (wait_for), the
   * body is plain inline code as long as it runs in that same task.
   */
  *namedBody(name: string, body: Body, parent?: heddle.Task<unknown>): heddle.Coroutine<Json> {
    const task = this.currentTask();
    if (task === parent) return yield* this.inlineBody(body);
    task.setName(name);
    this.names.bind(name, "task", task);
    const frame = new Frame();
    this.log(frame, "start");
    let value: Json;
    try {
      value = (yield* this.body(body, frame))?.value ?? null;
    } catch (error) {
      this.log(frame, `end ! ${show(error)}`);
      throw error;
    }
    this.log(frame, `end -> ${show(value)}`);
    return value;
  }

  /** Runs a body in a new frame of the current task; gives the value it returned, or null. */
  *inlineBody(body: Body): heddle.Coroutine<Json> {
    return (yield* this.body(body, new Frame()))?.value ?? null;
  }

  /** Runs statements in order; gives the value of the `return` that was executed, if any. */
  *body(statements: Body, frame: Frame): heddle.Coroutine<Returned | undefined> {
    for (const statement of statements) {
      try {
        const suspending = suspendingStatements.get(statement.op);
        if (suspending === undefined) {
          this.#instant(statement, frame);
        } else {
          const returned = yield* suspending(this, statement, frame);
          if (returned) return returned;
        }
      } catch (error) {
        this.#logUnbound(error, frame);
      }
    }
    return undefined;
  }

  /** Runs the statements of a callback, or of `ctx_run`. */
  instantBody(statements: Body, frame: Frame): void {
    for (const statement of statements) {
      try {
        this.#instant(statement, frame);
      } catch (error) {
        this.#logUnbound(error, frame);
      }
    }
  }

  /** A function for callSoon and the like: logs `called` and runs the body. */
  callback(label: string, body: Body): () => void {
    return () => {
      const frame = new Frame(label);
      this.log(frame, "called");
      this.instantBody(body, frame);
    };
  }

  #instant(statement: Statement, frame: Frame): void {
    const handler = instantStatements.get(statement.op);
    if (handler === undefined) throw new Error(`"${statement.op}" cannot stand in a callback`);
    handler(this, statement, frame);
  }

  /** A statement whose names are unbound has no effect but this line; other errors go on. */
  #logUnbound(error: unknown, frame: Frame): void {
    if (!(error instanceof Unbound)) throw error;
    this.log(frame, `unbound ${error.message}`);
  }

  // ---- fields that many statements have

  /** The option for an optional `ctx` field; without the field there is no option at all. */
  contextOption(name: string | undefined): { context?: heddle.Context } {
    return name === undefined ? {} : { context: this.names.get(name, "context") };
  }

  /** Names become futures, all looked up first; then named bodies become coroutines. */
  arguments(given: readonly Argument[]): heddle.Awaitable<unknown>[] {
    const futures = given.map((argument) =>
      typeof argument === "string" ? this.names.get(argument, "future") : undefined,
    );
    return given.map((argument, index) => {
      if (typeof argument !== "string") return this.namedBody(argument.name, argument.body);
      return futures[index] as heddle.Future<unknown>;
    });
  }
}

/** Which of the reports of the loop this is; undefined for those that traces leave out. */
function reportKind(message: string): string | undefined {
  if (message.startsWith("Exception in callback")) return "callback";
  if (message.endsWith("exception in shielded future")) return "shield";
  if (message.startsWith("unhandled exception during")) return "shutdown";
  if (message.includes("has errored out but its parent")) return "group";
  return undefined;
}
