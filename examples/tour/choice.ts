// What `npm start -- …` asks for.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chapters, FOLDER_CHAPTER } from "./chapters.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

export interface Choice {
  /** Numbers of chapters, from 1. */
  numbers: number[];
  /** What chapter 5 hashes. */
  folder: string;
}

export const usage = `Usage: npm start -- [--chapter N] [FOLDER]

  --chapter N   show one chapter alone
  FOLDER        what chapter ${FOLDER_CHAPTER} hashes; this repository if not given

${chapters.map(({ title }, index) => `  ${index + 1}  ${title}`).join("\n")}
`;

/** Throws an Error whose message is for the user. */
export function choose(args: string[]): Choice | "help" {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { chapter: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) return "help";
  const all = chapters.map((_, index) => index + 1);
  const numbers = all.filter((n) => values.chapter === undefined || values.chapter === `${n}`);
  if (numbers.length === 0) {
    throw new Error(`there is no chapter "${values.chapter}": choose one of ${all.join(", ")}`);
  }
  const [given, ...others] = positionals;
  if (given === undefined) return { numbers, folder: repository };
  if (others.length > 0) throw new Error(`one folder at a time, got ${positionals.join(" ")}`);
  if (!numbers.includes(FOLDER_CHAPTER)) {
    throw new Error(`"${given}": only chapter ${FOLDER_CHAPTER} takes a folder`);
  }
  // npm runs scripts in the folder of package.json, and says from where it was called.
  const folder = resolve(process.env.INIT_CWD ?? ".", given);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    throw new Error(`"${given}" is ${found === undefined ? "not there" : "not a folder"}`);
  }
  return { numbers, folder };
}
