// What the tour tells, and in which order.
import { readFileSync } from "node:fs";
import { type Coroutine, getEventLoop, run } from "heddle";
import { NoRedisServer, withOwnRedis } from "../parts/own-redis.ts";
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

/** The same chapter, and below it what one would write in Python. */
function besidePython(chapter: Chapter, about: string): Chapter {
  const { pathname } = chapter.source;
  const name = pathname.slice(pathname.lastIndexOf("/") + 1, -".ts".length);
  const source = new URL(`${name}.py`, import.meta.url);
  return {
    ...chapter,
    async play(printed, stage) {
      const more = await chapter.play(printed, stage);
      const program = readFileSync(source, "utf8").trimEnd().split("\n");
      const indented = program.map((line) => `    ${line}`.trimEnd());
      return [...more, ...(more.length > 0 ? [""] : []), about, "", ...indented];
    },
  };
}

const remoteMap: Chapter = {
  title: "Many machines",
  about:
    "The same `map`, on three processes that could be three machines. Half-way one of them is killed: " +
    "`kill -9`. Its work is taken over, and the result is complete.",
  source: sourceOf("remote-map"),
  async play(printed, { signal, terminal }) {
    const { remoteMap } = await import("../remote-map.ts");
    const rows: string[] = [];
    const isColoured = terminal.paint("bold", "") !== "";
    const main = withOwnRedis(function* (place) {
      const picture = yield* remoteMap(place);
      rows.push(...picture.rows(isColoured), "", ...picture.legend(isColoured));
    });
    try {
      await record(this.source, printed, () => run(main, { signal }));
    } catch (error) {
      if (!(error instanceof NoRedisServer)) throw error;
      return [`Not run: ${error.message}`];
    }
    return isColoured ? ["Each worker has its colour:", "", ...rows] : rows;
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
  besidePython(
    plain(
      "cpu-work",
      "CPU work on threads",
      "What computes would stop the loop, so it goes to another thread. A deadline ends it there, even a " +
        "loop without end. Threads share no variables: a function that needs one is refused at once.",
    ),
    "In Python:",
  ),
  besidePython(remoteMap, "In Python, with celery:"),
];

/** The chapter that takes a folder. */
export const FOLDER_CHAPTER = 5;
