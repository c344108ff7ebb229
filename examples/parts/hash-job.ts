// What hash-files.ts has found so far, and how it says so.
import { createHash } from "node:crypto";
import { isCancelled } from "heddle";
import type { Progress } from "./progress-bar.ts";

const ERRORS_SHOWN = 10;

export class HashJob {
  /** Files below the folder; counted only where there is a progress bar. */
  found = 0;
  /** Files that are open at this moment. */
  open = 0;
  bytes = 0;
  readonly #began = performance.now();
  readonly #digests: string[] = [];
  readonly #errors: string[] = [];

  /** `path` is relative to the folder. */
  add(path: string, digest: string): void {
    this.#digests.push(`${digest}  ./${path}\n`);
  }

  /** What cannot be read, or has vanished since, is counted, and no reason to stop. */
  fail(error: unknown): void {
    if (isCancelled(error)) throw error; // but Ctrl-C is one
    const message = error instanceof Error ? error.message : String(error);
    this.#errors.push(message.replace(/\p{Cc}/gu, "?"));
  }

  progress(): Progress {
    return {
      done: this.#digests.length + this.#errors.length,
      total: this.found,
      text: `${this.#digests.length} files, ${megabytes(this.bytes)}`,
    };
  }

  report(ending: "done" | "interrupted"): void {
    const seconds = (performance.now() - this.#began) / 1000;
    const rate = `${megabytes(this.bytes / seconds)}/s`;
    console.log(`${ending}: ${this.#digests.length} files, ${megabytes(this.bytes)}`);
    console.log(`${seconds.toFixed(2)} s, ${rate}; files still open: ${this.open}`);
    if (ending === "done") console.log(`digest of all: ${this.#combine()}`);
    console.log(`could not be read: ${this.#errors.length}`);
    for (const error of this.#errors.slice(0, ERRORS_SHOWN)) console.log(`  ${error}`);
    const more = this.#errors.length - ERRORS_SHOWN;
    if (more > 0) console.log(`  and ${more} more`);
  }

  /** The digest of what `sha256sum` prints for all the files, in the order of their names. */
  #combine(): string {
    const name = (line: string) => line.slice(line.indexOf(" "));
    const lines = this.#digests.sort((a, b) => (name(a) < name(b) ? -1 : 1));
    return createHash("sha256").update(lines.join("")).digest("hex");
  }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
