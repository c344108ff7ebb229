/*
 * What a worker has done, line by line in a file: both kinds of worker can write one, and when a line is there
 * is known exactly.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Coroutine, failAfter, sleep } from "heddle";
import { onTestFinished } from "vitest";

export interface Diary {
  readonly path: string;
  lines(): string[];
  /** Wait until the worker has written this line. */
  until(line: string): Coroutine<void>;
}

export function openDiary(): Diary {
  const folder = mkdtempSync(join(tmpdir(), "heddle-diary-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "diary");
  const lines = () =>
    existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  return {
    path,
    lines,
    *until(line) {
      yield* failAfter(4000, function* () {
        // Another thread's or process's work has no other end that can be waited for.
        while (!lines().includes(line)) yield* sleep(2);
      });
    },
  };
}
