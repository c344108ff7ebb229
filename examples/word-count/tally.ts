// What word-count.ts has counted so far, and how it says so.
import type { Coroutine } from "heddle";
import type { Progress } from "../parts/progress-bar.ts";
import { walk } from "../parts/walk.ts";
import type { Counted } from "./count-words.ts";

const SHOWN = 15;
const ERRORS_SHOWN = 5;
const BAR = 30;

export class Tally {
  #found = 0;
  readonly #words = new Map<string, number>();
  readonly #began = performance.now();
  readonly #errors: string[] = [];
  #files = 0;
  #binary = 0;
  #bytes = 0;
  #total = 0;

  /** Counts the files that there are; it runs ahead, for the bar. */
  *count(root: string): Coroutine<void> {
    const one = function* (this: Tally): Coroutine<void> {
      this.#found++;
    };
    yield* walk(root, one.bind(this), () => {});
  }

  add({ words, files, binary, bytes, errors }: Counted): void {
    for (const [word, count] of words) {
      this.#words.set(word, (this.#words.get(word) ?? 0) + count);
      this.#total += count;
    }
    this.#files += files;
    this.#binary += binary;
    this.#bytes += bytes;
    for (const error of errors) this.fail(error);
  }

  readonly fail = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    this.#errors.push(message.replace(/\p{Cc}/gu, "?"));
  };

  progress(): Progress {
    return {
      done: this.#files + this.#binary + this.#errors.length,
      total: this.#found,
      text: `${this.#files} files, ${this.#total} words`,
    };
  }

  report(ending: "done" | "interrupted"): void {
    const { done } = this.progress();
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(2);
    const most = [...this.#words].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const [[, highest] = ["", 0]] = most;
    const width = Math.max(0, ...most.slice(0, SHOWN).map(([word]) => word.length));
    for (const [word, count] of most.slice(0, SHOWN)) {
      const bar = "█".repeat(Math.max(1, Math.round((count / highest) * BAR)));
      console.log(`${`${count}`.padStart(`${highest}`.length)}  ${word.padEnd(width)}  ${bar}`);
    }
    console.log(`${ending}: ${done} of ${this.#found} files, ${this.#binary} of them no text`);
    const megabytes = (this.#bytes / 1e6).toFixed(1);
    console.log(`${this.#total} words, ${this.#words.size} different ones`);
    console.log(`${megabytes} MB in ${seconds} s`);
    if (this.#errors.length > 0) console.log(`could not be read: ${this.#errors.length}`);
    for (const error of this.#errors.slice(0, ERRORS_SHOWN)) console.log(`  ${error}`);
  }
}
