// The most frequent words in all the text files of a folder,
// counted on all processors:
//
//   $ npx heddle run examples/word-count.ts [FOLDER]
//
// A job is a handful of files. Few jobs are taken ahead of
// the threads, however large the folder is; meanwhile the
// loop draws the progress bar. Ctrl-C stops the threads,
// shows what was counted, and ends with status 130.
import {
  asyncGenerator,
  type Coroutine,
  isCancelled,
  iterate,
  taskGroup,
} from "heddle";
import {
  moduleFunction,
  ThreadPoolExecutor,
} from "heddle/node";
import { chooseFolder } from "./parts/choose-folder.ts";
import { progressBar } from "./parts/progress-bar.ts";
import { walk } from "./parts/walk.ts";
import { Tally } from "./word-count/tally.ts";

const FILES_PER_JOB = 16;

// Threads share no variables. They load the function by its
// module; its type is known here, so arguments are checked.
type Work = typeof import("./word-count/count-words.ts");
const countWords = moduleFunction<Work["countWords"]>(
  import.meta.resolve("./word-count/count-words.ts"),
  "countWords",
);

// Paths by the handful. `emit` waits until more are wanted,
// so the walk is never far ahead of the threads.
function handfuls(root: string, tally: Tally) {
  return asyncGenerator<string[]>(function* (emit) {
    let paths: string[] = [];
    const take = function* (path: string): Coroutine<void> {
      if (paths.push(path) < FILES_PER_JOB) return;
      yield* emit(paths);
      paths = [];
    };
    yield* walk(root, take, tally.fail);
    if (paths.length > 0) yield* emit(paths);
  });
}

function* countFolder(
  root: string,
  tally: Tally,
): Coroutine<void> {
  const pool = new ThreadPoolExecutor();
  const files = handfuls(root, tally);
  // Whichever job ends first is counted first.
  const options = { ordered: false };
  using counted = iterate(
    pool.map(countWords, files, options),
  );
  for (
    let next = yield* counted.next();
    !next.done;
    next = yield* counted.next()
  )
    tally.add(next.value);
  yield* pool.shutdown();
}

export default function* main(
  folder = process.argv[2],
): Coroutine<void> {
  const root = yield* chooseFolder(folder);
  if (root === undefined) return;
  console.log(`counting words in ${root}`);
  const tally = new Tally();
  try {
    yield* taskGroup(function* (group) {
      group.createTask(tally.count(root));
      const bar = group.createTask(progressBar(tally));
      yield* countFolder(root, tally);
      bar.cancel();
    });
    tally.report("done");
  } catch (error) {
    if (isCancelled(error)) tally.report("interrupted");
    throw error;
  }
}
