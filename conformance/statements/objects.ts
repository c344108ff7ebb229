/** The objects that a program declares, and the statement that makes one while it runs. */
import * as heddle from "heddle";
import type { Interpreter } from "../interpreter.ts";
import type { Kind, Kinds } from "../names.ts";
import type { ObjectSpec } from "../program.ts";
import type { InstantHandlers } from "./handler.ts";

/** A new object that waits for its name. */
interface Made {
  bind(name: string): void;
}

/** Makes the object that the spec describes; bad values throw. */
export function makeObject(run: Interpreter, spec: ObjectSpec): Made {
  const made = <K extends Kind>(kind: K, object: Kinds[K]): Made => ({
    bind: (name) => run.names.bind(name, kind, object),
  });
  switch (spec.type) {
    case "lock":
      return made("lock", new heddle.Lock());
    case "event":
      return made("event", new heddle.Event());
    case "future":
      return made("future", run.loop.createFuture());
    case "condition":
      return made(
        "condition",
        spec.lock === undefined
          ? new heddle.Condition()
          : new heddle.Condition(run.names.get(spec.lock, "lock")),
      );
    case "semaphore":
      return made("semaphore", new heddle.Semaphore(spec.value));
    case "bounded_semaphore":
      return made("semaphore", new heddle.BoundedSemaphore(spec.value));
    case "barrier":
      return made("barrier", new heddle.Barrier(spec.parties));
    case "queue":
      return made("queue", new heddle.Queue(spec.maxsize ?? 0));
    case "lifo_queue":
      return made("queue", new heddle.LifoQueue(spec.maxsize ?? 0));
    case "priority_queue":
      return made("queue", new heddle.PriorityQueue(spec.maxsize ?? 0));
    case "context_var": {
      // Present and null is a default; absent is none.
      const options = Object.hasOwn(spec, "default") ? { default: spec.default } : {};
      return made("var", new heddle.ContextVar<unknown>("v", options));
    }
  }
}

export const instantObjects = {
  new(run, s, frame) {
    if (s.type === "condition" && s.lock !== undefined) run.names.get(s.lock, "lock");
    const made = run.report(frame, `new ${s.name}`, () => makeObject(run, s), "ok");
    made.bind(s.name);
  },
} satisfies Partial<InstantHandlers>;
