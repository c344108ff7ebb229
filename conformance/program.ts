/**
 * The program language of LANGUAGE.md as types: one line for each statement, with its fields.
 *
 * Programs come from JSON files, so nothing here is checked at run time beyond what corpus.ts
 * looks at; the types are for the code that executes the statements.
 */

export type Json = null | boolean | number | string | Json[];

export type UserErrorName = "ErrA" | "ErrB" | "ErrC";

/** Fields that describe an error to make: `"error": CLASS` with its value or message. */
export type ErrorSpec =
  | { error: UserErrorName; value?: Json }
  | { error: "CancelledError"; msg?: string }
  | { error: "ExceptionGroup"; errors: ErrorSpec[] };

export type ObjectSpec =
  | { type: "lock" | "event" | "future" }
  | { type: "condition"; lock?: string }
  | { type: "semaphore" | "bounded_semaphore"; value: number }
  | { type: "barrier"; parties: number }
  | { type: "queue" | "lifo_queue" | "priority_queue"; maxsize?: number }
  | { type: "context_var"; default?: Json };

export type Body = readonly Statement[];

/** A coroutine that names its task: an argument of gather, shield and the like. */
export interface NamedBody {
  name: string;
  body: Body;
}

/** A name is looked up as a future, a named body becomes a coroutine. */
export type Argument = string | NamedBody;

export interface ExceptClause {
  on: string;
  body: Body;
}

export interface Program {
  options?: { eager_factory?: boolean };
  objects?: Record<string, ObjectSpec>;
  main: Body;
}

/** One statement type for each operation of the union. */
type OnVariable<Op extends string> = Op extends string ? { op: Op; var: string } : never;

/** Statements that only call one method without arguments on the named object. */
type MethodStatement = OnVariable<
  | "uncancel"
  | "cancelling"
  | "result"
  | "exception"
  | "handle_cancel"
  | "handle_cancelled"
  | "when"
  | "expired"
  | "release"
  | "locked"
  | "event_set"
  | "event_clear"
  | "event_is_set"
  | "cond_notify_all"
  | "get_nowait"
  | "task_done"
  | "var_get"
>;

/** The same for methods whose result is awaited. */
type AwaitedMethodStatement = OnVariable<
  | "acquire"
  | "event_wait"
  | "cond_wait"
  | "barrier_wait"
  | "barrier_reset"
  | "barrier_abort"
  | "get"
  | "join"
>;

/** Statements that never suspend; only these may stand in the body of a callback. */
export type InstantStatement =
  | MethodStatement
  // control
  | { op: "log"; msg: string }
  | ({ op: "raise" } & (ErrorSpec | { error?: never }))
  | { op: "split"; on: string; raise?: "matching" | "rest" }
  | { op: "add"; counter: string; by?: number }
  | ({ op: "new"; name: string } & ObjectSpec)
  // tasks and futures
  | { op: "spawn"; name: string; ctx?: string; eager?: boolean; body: Body }
  | { op: "tg_spawn"; group: string; ctx?: string; name: string; eager?: boolean; body: Body }
  | { op: "cancel"; var: string; msg?: string }
  | { op: "state"; var: string }
  | { op: "current" }
  | { op: "all_tasks" }
  | { op: "set_result"; var: string; value?: Json }
  | ({ op: "set_exception"; var: string } & ErrorSpec)
  | { op: "add_done_callback"; var: string; ctx?: string; label: string; body: Body }
  | { op: "remove_done_callback"; var: string; label: string }
  // loop
  | { op: "time" }
  | { op: "stop" }
  | { op: "task_factory"; eager: boolean }
  | { op: "call_soon"; ctx?: string; label: string; body: Body }
  | { op: "call_later"; ctx?: string; ticks: number; label: string; body: Body }
  | { op: "call_at"; ctx?: string; when: number; label: string; body: Body }
  | { op: "reschedule"; var: string; delay?: number; when?: number | null }
  // locks and queues
  | { op: "cond_notify"; var: string; n?: number }
  | { op: "barrier_state"; var: string }
  | { op: "put_nowait"; var: string; item: Json }
  | { op: "shutdown"; var: string; immediate?: boolean }
  | { op: "queue_state"; var: string }
  // context variables
  | { op: "var_set"; var: string; value: Json; token?: string }
  | { op: "var_reset"; var: string; token: string }
  | { op: "ctx_copy"; name: string; ctx?: string }
  | { op: "ctx_of"; name: string; var: string }
  | { op: "ctx_run"; ctx: string; body: Body };

/** Statements that may suspend. */
export type SuspendingStatement =
  | AwaitedMethodStatement
  // control
  | { op: "sleep"; ticks: number; value?: Json; quiet?: boolean }
  | { op: "return"; value?: Json }
  | { op: "repeat"; n: number; body: Body }
  | { op: "call"; body: Body }
  | { op: "try"; body: Body; except?: ExceptClause[]; else?: Body; finally?: Body }
  | { op: "await"; var: string }
  // combinators
  | { op: "gather"; args: Argument[]; return_exceptions?: boolean; bind?: string }
  | { op: "shield"; arg: Argument; bind?: string }
  | { op: "wait"; args: string[]; timeout?: number | null; return_when?: ReturnWhen }
  | { op: "wait_for"; arg: Argument; timeout: number | null }
  | {
      op: "as_completed";
      args: Argument[];
      timeout?: number | null;
      mode?: "async";
      catch?: boolean;
      body?: Body;
      bind?: string;
    }
  | { op: "next"; var: string }
  // timeouts and groups
  | { op: "timeout"; name: string; ticks: number | null; body: Body }
  | { op: "timeout_at"; name: string; when: number | null; body: Body }
  | { op: "group"; name: string; body: Body }
  // locks and queues
  | { op: "with"; var: string; body: Body }
  | { op: "cond_wait_for"; var: string; counter: string; atleast: number }
  | { op: "put"; var: string; item: Json };

type ReturnWhen = "ALL_COMPLETED" | "FIRST_COMPLETED" | "FIRST_EXCEPTION";

export type Statement = InstantStatement | SuspendingStatement;

/** The statement type that belongs to an operation. */
export type StatementOf<Op extends Statement["op"]> = Extract<Statement, { op: Op }>;
