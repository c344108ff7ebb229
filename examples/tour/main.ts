// The tour: `npm start`. Runs the examples in this folder's parent, chapter by chapter, and shows each
// program beside what it printed.
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isCancelled } from "heddle";
import { type Chapter, chapters, type Stage } from "./chapters.ts";
import type { Printed } from "./record.ts";
import { sideBySide } from "./side-by-side.ts";
import { terminalOf } from "./terminal.ts";

const FOLDER_CHAPTER = 5;

const usage = `Usage: npm start -- [--chapter N] [FOLDER]

  --chapter N   run one chapter alone
  FOLDER        what chapter ${FOLDER_CHAPTER} hashes; this repository if not given

${chapters.map(({ title }, index) => `  ${index + 1}  ${title}`).join("\n")}
`;

const next = `What to read next

  docs/guide/README.md        the guide; docs/guide/coming-from.md if you know asyncio, gevent or promises
  examples/                   these programs and more: npx heddle run examples/crawler.ts
  bench/RESULTS.md            how fast it is, beside its peers
  CONTRIBUTING.md             the map of the house

Run one chapter alone:  npm start -- --chapter 3
Hash your own files:    npm start -- --chapter 5 FOLDER   (and press Ctrl-C while it runs)
`;

class UsageError extends Error {}

interface Choice {
  numbers: number[];
  folder: string | undefined;
}

function choose(args: string[]): Choice | "help" {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { chapter: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) return "help";
  const all = chapters.map((_, index) => index + 1);
  const numbers = values.chapter === undefined ? all : all.filter((n) => `${n}` === values.chapter);
  if (numbers.length === 0) {
    throw new UsageError(`there is no chapter "${values.chapter}": choose from 1 to ${all.length}`);
  }
  const [given, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`one folder at a time, got ${positionals.length}`);
  if (given === undefined) return { numbers, folder: undefined };
  if (!numbers.includes(FOLDER_CHAPTER)) {
    throw new UsageError(`"${given}": only chapter ${FOLDER_CHAPTER} takes a folder`);
  }
  // npm runs scripts in the folder of package.json, and says where it was called.
  const folder = resolve(process.env.INIT_CWD ?? ".", given);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`"${folder}" is not a folder`);
  }
  return { numbers, folder };
}

async function tell(chapter: Chapter, number: number, stage: Stage): Promise<void> {
  const { terminal } = stage;
  const title = ` ${number}  ${chapter.title} `;
  const write = (lines: string[]) => process.stdout.write(`${lines.join("\n")}\n`);
  const rule = "━".repeat(Math.max(terminal.width - title.length - 2, 0));
  write(["", terminal.paint("bold", `━━${title}${rule}`), "", chapter.about, ""]);
  const printed: Printed[] = [];
  try {
    const more = await chapter.play(printed, stage);
    write([...sideBySide(readFileSync(chapter.source, "utf8"), printed, terminal), ""]);
    if (more.length > 0) write([...more, ""]);
  } catch (error) {
    write(printed.map(({ text }) => text));
    throw error;
  }
}

async function main(args: string[]): Promise<number> {
  // `npm start | head` closes the pipe before we are done: that is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
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
  try {
    for (const number of choice.numbers) await tell(chapters[number - 1]!, number, choice.folder);
  } catch (error) {
    if (isCancelled(error)) return 130;
    throw error;
  }
  if (choice.numbers.length > 1) process.stdout.write(next);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
