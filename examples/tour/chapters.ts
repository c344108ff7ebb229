// What the tour tells, and in which order.
import { type Coroutine, getEventLoop, run } from "heddle";
import { type Printed, record } from "./record.ts";
import type { Terminal } from "./terminal.ts";
import { drawTimeline, observeTasks } from "./timeline.ts";

export interface Chapter {
  title: string;
  about: string;
  source: URL;
  /** Runs the example; gives what is to be shown below it. */
  play: (printed: Printed[], stage: Stage) => Promise<string[]>;
}

export interface Stage {
  /** What the last chapter hashes. */
  folder: string;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  terminal: Terminal;
}

/** What every example exports. */
interface Example {
  default: (argument?: string) => Coroutine<void>;
}

const sourceOf = (name: string) => new URL(`../${name}.ts`, import.meta.url);

/** A chapter that runs an example, and no more. */
function plain(name: string, title: string, about: string): Chapter {
  const source = sourceOf(name);
  return {
    title,
    about,
    source,
    async play(printed, { folder, signal }) {
      const { default: main } = (await import(source.href)) as Example;
      await record(source, printed, () => run(main(folder), { signal }));
      return [];
    },
  };
}

const heading = (text: string): Printed => ({ text, line: undefined, at: 0, task: undefined });

const printSum: Chapter = {
  title: "The event loop",
  about:
    "`yield*` is Python's `await`. While one coroutine waits, the loop runs the others: two sums that " +
    "wait a tenth of a second each are done in a tenth of a second.",
  source: sourceOf("print-sum"),
  async play(printed, { signal, terminal }) {
    const { default: main, classic } = await import("../print-sum.ts");
    const loop = getEventLoop();
    const moments = observeTasks(loop);
    printed.push(heading("main:"));
    try {
      await record(this.source, printed, () => run(main(), { name: "main", signal }));
    } finally {
      loop.setTaskFactory(null);
    }
    const lanes = drawTimeline(moments, printed, terminal);
    printed.push(heading("classic:"));
    await record(this.source, printed, classic);
    return ["What happened when, one lane for each task:", "", ...lanes];
  },
};

export const chapters: readonly Chapter[] = [
  plain(
    "fibonacci",
    "A generator",
    "`generator` gives a function* what Python's generators have: send, throw and close.",
  ),
  plain(
    "producer-consumer",
    "Two coroutines that hand values to each other",
    "`send` resumes the other side where it stands, at its `yield`, and brings back its answer.",
  ),
  printSum,
  plain(
    "chat-server",
    "A server on a real port",
    "A hundred clients at the same time, each handled by coroutines that read like a dialogue.",
  ),
  plain(
    "hash-files",
    "A job",
    "Hash every file below a folder, with a bounded queue, eight workers and a progress bar. Ctrl-C " +
      "ends it at once and leaves nothing open.",
  ),
];

/** The chapter that takes a folder. */
export const FOLDER_CHAPTER = 5;
