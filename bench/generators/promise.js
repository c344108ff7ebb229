// Make a binary tree of n nodes and walk it by one of the language's own generators, which delegates
// to itself.

import { expectAll, plant } from "../measure/binary-tree.js";
import { measure } from "../measure/measure.js";

function* walk(tree) {
  if (tree.left) yield* walk(tree.left);
  yield tree.value;
  if (tree.right) yield* walk(tree.right);
}

await measure((n) => expectAll(walk(plant(0, n)), n));
