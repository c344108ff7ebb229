// Hash every file below a folder, also those in .git and
// node_modules:  heddle run examples/hash-files.ts [FOLDER]
//
// A walker puts paths into a queue that holds a hundred, and
// eight workers take them out: however large the folder is,
// little of it is in memory. Ctrl-C closes what is open, says
// how far it came, and ends with status 130.
import { createHash } from "node:crypto";
import {
  type Coroutine,
  fromPromise,
  gather,
  Queue,
  QueueShutDown,
  rethrowIfCancelled,
  taskGroup,
} from "heddle";
import { chooseFolder } from "./parts/choose-folder.ts";
import { HashJob } from "./parts/hash-job.ts";
import { progressBar } from "./parts/progress-bar.ts";
import { walk } from "./parts/walk.ts";
import { withFile } from "./parts/with-file.ts";

const WORKERS = 8;
const CHUNK = 256 * 1024;

function* hashFile(job: HashJob, path: string) {
  return yield* withFile(path, function* (file) {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(CHUNK);
    while (true) {
      // Ctrl-C arrives here as an error. withFile closes the
      // file then, as in every case.
      const reading = file.read(buffer);
      const { bytesRead } = yield* fromPromise(reading);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
      job.bytes += bytesRead;
    }
  });
}

function* work(
  job: HashJob,
  paths: Queue<string>,
): Coroutine<void> {
  try {
    while (true) {
      const path = yield* paths.get();
      try {
        job.add(path, yield* hashFile(job, path));
      } catch (error) {
        rethrowIfCancelled(error);
        // One file that cannot be read does not end the job.
        job.fail(error);
      }
    }
  } catch (error) {
    // Shut down and empty: nothing is left to be done.
    if (!(error instanceof QueueShutDown)) throw error;
  }
}

function* hashFolder(
  job: HashJob,
  root: string,
): Coroutine<void> {
  const paths = new Queue<string>(100, { name: "paths" });
  // Whatever ends this block, an error or Ctrl-C, all of its
  // tasks have ended before.
  yield* taskGroup(function* (group) {
    const bar = group.createTask(progressBar(job));
    group.createTask(job.count()); // runs ahead, for the bar
    const workers = Array.from({ length: WORKERS }, (_, n) =>
      group.createTask(work(job, paths), {
        name: `worker ${n}`,
      }),
    );
    // `put` waits while the queue is full.
    yield* walk(root, (path) => paths.put(path), job.fail);
    paths.shutdown();
    yield* gather(workers);
    bar.cancel();
  });
}

export default function* main(
  folder = process.argv[2],
): Coroutine<void> {
  const root = yield* chooseFolder(folder);
  if (root === undefined) return;
  console.log(`hashing ${root}`);
  const job = new HashJob(root);
  try {
    yield* hashFolder(job, root);
    job.report("done");
  } catch (error) {
    job.report("interrupted");
    throw error;
  }
}
