/*
 * Work on a list with as many at once as the machine has cores.
 */
import { availableParallelism } from "node:os";

/** The results, in the order of the list. */
export async function inTurn<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<readonly R[]>,
): Promise<R[]> {
  const results: (readonly R[])[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results.flat();
}
