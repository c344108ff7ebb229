// The tree of tasks of pyperformance's async_tree benchmarks: 6 levels below the root, 6 branches at
// each node, 55,986 tasks and none for the root; the leaves do what BENCH_WORKLOAD says. With fewer
// than 55,986 in BENCH_N (the warm-up) it has fewer levels.
//
// Chance is the same in every language: the dice are thrown before the clock starts, by a generator
// whose numbers (below 2^48) are exact in all of them.
import { env } from "node:process";
import { measure, note, parameter } from "./measure.js";

export const BRANCHES = 6;

/** Milliseconds of a leaf's input or output. */
export const IO = 50;

/** Whether tasks are to start eagerly, and in groups instead of gathered. */
export const EAGER = parameter("EAGER", 0) === 1;
export const GROUP = parameter("GROUP", 0) === 1;

const WORKLOAD = env.BENCH_WORKLOAD ?? "none";
const FACTORIAL_OF = 500;
const MEMOIZABLE = 90;
const CPU_SHARE = 0.5;

/** Measures `body(levels)`, which runs a tree and waits for all of it. */
export async function measureTree(body) {
  if (WORKLOAD === "cpu-io") note(`one factorial of ${FACTORIAL_OF} takes ${timeFactorial()} µs`);
  const leavesOf = (n) => BRANCHES ** levelsOf(n);
  const dice = throwDice(leavesOf(parameter("N", 55_986)));
  await measure((n) => {
    leaves = new Leaves(WORKLOAD, dice);
    return body(levelsOf(n)).then(() => leaves.check(leavesOf(n)));
  });
}

/** What the next leaf does without waiting. True if it then waits for input or output. */
export function doLeaf() {
  return leaves.next();
}

let leaves;

class Leaves {
  #came = 0;
  #cache = new Map();
  #kind;
  #dice;

  constructor(kind, dice) {
    this.#kind = kind;
    this.#dice = dice;
  }

  next() {
    const i = this.#came++;
    switch (this.#kind) {
      case "none":
        return false;
      case "io":
        return true;
      case "cpu-io":
        if (this.#dice.coins[i] < CPU_SHARE) {
          factorial(FACTORIAL_OF);
          return false;
        }
    }
    const key = this.#dice.keys[i];
    if (key > MEMOIZABLE) return true;
    if (this.#cache.get(key)) return false;
    this.#cache.set(key, true);
    return true;
  }

  check(expected) {
    if (this.#came !== expected) throw new Error(`${this.#came} leaves, ${expected} expected`);
  }
}

/** The levels of the largest tree of at most n tasks, at least one. */
function levelsOf(n) {
  let levels = 1;
  for (let tasks = BRANCHES; ; levels++) {
    tasks += BRANCHES ** (levels + 1);
    if (tasks > n) return levels;
  }
}

/** For each leaf a number in [0, 1) and one of 1 to 100. */
function throwDice(count) {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  const coins = [];
  const keys = [];
  for (let i = 0; i < count; i++) {
    coins.push(next() / 2_147_483_647);
    keys.push(1 + (next() % 100));
  }
  return { coins, keys };
}

/** As CPython's math.factorial does it: halves, so that long numbers meet long numbers. */
function factorial(n) {
  return product(1, n);
}

function product(first, last) {
  if (last - first < 5) {
    // Five factors of up to 1,000 are exact as a number.
    let result = first;
    for (let i = first + 1; i <= last; i++) result *= i;
    return BigInt(result);
  }
  const middle = (first + last) >> 1;
  return product(first, middle) * product(middle + 1, last);
}

function timeFactorial() {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round++) {
    const start = performance.now();
    for (let i = 0; i < 200; i++) factorial(FACTORIAL_OF);
    best = Math.min(best, (performance.now() - start) / 200);
  }
  return (best * 1000).toFixed(1);
}
