/**
 * A program in the making: what has been named so far, where the pen stands, and how much may still
 * be written.
 *
 * One rule comes from asyncio itself. A task that is cancelled passes this on to what it waits for,
 * so a ring of tasks that wait for each other makes CPython's cancel() recurse without end. Hence a
 * task only ever waits for tasks whose whole text stands before it (`tasks`), and a child that joins
 * the group of a task elsewhere waits for no task at all, since that other task waits for it.
 */
import type {
  Body,
  ErrorSpec,
  Json,
  NamedBody,
  ObjectSpec,
  Statement,
  UserErrorName,
} from "../program.ts";
import type { Random } from "./random.ts";

/** Where the pen stands. */
export interface Place {
  /** How many bodies are around it. */
  readonly depth: number;
  /** In a callback or in `ctx_run`: nothing that suspends may be written. */
  readonly instant: boolean;
  /** May this text wait for tasks? */
  readonly mayWait: boolean;
  /** In an except clause: there is an error to raise again, or to split. */
  readonly handling: boolean;
  /** The task that runs this text; none in a callback. */
  readonly task: string | undefined;
  /** The groups and timeouts around it in the same task, the innermost last. */
  readonly groups: readonly string[];
  readonly timeouts: readonly string[];
}

const topOfMain: Place = {
  depth: 0,
  instant: false,
  mayWait: true,
  handling: false,
  task: "main",
  groups: [],
  timeouts: [],
};

/** Writes the next statement at random; some ideas need two. */
export type Pen = (draft: Draft) => Body;

const userErrors: readonly UserErrorName[] = ["ErrA", "ErrB", "ErrC"];

const values: readonly Json[] = [
  null,
  true,
  false,
  0,
  1,
  2,
  7,
  -1,
  "a",
  "ok",
  "",
  [],
  [1, [2, "b"]],
];

export class Draft {
  readonly random: Random;
  readonly maxDepth: number;
  /** How many statements may still be written. */
  left: number;

  /** What the program declares. */
  readonly declared: Record<string, ObjectSpec> = {};
  /** That, and what its statements make. */
  readonly objects = new Map<string, ObjectSpec>();
  /** Tasks whose text is complete: others may wait for them. */
  readonly tasks: string[] = [];
  /** All tasks, `main` included: to cancel them, or to look at them. */
  readonly mentioned: string[] = ["main"];
  /** Futures that gather and shield made. */
  readonly bound: string[] = [];
  /** Outcomes that as_completed gives. */
  readonly outcomes: string[] = [];
  readonly groups: string[] = [];
  readonly timeouts: string[] = [];
  /** Of call_soon, call_later and call_at. */
  readonly handles: string[] = [];
  readonly timers: string[] = [];
  /** Of done callbacks. */
  readonly labels: string[] = [];
  readonly contexts: string[] = [];
  readonly tokens: { readonly var: string; readonly token: string }[] = [];

  /**
   * Somewhere main awaits itself, which is refused. Only once, and only main: CPython then takes the
   * task for one that is being awaited, and refuses whoever awaits it next.
   */
  awaitsItself = false;

  place: Place = topOfMain;
  readonly #pen: Pen;
  readonly #counts = new Map<string, number>();

  constructor(random: Random, pen: Pen, size: { statements: number; depth: number }) {
    this.random = random;
    this.#pen = pen;
    this.left = size.statements;
    this.maxDepth = size.depth;
  }

  // ---- bodies

  /** Writes something at another place. */
  at<T>(change: Partial<Place>, write: () => T): T {
    const before = this.place;
    this.place = { ...before, ...change };
    try {
      return write();
    } finally {
      this.place = before;
    }
  }

  /** No further body may be opened here. */
  get isDeep(): boolean {
    return this.place.depth >= this.maxDepth || this.left <= 0;
  }

