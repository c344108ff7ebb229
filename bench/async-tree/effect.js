// A tree of effects, each of which runs its six at once and waits for them.
import { Effect } from "effect";
import { BRANCHES, doLeaf, IO, measureTree } from "../measure/tree.js";

const callIo = Effect.fnUntraced(function* () {
  yield* Effect.sleep(IO);
});

const leaf = Effect.fnUntraced(function* () {
  if (doLeaf()) yield* callIo();
});

const tree = Effect.fnUntraced(function* (level) {
  if (level === 0) {
    yield* leaf();
    return;
  }
  const children = Array.from({ length: BRANCHES }, () => tree(level - 1));
  yield* Effect.all(children, { concurrency: "unbounded" });
});

await measureTree((levels) => Effect.runPromise(tree(levels)));
