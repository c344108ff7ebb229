// A function that hands itself on, from worker to worker.
import { moduleFunction, toThread } from "heddle/node";

export async function nest(more) {
  if (more === 0) return 0;
  return 1 + (await toThread(moduleFunction(import.meta.url, "nest"), more - 1));
}