  /** Some random statements, until the budget is spent or something leaves the body. */
  statements(low: number, high: number): Statement[] {
    const written: Statement[] = [];
    for (let more = this.random.int(low, high); more > 0 && this.left > 0; more--) {
      written.push(...this.#pen(this));
      if (leaves(written.at(-1))) break;
    }
    return written;
  }

  /** A body inside of the one that is being written. */
  body(low = 1, high = 3, change: Partial<Place> = {}): Statement[] {
    const written = this.at({ depth: this.place.depth + 1, ...change }, () =>
      this.statements(low, high),
    );
    if (written.length === 0 && low > 0) return [{ op: "sleep", ticks: this.ticks() }];
    return written;
  }

  /** A task of a new name; `write` gives its body, or random statements are taken. */
  namedBody(prefix: string, write?: (name: string) => Statement[]): NamedBody {
    const name = this.name(prefix);
    this.mentioned.push(name);
    const body = this.taskBody(name, () => write?.(name) ?? this.#randomTask());
    this.tasks.push(name);
    return { name, body };
  }

  /** The body of a task: the groups, timeouts and errors around it are not its own. */
  taskBody<T>(name: string | undefined, write: () => T): T {
    const { depth, mayWait } = this.place;
    const inside: Place = { ...topOfMain, depth: depth + 1, mayWait, task: name };
    return this.at(inside, write);
  }

  #randomTask(): Statement[] {
    const written = this.statements(1, 4);
    if (written.length === 0) written.push({ op: "sleep", ticks: this.ticks() });
    if (!leaves(written.at(-1)) && this.random.chance(0.25)) {
      written.push({ op: "return", value: this.value() });
    }
    return written;
  }

  /** The body of a callback: short, often empty, and nothing in it suspends. */
  callbackBody(): Statement[] {
    const count = this.random.pick([0, 1, 1, 2, 2, 3]);
    const inside = { ...topOfMain, instant: true, task: undefined, depth: this.place.depth + 1 };
    return this.at(inside, () => this.statements(count, count));
  }

  /** Statements whose errors do not leave them; a cancellation mostly does. */
  guarded(body: Statement[]): Statement[] {
    const on = this.random.chance(0.8) ? "Exception" : "any";
    return [{ op: "try", body, except: [{ on, body: [] }] }];
  }

  // ---- names

  /** A new name: the prefix with a number. */
  name(prefix: string): string {
    const count = (this.#counts.get(prefix) ?? 0) + 1;
    this.#counts.set(prefix, count);
    return `${prefix}${count}`;
  }

  /** Declares an object of the program. */
  declare(spec: ObjectSpec): string {
    const name = this.name(prefixes[spec.type]);
    this.declared[name] = spec;
    this.objects.set(name, spec);
    return name;
  }

  /** The names of all objects of these types. */
  objectsOf(...types: ObjectSpec["type"][]): string[] {
    return [...this.objects].flatMap(([name, spec]) => (types.includes(spec.type) ? [name] : []));
  }

  /** One of these names, if there are any; rarely one of another kind, or one that nobody has. */
  oneOf(names: readonly string[]): string | undefined {
    if (this.random.chance(0.006)) return this.random.pick(["nobody", ...this.objects.keys()]);
    return names.length === 0 ? undefined : this.random.pick(names);
  }

  /** Any task, mostly one whose text is complete. */
  task(): string {
    const { tasks, mentioned, random } = this;
    return random.pick(tasks.length > 0 && random.chance(0.8) ? tasks : mentioned);
  }

  /** The declared futures, and those that gather and shield made. */
  plainFutures(): string[] {
    return [...this.objectsOf("future"), ...this.bound];
  }

  /** A future or task that this text may wait for. */
  awaitable(): string | undefined {
    const futures = this.place.mayWait ? this.plainFutures() : this.objectsOf("future");
    const tasks = this.place.mayWait ? this.tasks : [];
    if (tasks.length === 0) return this.oneOf(futures);
    if (futures.length > 0 && this.random.chance(0.35)) return this.oneOf(futures);
    // Those that began lately are the ones that still run.
    return this.oneOf(this.random.chance(0.5) ? tasks.slice(-4) : tasks);
  }

  /** A future or task to cancel or to look at. */
  target(): string {
    const futures = this.plainFutures();
    return futures.length > 0 && this.random.chance(0.3) ? this.random.pick(futures) : this.task();
  }

  // ---- values

  /** Small, so that things meet. */
  ticks(): number {
    if (this.random.chance(0.015)) return this.random.pick([-1, 6, 9]);
    return this.random.pick([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4]);
  }

  value(): Json {
    return this.random.pick(values);
  }

  /** Fields of a message, or none. */
  message(): { msg?: string } {
    return this.random.chance(0.3) ? { msg: this.random.pick(["m1", "m2", "stop", ""]) } : {};
  }

  /** An error that a program raises. */
  error(): ErrorSpec {
    if (this.random.chance(0.05)) return this.#errorGroup();
    return this.#userError();
  }

  #userError(): ErrorSpec {
    const error = this.random.pick(userErrors);
    return this.random.chance(0.5) ? { error, value: this.random.int(1, 3) } : { error };
  }

  #errorGroup(): ErrorSpec {
    const errors = Array.from({ length: this.random.int(1, 3) }, () =>
      this.random.chance(0.15) ? this.#errorGroup() : this.#userError(),
    );
    return { error: "ExceptionGroup", errors };
  }
}

const prefixes: Record<ObjectSpec["type"], string> = {
  lock: "L",
  event: "E",
  condition: "C",
  semaphore: "S",
  bounded_semaphore: "S",
  barrier: "B",
  queue: "Q",
  lifo_queue: "Q",
  priority_queue: "Q",
  future: "F",
  context_var: "V",
};

/** Does nothing behind this statement run? */
export function leaves(statement: Statement | undefined): boolean {
  return statement?.op === "return" || statement?.op === "raise";
}
