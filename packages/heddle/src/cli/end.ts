/*
 * How the process ends. `process.exit` drops what a pipe has not taken yet, so what is still to be
 * written goes first.
 */

/** The program failed. */
export const FAILED = 1;
/** The program could not be started. */
export const USAGE = 2;
/** SIGINT ended it (128 and the signal's number, as shells have it). */
export const INTERRUPTED = 130;

let ending = false;

/** Write `report` to stderr, and end the process as soon as both streams are flushed. */
export async function end(status: number, report = ""): Promise<void> {
  if (ending) return;
  ending = true;
  if (report !== "") process.stderr.write(`${report}\n`);
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength > 0) {
      await new Promise<unknown>((resolve) => stream.write("", resolve));
    }
  }
  process.exit(status);
}
