/*
 * `heddle check`.
 */
import { dirname } from "node:path";
import { styleText } from "node:util";
import { FAILED, USAGE } from "../end.ts";
import { UsageError } from "../program-file.ts";
import { checkProgram } from "./check-program.ts";
import { findFiles } from "./find-files.ts";
import { type Finding, inOrder } from "./finding.ts";
import { loadTypeScript } from "./load-typescript.ts";
import { programMaker } from "./program.ts";
import { projectsOf } from "./project.ts";

export interface CheckOptions {
  json?: boolean;
  /** The path of a tsconfig.json, or of its folder. */
  project?: string;
}

/** Check these files and folders; findings go to stdout, and the exit status is set. */
export async function checkFiles(names: string[], options: CheckOptions): Promise<void> {
  try {
    const files = findFiles(names);
    const findings = await findingsIn(files, options.project);
    report(findings, files.length, options.json === true);
    process.exitCode = findings.length > 0 ? FAILED : 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`heddle: ${error.message}\n`);
    process.exitCode = USAGE;
  }
}

async function findingsIn(files: string[], project: string | undefined): Promise<Finding[]> {
  const ts = await loadTypeScript([
    ...files.slice(0, 1).map((file) => dirname(file)),
    process.cwd(),
  ]);
  const makeProgram = programMaker(ts);
  return projectsOf(ts, files, project)
    .flatMap((part) => checkProgram(ts, makeProgram(part), part.files))
    .sort(inOrder);
}

function report(findings: readonly Finding[], files: number, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else process.stdout.write(findings.map(lineOf).join(""));
  const found = findings.length === 0 ? "no findings" : count(findings.length, "finding");
  process.stderr.write(`${found} in ${count(files, "file")}\n`);
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

function lineOf({ file, line, column, rule, message }: Finding): string {
  const place = `${file}:${line}:${column}`;
  // A terminal that knows colours, and no NO_COLOR.
  if (!process.stdout.isTTY || process.stdout.getColorDepth() === 1)
    return `${place}  ${rule}  ${message}\n`;
  const code = message.replaceAll(/`[^`]*`/g, (text) => styleText("bold", text.slice(1, -1)));
  return `${styleText("cyan", place)}  ${styleText("yellow", rule)}  ${code}\n`;
}
