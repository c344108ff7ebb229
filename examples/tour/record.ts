// Runs an example and keeps what it prints, each line with the line of source that printed it.
//
// The example is an ordinary program that calls console.log. While it runs, console.log looks at the
// stack instead of writing: the innermost frame in the example's own file says where.
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import { currentTask } from "heddle";

export interface Printed {
  text: string;
  /** The line of the example that printed it; undefined if none can be told. */
  line: number | undefined;
  /** When, in milliseconds of `performance.now()`. */
  at: number;
  /** The task that printed it. */
  task: string | undefined;
}

/** Appends to `printed`, so that it is there even if `play` throws. */
export async function record(
  source: URL,
  printed: Printed[],
  play: () => Promise<unknown>,
): Promise<void> {
  const log = console.log;
  const calls: { text: string; at: number; task: string | undefined; where: Error }[] = [];
  console.log = (...args: unknown[]) => {
    const task = currentTask()?.getName();
    calls.push({ text: format(...args), at: performance.now(), task, where: new Error() });
  };
  try {
    await play();
  } finally {
    console.log = log;
    const path = fileURLToPath(source);
    for (const { text, at, task, where } of calls) {
      // Not before: the first look at a stack reads source maps, for some milliseconds.
      const line = lineIn(path, where.stack ?? "");
      for (const row of text.split("\n")) printed.push({ text: row, line, at, task });
    }
  }
}

function lineIn(path: string, stack: string): number | undefined {
  for (const frame of stack.split("\n")) {
    const at = frame.indexOf(`${path}:`);
    if (at < 0) continue;
    const line = Number.parseInt(frame.slice(at + path.length + 1), 10);
    if (line > 0) return line;
  }
  return undefined;
}
