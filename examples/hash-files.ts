// Hash every file below a folder:  heddle run examples/hash-files.ts [FOLDER]
//
// A walker puts paths into a queue that holds a hundred, eight workers take them out: however
// large the folder is, little of it is in memory. Every file counts, also those in .git and
// node_modules; links are not followed. Ctrl-C closes what is open and says how far it came.
import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import {
  type Awaitable,
  type Coroutine,
  createTask,
  fromPromise,
  gather,
  Queue,
  QueueShutDown,
  rethrowIfCancelled,
  taskGroup,
} from "heddle";
import { HashJob } from "./parts/hash-job.ts";
import { progressBar } from "./parts/progress-bar.ts";

const WORKERS = 8;
const CHUNK = 256 * 1024;

// An async function can be the body of a task as well. Cancelling the task aborts `signal`, and
// heddle waits until the function has ended: the file is closed in every case.
async function hashFile(job: HashJob, path: string, signal: AbortSignal): Promise<string> {
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

function* work(job: HashJob, root: string, paths: Queue<string>): Coroutine<void> {
  try {
    while (true) {
      const path = yield* paths.get();
      try {
        const digest = yield* createTask((signal) => hashFile(job, path, signal));
        job.add(relative(root, path), digest);
      } catch (error) {
        job.fail(error);
      }
    }
  } catch (error) {
    if (!(error instanceof QueueShutDown)) throw error; // empty, and nothing will come
  }
}

type Visit = (path: string) => Awaitable<void>;

function* walk(job: HashJob, root: string, visit: Visit): Coroutine<void> {
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: Dirent[] = [];
    try {
      entries = yield* fromPromise(readdir(folder, { withFileTypes: true }));
    } catch (error) {
      job.fail(error);
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isFile()) yield* visit(path);
      else if (entry.isDirectory()) folders.push(path);
    }
  }
}

// Runs ahead of the workers, so that the progress bar knows how much there is.
function* count(job: HashJob, root: string): Coroutine<void> {
  yield* walk(new HashJob(), root, function* () {
    job.found++;
  });
}

function* hashFolder(job: HashJob, root: string): Coroutine<void> {
  const paths = new Queue<string>(100, { name: "paths" });
  // Whatever ends this block, an error or Ctrl-C, has ended all of its tasks before.
  yield* taskGroup(function* (group) {
    const bar = group.createTask(
      progressBar(() => job.progress()),
      { name: "progress bar" },
    );
    if (process.stderr.isTTY) group.createTask(count(job, root), { name: "count" });
    const workers = Array.from({ length: WORKERS }, (_, number) =>
      group.createTask(work(job, root, paths), { name: `worker ${number + 1}` }),
    );
    yield* walk(job, root, (path) => paths.put(path)); // put waits while the queue is full
    paths.shutdown();
    yield* gather(workers);
    bar.cancel();
  });
}

export default function* main(folder = process.argv[2]): Coroutine<void> {
  const root = resolve(folder ?? join(import.meta.dirname, ".."));
  try {
    const found = yield* fromPromise(stat(root));
    if (!found.isDirectory()) throw new Error(`${root} is not a folder`);
  } catch (error) {
    rethrowIfCancelled(error);
    console.error(`hash-files: ${(error as Error).message}`);
    process.exitCode = 2;
    return;
  }
  const job = new HashJob();
  let ending: "done" | "interrupted" = "interrupted";
  try {
    yield* hashFolder(job, root);
    ending = "done";
  } finally {
    job.report(ending);
  }
}
