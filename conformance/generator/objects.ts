/** Objects for programs to meet at. */
import type { ObjectSpec } from "../program.ts";
import type { Draft } from "./draft.ts";
import type { Weighted } from "./random.ts";

export type ObjectType = ObjectSpec["type"];

const everyType: readonly Weighted<ObjectType>[] = [
  ["lock", 2],
  ["event", 2],
  ["condition", 2],
  ["semaphore", 1.5],
  ["bounded_semaphore", 1],
  ["barrier", 1.5],
  ["queue", 2.5],
  ["lifo_queue", 1],
  ["priority_queue", 1.5],
  ["future", 2],
  ["context_var", 1.5],
];

/** An object with fields that make it busy: few permits, few parties, little room. */
export function randomObject(
  draft: Draft,
  types: readonly Weighted<ObjectType>[] = everyType,
): ObjectSpec {
  const { random } = draft;
  const type = random.weighted(types);
  switch (type) {
    case "lock":
    case "event":
    case "future":
      return { type };
    case "condition": {
      // Conditions that share a lock.
      const locks = draft.objectsOf("lock");
      return locks.length > 0 && random.chance(0.5) ? { type, lock: random.pick(locks) } : { type };
    }
    case "semaphore":
      return { type, value: random.pick([0, 1, 1, 2, 3]) };
    case "bounded_semaphore":
      return { type, value: random.pick([1, 1, 2]) };
    case "barrier":
      return { type, parties: random.pick([1, 2, 2, 2, 3, 3, 4]) };
    case "queue":
    case "lifo_queue":
    case "priority_queue": {
      const maxsize = random.pick([undefined, -1, 1, 1, 1, 2, 2, 3]);
      return { type, ...(maxsize === undefined ? {} : { maxsize }) };
    }
    case "context_var":
      return { type, ...(random.chance(0.75) ? { default: random.pick([0, null, "d"]) } : {}) };
  }
}

export const lockTypes = ["lock", "condition", "semaphore", "bounded_semaphore"] as const;
export const queueTypes = ["queue", "lifo_queue", "priority_queue"] as const;
