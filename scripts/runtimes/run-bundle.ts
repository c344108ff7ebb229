/*
 * The bundle where there is no vitest: a process of Bun or Deno, or a page of Chromium, for each file.
 */
import type { Browser } from "playwright-core";
import type { Bundle } from "./bundle.ts";
import { runChild, tail } from "./child.ts";
import { runPage } from "./chromium.ts";
import { Heard } from "./heard.ts";
import { inTurn } from "./in-turn.ts";
import { MARK } from "./inside/messages.ts";
import { root } from "./sources.ts";
import type { TestOutcome } from "./summary.ts";

/** Milliseconds for one file: each test has a limit of its own, but a busy loop outlives that. */
const FILE_LIMIT = 60_000;

/** Run these files of the bundle by `command`, to which the bundle and the file's name are added. */
export function runInProcesses(
  command: readonly string[],
  files: readonly string[],
  bundle: Bundle,
  limit = FILE_LIMIT,
): Promise<TestOutcome[]> {
  return inTurn(files, async (file) => {
    const heard = new Heard(file);
    const ended = await runChild([...command, bundle.path, file], { cwd: root, limit });
    for (const line of ended.stdout.split("\n")) {
      if (line.startsWith(MARK)) heard.hear(line.slice(MARK.length));
    }
    const said = ended.stderr.trim() === "" ? "" : `; it said:\n${tail(ended.stderr)}`;
    return heard.outcomes(ended.fault && `the process ${ended.fault}`, said);
  });
}

/** Run these files of the bundle in pages of a browser. */
export function runInPages(
  browser: Browser,
  files: readonly string[],
  bundle: Bundle,
  limit = FILE_LIMIT,
): Promise<TestOutcome[]> {
  return inTurn(files, async (file) => {
    const heard = new Heard(file);
    const fault = await runPage(browser, {
      serve: (path) => (path === "/tests.mjs" ? bundle.path : undefined),
      module: `/tests.mjs?file=${encodeURIComponent(file)}`,
      hear: (line) => heard.hear(line),
      limit,
    });
    return heard.outcomes(fault && `the page ${fault}`);
  });
}
