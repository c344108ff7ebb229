/** What writes each statement; one without a writer would not compile. */
import type { Op, Writers } from "../writer.ts";
import { combinatorWriters } from "./combinators.ts";
import { contextWriters } from "./contexts.ts";
import { controlWriters } from "./control.ts";
import { lockWriters } from "./locks.ts";
import { loopWriters } from "./loop.ts";
import { queueWriters } from "./queues.ts";
import { scopeWriters } from "./scopes.ts";
import { taskWriters } from "./tasks.ts";

export const writers: Writers<Op> = {
  ...controlWriters,
  ...taskWriters,
  ...loopWriters,
  ...combinatorWriters,
  ...scopeWriters,
  ...lockWriters,
  ...queueWriters,
  ...contextWriters,
};
