// The tour: `npm start`. It runs the examples in the folder above, chapter by chapter, and shows each
// program beside what it printed.
import { readFileSync } from "node:fs";
import { isCancelled } from "heddle";
import { type Chapter, chapters, type Stage } from "./chapters.ts";
import { type Choice, choose, usage } from "./choice.ts";
import type { Printed } from "./record.ts";
import { sideBySide, wrapText } from "./side-by-side.ts";
import { terminalOf } from "./terminal.ts";

const INTERRUPTED = 130;

/** npm passes on the SIGINT that the terminal has sent to us already: one key, two signals. */
const ECHO = 200;

const next = `What to read next

  docs/guide/README.md         the guide
  docs/guide/coming-from.md    for those who know asyncio, gevent or promises
  examples                     these programs and more: npx heddle run examples/crawler.ts
  bench/RESULTS.md             how fast it is, beside its peers
  CONTRIBUTING.md              the map of the house

  npm start -- --chapter 3           one chapter alone
  npm start -- --chapter 5 FOLDER    hash a folder of yours; Ctrl-C ends it cleanly
`;

function write(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function tell(chapter: Chapter, number: number, stage: Stage): Promise<void> {
  const { terminal } = stage;
  const title = `━━ ${number}  ${chapter.title} `;
  write("", terminal.paint("bold", title.padEnd(terminal.width, "━")), "");
  write(...wrapText(chapter.about, terminal), "");
  const printed: Printed[] = [];
  try {
    const more = await chapter.play(printed, stage);
    write(...sideBySide(readFileSync(chapter.source, "utf8"), printed, terminal), "");
    if (more.length > 0) write(...more, "");
  } catch (error) {
    write(...printed.map(({ text }) => text));
    throw error;
  }
}

function listenForInterrupts(): AbortSignal {
  const controller = new AbortController();
  let first = Number.POSITIVE_INFINITY;
  process.on("SIGINT", () => {
    if (performance.now() - first > ECHO) process.exit(INTERRUPTED);
    first = Math.min(first, performance.now());
    controller.abort("SIGINT");
  });
  return controller.signal;
}

async function main(args: string[]): Promise<number> {
  // `npm start | head` closes the pipe before we are done, which is no error.
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === "EPIPE" ? 0 : 1);
  });
  let choice: Choice | "help";
  try {
    choice = choose(args);
  } catch (error) {
    console.error(`tour: ${(error as Error).message}`);
    return 2;
  }
  if (choice === "help") {
    process.stdout.write(usage);
    return 0;
  }
  const { numbers, folder } = choice;
  const stage = { folder, signal: listenForInterrupts(), terminal: terminalOf(process.stdout) };
  try {
    for (const number of numbers) {
      await tell(chapters[number - 1]!, number, stage);
      if (stage.signal.aborted) return INTERRUPTED;
    }
  } catch (error) {
    if (isCancelled(error)) return INTERRUPTED;
    throw error;
  }
  if (numbers.length > 1) write(next);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
