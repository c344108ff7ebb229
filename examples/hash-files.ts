// Hash every file below a folder:  heddle run examples/hash-files.ts [FOLDER]
//
// A walker puts paths into a queue that holds a hundred, eight workers take them out: however
// large the folder is, little of it is in memory. Every file counts, also those in .git and
// node_modules; links are not followed. Ctrl-C closes what is open and says how far it came.
import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { type Awaitable, type Coroutine, createTask, fromPromise, gather } from "heddle";
import { Queue, QueueShutDown, rethrowIfCancelled, taskGroup } from "heddle";
import { progressBar } from "./parts/progress-bar.ts";

const WORKERS = 8;
const CHUNK = 256 * 1024;

class Job {
  found = 0; // files, counted for the progress bar
  open = 0; // files, at this moment
  bytes = 0;
  readonly digests: string[] = [];
  readonly errors: string[] = [];

  // What cannot be read, or has vanished since, is no reason to stop. A cancellation is.
  note(error: unknown): void {
    rethrowIfCancelled(error);
    this.errors.push(messageOf(error));
  }
}

// An async function can be the body of a task as well. Cancelling the task aborts `signal`, and
// heddle waits until the function has ended: the file is closed in every case.
async function hashFile(job: Job, path: string, signal: AbortSignal): Promise<string> {
  const file = await open(path);
  job.open++;
  try {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(CHUNK);
    while (true) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
      job.bytes += bytesRead;
    }
  } finally {
    await file.close();
    job.open--;
  }
}

function* work(job: Job, root: string, paths: Queue<string>): Coroutine<void> {
  try {
    while (true) {
      const path = yield* paths.get();
      try {
        const digest = yield* createTask((signal) => hashFile(job, path, signal));
        job.digests.push(`${digest}  ./${relative(root, path)}\n`);
      } catch (error) {
        job.note(error);
      }
    }
  } catch (error) {
    if (!(error instanceof QueueShutDown)) throw error; // empty, and nothing will come
  }
}

type Visit = (path: string) => Awaitable<void>;

function* walk(job: Job, root: string, visit: Visit): Coroutine<void> {
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: Dirent[] = [];
    try {
      entries = yield* fromPromise(readdir(folder, { withFileTypes: true }));
    } catch (error) {
      job.note(error);
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isFile()) yield* visit(path);
      else if (entry.isDirectory()) folders.push(path);
    }
  }
}

// Runs ahead of the workers, so that the progress bar knows how much there is.
function* count(job: Job, root: string): Coroutine<void> {
  yield* walk(new Job(), root, function* () {
    job.found++;
  });
}

function* hashFolder(job: Job, root: string): Coroutine<void> {
  const paths = new Queue<string>(100, { name: "paths" });
  // Whatever ends this block, an error or Ctrl-C, has ended all of its tasks before.
  yield* taskGroup(function* (group) {
    const bar = group.createTask(progressBar(() => progress(job)), { name: "progress bar" });
    if (process.stderr.isTTY) group.createTask(count(job, root), { name: "count" });
    const workers = Array.from({ length: WORKERS }, (_, number) =>
      group.createTask(work(job, root, paths), { name: `worker ${number + 1}` }),
    );
    yield* walk(job, root, (path) => paths.put(path)); // waits while the queue is full
    paths.shutdown();
    yield* gather(workers);
    bar.cancel();
  });
}

const progress = ({ digests, errors, found, bytes }: Job) => ({
  done: digests.length + errors.length,
  total: found,
  text: `${digests.length} files, ${megabytes(bytes)}`,
});

function report(job: Job, ending: string, seconds: number): void {
  const { digests, bytes, errors } = job;
  console.log(`${ending}: ${digests.length} files, ${megabytes(bytes)}`);
  console.log(`${seconds.toFixed(2)} s, ${megabytes(bytes / seconds)}/s`);
  console.log(`could not be read: ${errors.length}`);
  for (const error of errors.slice(0, 10)) console.log(`  ${error}`);
  if (errors.length > 10) console.log(`  and ${errors.length - 10} more`);
  if (ending === "done") console.log(`digest of all: ${combine(digests)}`);
  console.log(`files still open: ${job.open}`);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const messageOf = (error: unknown) => String((error as Error).message).replace(/\p{Cc}/gu, "?");

// A line is what `sha256sum` prints; their digest is that of all lines in the order of the names.
function combine(lines: string[]): string {
  const name = (line: string) => line.slice(66);
  const sorted = lines.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  return createHash("sha256").update(sorted.join("")).digest("hex");
}

export default function* main(folder = process.argv[2]): Coroutine<void> {
  const root = resolve(folder ?? join(import.meta.dirname, ".."));
  const problem = yield* problemWith(root);
  if (problem !== undefined) {
    console.error(`hash-files: ${problem}`);
    process.exitCode = 2;
    return;
  }
  const job = new Job();
  const began = performance.now();
  let ending = "interrupted";
  try {
    yield* hashFolder(job, root);
    ending = "done";
  } finally {
    report(job, ending, (performance.now() - began) / 1000);
  }
}
