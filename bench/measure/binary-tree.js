// The tree of pyperformance's generators benchmark: as flat as can be, its values in order.

class Tree {
  constructor(left, value, right) {
    this.left = left;
    this.value = value;
    this.right = right;
  }
}

/** The tree of the values from `first` up to, not including, `end`. */
export function plant(first, end) {
  if (first >= end) return null;
  const middle = (first + end) >> 1;
  return new Tree(plant(first, middle), middle, plant(middle + 1, end));
}

/** Takes everything from `walk`, which must be 0 to n - 1. */
export function expectAll(walk, n) {
  let count = 0;
  for (const value of walk) if (value === count) count++;
  if (count !== n) throw new Error(`${count} values in order, ${n} expected`);
}
