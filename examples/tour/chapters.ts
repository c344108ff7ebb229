// What the tour tells, and in which order.
import { type Coroutine, getEventLoop, run } from "heddle";
import { type Printed, record } from "./record.ts";
import type { Terminal } from "./terminal.ts";
import { drawTimeline, observeTasks } from "./timeline.ts";

/** What every example exports. */
interface Example {
  default: (argument?: string) => Coroutine<void>;
}

export interface Stage {
  /** What the last chapter hashes; undefined for what it chooses itself. */
  folder: string | undefined;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  terminal: Terminal;
}

export interface Chapter {
  title: string;
  about: string;
  source: URL;
  /** Runs the example; gives what is to be shown below it. */
  play: (printed: Printed[], stage: Stage) => Promise<string[]>;
}

const example = (name: string) => new URL(`../${name}.ts`, import.meta.url);

/** A chapter that runs an example and no more. */
function plain(name: string, title: string, about: string): Chapter {
  const source = example(name);
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

const printSum: Chapter = {
  title: "The event loop",
  about:
    "A coroutine says `yield*` where Python says `await`. While one waits, the loop runs the others: " +
    "two sums, each waiting a tenth of a second, take a tenth of a second.",
  source: example("print-sum"),
  async play(printed, { signal, terminal }) {
    const { default: main, classic } = await import("../print-sum.ts");
    const loop = getEventLoop();
    const moments = observeTasks(loop);
    try {
      await record(this.source, printed, () => run(main(), { name: "main", signal }));
    } finally {
      loop.setTaskFactory(null);
    }
    const lanes = drawTimeline(moments, printed, terminal);
    await record(this.source, printed, classic);
    return ["The order in which things happened, one lane for each task:", "", ...lanes];
  },
};

export const chapters: readonly Chapter[] = [
  plain(
    "fibonacci",
    "A generator",
    "`generator` gives a function* Python's methods: send, throw and close.",
  ),
  plain(
    "producer-consumer",
    "Two coroutines that hand values to each other",
    "`send` resumes the other side at its `yield`. No loop is needed: who sends, waits for the answer.",
  ),
  printSum,
  plain(
    "chat-server",
    "A server on a real port",
    "A hundred clients at once. One reads slowly, one never says who it is; neither holds up the others.",
  ),
  plain(
    "hash-files",
    "A job",
    "Hash every file below a folder, with a bounded queue and eight workers. Ctrl-C ends it cleanly.",
  ),
];
