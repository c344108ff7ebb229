// A tree of async functions, each of which waits for its six with Promise.all. They run up to their
// first `await` at once, as eager tasks do.
import { BRANCHES, doLeaf, IO, measureTree } from "../measure/tree.js";

async function callIo() {
  await new Promise((resolve) => setTimeout(resolve, IO));
}

async function leaf() {
  if (doLeaf()) await callIo();
}

async function tree(level) {
  if (level === 0) {
    await leaf();
    return;
  }
  await Promise.all(Array.from({ length: BRANCHES }, () => tree(level - 1)));
}

await measureTree(tree);
