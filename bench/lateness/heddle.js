// How late what belongs to the embedding program comes while 100 tasks never stop: they give each
// other their turn, or they wake each other, two by two, by futures or by promises.
import { env } from "node:process";
import { Future, fromPromise, gather, run, sleep } from "heddle";
import { measureLateness } from "../measure/lateness.js";

const TASKS = 100;

function* gives(over) {
  while (!over()) yield* sleep(0);
}

/** Each wakes the other, and waits until it is woken. */
function* wakesByFutures(over, pair, me) {
  while (!over()) {
    const mine = new Future();
    pair[me] = mine;
    wake(pair[1 - me]);
    yield* mine;
  }
  wake(pair[1 - me]);
}

function wake(future) {
  if (future && !future.done()) future.setResult();
}

function* wakesByPromises(over, pair, me) {
  while (!over()) {
    const mine = new Promise((resolve) => {
      pair[me] = resolve;
    });
    pair[1 - me]?.();
    yield* fromPromise(mine);
  }
  pair[1 - me]?.();
}

function inPairs(wakes, over) {
  const pairs = Array.from({ length: TASKS / 2 }, () => []);
  return pairs.flatMap((pair) => [wakes(over, pair, 0), wakes(over, pair, 1)]);
}

const tasks = {
  turns: (over) => Array.from({ length: TASKS }, () => gives(over)),
  futures: (over) => inPairs(wakesByFutures, over),
  promises: (over) => inPairs(wakesByPromises, over),
}[env.BENCH_WORKLOAD ?? "turns"];

await measureLateness((over) => run(() => gather(tasks(over))));
