// What hash-files.ts has done so far, and how it says so.
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { type Coroutine, rethrowIfCancelled } from "heddle";
import type { Progress } from "./progress-bar.ts";
import { walk } from "./walk.ts";
import { openFiles } from "./with-file.ts";

const ERRORS_SHOWN = 10;

export class HashJob {
  bytes = 0;
  readonly #root: string;
  readonly #began = performance.now();
  readonly #digests: string[] = [];
  readonly #errors: string[] = [];
  #found = 0;

  constructor(root: string) {
    this.#root = root;
  }

  add(path: string, digest: string): void {
    this.#digests.push(`${digest}  ./${relative(this.#root, path)}\n`);
  }

  /** What cannot be read, or has vanished since, is counted and listed. A cancellation goes on. */
  readonly fail = (error: unknown): void => {
    rethrowIfCancelled(error);
    const message = error instanceof Error ? error.message : String(error);
    this.#errors.push(message.replace(/\p{Cc}/gu, "?"));
  };

  /** Counts what there is to do, if there is a terminal for the progress bar. */
  *count(): Coroutine<void> {
    if (!process.stderr.isTTY) return;
    const one = function* (this: HashJob): Coroutine<void> {
      this.#found++;
    };
    yield* walk(this.#root, one.bind(this), () => {});
  }

  progress(): Progress {
    return {
      done: this.#digests.length + this.#errors.length,
      total: this.#found,
      text: `${this.#digests.length} files, ${megabytes(this.bytes)}`,
    };
  }

  report(ending: "done" | "interrupted"): void {
    const seconds = (performance.now() - this.#began) / 1000;
    console.log(`${ending}: ${this.#digests.length} files`);
    console.log(`${megabytes(this.bytes)} in ${seconds.toFixed(2)} s`);
    console.log(`${megabytes(this.bytes / seconds)}/s`);
    if (ending === "done") console.log(`digest of all: ${this.#combine()}`);
    console.log(`files still open: ${openFiles()}`);
    console.log(`could not be read: ${this.#errors.length}`);
    for (const error of this.#errors.slice(0, ERRORS_SHOWN)) console.log(`  ${error}`);
    const more = this.#errors.length - ERRORS_SHOWN;
    if (more > 0) console.log(`  and ${more} more`);
  }

  /** The digest of what `sha256sum` prints for all the files, in the order of their names. */
  #combine(): string {
    const name = (line: string) => line.slice(line.indexOf(" "));
    const lines = this.#digests.sort((a, b) => (name(a) < name(b) ? -1 : 1));
    const hash = createHash("sha256");
    for (const line of lines) hash.update(line);
    return hash.digest("hex");
  }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
