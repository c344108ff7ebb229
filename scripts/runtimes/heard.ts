/*
 * What the command hears from one file of tests, as outcomes: also of a file that never comes to its
 * end, because it hangs, or ends its process.
 */
import type { Message } from "./inside/messages.ts";
import { fileFailure, type TestOutcome } from "./summary.ts";

export class Heard {
  readonly #file: string;
  #running: string | undefined;
  #outcomes: readonly TestOutcome[] | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Take in one message, a line of JSON. */
  hear(line: string): void {
    const message: Message = JSON.parse(line);
    if ("begins" in message) this.#running = message.begins;
    else this.#outcomes = message.outcomes;
  }

  /** What the file told, and `fault`, how it ended if it did not end well, with `details`. */
  outcomes(fault: string | undefined, details = ""): TestOutcome[] {
    if (this.#outcomes !== undefined) {
      if (fault === undefined) return [...this.#outcomes];
      return [...this.#outcomes, fileFailure(this.#file, `${fault}, after its tests${details}`)];
    }
    const when = this.#running === undefined ? "before its first test" : `in "${this.#running}"`;
    return [fileFailure(this.#file, `${fault ?? "it ended too early"}, ${when}${details}`)];
  }
}
