import { type Future, type FutureCallGraph, formatCallGraph, isFuture } from "heddle";

/** The text of a call graph, with the numbers that tell futures apart as they are met in it: 1, 2 … */
export function graphOf(what?: Future<unknown> | FutureCallGraph | null): string[] {
  const numbers = new Map<string, number>();
  const renumbered = formatCallGraph(what).replace(/\bid=\d+/g, (id) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size + 1);
    return `id=${numbers.get(id)}`;
  });
  return renumbered.split("\n");
}

/** A graph as nested lists: who waits, by name. */
export type Names = [name: string, awaitedBy: Names[]];

export function namesIn({ future, awaitedBy }: FutureCallGraph): Names {
  const name = "getName" in future ? (future as { getName(): string }).getName() : String(future);
  if (!isFuture(future)) throw new TypeError(`${name} is no future`);
  return [name, awaitedBy.map(namesIn)];
}
