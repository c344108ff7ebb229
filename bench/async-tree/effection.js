// A tree of operations, each of which runs its six at once and waits for them.
import { all, run, sleep } from "effection";
import { BRANCHES, doLeaf, IO, measureTree } from "../measure/tree.js";

function* callIo() {
  yield* sleep(IO);
}

function* leaf() {
  if (doLeaf()) yield* callIo();
}

function* tree(level) {
  if (level === 0) {
    yield* leaf();
    return;
  }
  yield* all(Array.from({ length: BRANCHES }, () => tree(level - 1)));
}

await measureTree((levels) => run(() => tree(levels)));
