// Make a binary tree of n nodes and walk it by a generator that delegates to itself, as one of
// heddle's generator objects.
import { generator } from "heddle";
import { expectAll, plant } from "../measure/binary-tree.js";
import { measure } from "../measure/measure.js";

const walk = generator(function* walk(tree) {
  if (tree.left) yield* walk(tree.left);
  yield tree.value;
  if (tree.right) yield* walk(tree.right);
});

await measure((n) => expectAll(walk(plant(0, n)), n));
