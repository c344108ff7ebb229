// The life of tasks, drawn as lanes: time goes down, each task has a column.
//
// What is drawn is what happened. A task factory puts an observer around every coroutine before the
// loop makes a task of it; the observer sees each `next` and `throw` of the task and what comes back.
import {
  type Awaitable,
  type EventLoop,
  isCancelled,
  type Suspension,
  type TaskFactory,
} from "heddle";
import type { Printed } from "./record.ts";
import type { Style, Terminal } from "./terminal.ts";

type Happening = "created" | "running" | "waiting" | "resumed" | "done" | "cancelled" | "failed";

interface Moment {
  at: number;
  task: string;
  happening: Happening;
}

const TIME = 9;
const MARKS: Record<Happening, { mark: string; style: Style; after: string }> = {
  created: { mark: "○", style: "cyan", after: "·" },
  running: { mark: "●", style: "green", after: "┃" },
  waiting: { mark: "◌", style: "yellow", after: "┆" },
  resumed: { mark: "●", style: "green", after: "┃" },
  done: { mark: "■", style: "blue", after: "" },
  cancelled: { mark: "✕", style: "red", after: "" },
  failed: { mark: "✕", style: "red", after: "" },
};

/** Notes what becomes of each task that `loop` makes from now on. */
export function observeTasks(loop: EventLoop): Moment[] {
  const moments: Moment[] = [];
  const factory: TaskFactory = (loop, coro, options) => {
    const name = options.name ?? "task";
    const note = (happening: Happening) => {
      moments.push({ at: performance.now(), task: name, happening });
    };
    note("created");
    loop.setTaskFactory(null);
    try {
      return loop.createTask(new Observed(coro, note), { ...options, name });
    } finally {
      loop.setTaskFactory(factory);
    }
  };
  loop.setTaskFactory(factory);
  return moments;
}

class Observed<T> implements Awaitable<T>, Iterator<Suspension, T, unknown> {
  readonly #coro: Iterator<Suspension, T, unknown>;
  readonly #note: (happening: Happening) => void;
  #started = false;

  constructor(coro: Awaitable<T>, note: (happening: Happening) => void) {
    this.#coro = coro[Symbol.iterator]();
    this.#note = note;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(sent?: unknown): IteratorResult<Suspension, T> {
    return this.#step(() => this.#coro.next(sent));
  }

  throw(error: unknown): IteratorResult<Suspension, T> {
    return this.#step(() => {
      if (this.#coro.throw === undefined) throw error;
      return this.#coro.throw(error);
    });
  }

  #step(advance: () => IteratorResult<Suspension, T>): IteratorResult<Suspension, T> {
    this.#note(this.#started ? "resumed" : "running");
    this.#started = true;
    try {
      const step = advance();
      this.#note(step.done ? "done" : "waiting");
      return step;
    } catch (error) {
      this.#note(isCancelled(error) ? "cancelled" : "failed");
      throw error;
    }
  }
}

export function drawTimeline(moments: Moment[], printed: Printed[], terminal: Terminal): string[] {
  const { paint, width } = terminal;
  const tasks = [...new Set(moments.map(({ task }) => task))];
  const lane = Math.min(26, Math.floor((width - TIME) / tasks.length));
  const cell = (text: string) => text.slice(0, lane - 1).padEnd(lane);
  const began = moments[0]?.at ?? 0;
  const states = new Map<string, Happening>();

  const heading = "ms".padStart(TIME - 2).padEnd(TIME) + tasks.map(cell).join("");
  const rows = [paint("bold", heading.trimEnd())];
  const lines = printed.filter(({ task }) => task !== undefined);
  for (const moment of [...moments, ...lines].sort((a, b) => a.at - b.at)) {
    const cells = tasks.map((task) => {
      const before = states.get(task);
      const line = before === undefined ? "" : MARKS[before].after;
      if (task !== moment.task) return paint("dim", cell(line));
      if ("text" in moment) return cell(`${line} "${moment.text}"`);
      states.set(task, moment.happening);
      const { mark, style } = MARKS[moment.happening];
      return paint(style, cell(`${mark} ${moment.happening}`));
    });
    const time = (moment.at - began)
      .toFixed(1)
      .padStart(TIME - 2)
      .padEnd(TIME);
    rows.push((paint("dim", time) + cells.join("")).trimEnd());
  }
  return rows;
}
