/*
 * What pools need of Node, whatever their workers are.
 */

import type { Surroundings } from "../../executor/surroundings.ts";
import type { OpenLink } from "../../executor/worker-link.ts";
import { loadFunction } from "./load-function.ts";
import { referenceTo } from "./reference-to.ts";

/** Longest delay of `setTimeout`. */
const LONGEST = 2 ** 31 - 1;

export function nodeSurroundings(open: OpenLink): Surroundings {
  return {
    open,
    reference: referenceTo,
    load: loadFunction,
    now: () => performance.now(),
    after(ms, fn) {
      // The worker that it is about keeps the process alive, or does not.
      const timer = setTimeout(fn, Math.min(ms, LONGEST)).unref();
      return () => clearTimeout(timer);
    },
  };
}
