/** Every statement with what executes it; a statement without a handler would not compile. */
import type { Statement } from "../program.ts";
import { suspendingCombinators } from "./combinators.ts";
import { instantContexts } from "./contexts.ts";
import { instantControl, suspendingControl } from "./control.ts";
import type {
  InstantHandler,
  InstantHandlers,
  SuspendingHandler,
  SuspendingHandlers,
} from "./handler.ts";
import { instantLocks, suspendingLocks } from "./locks.ts";
import { instantLoop } from "./loop.ts";
import { instantObjects } from "./objects.ts";
import { instantQueues, suspendingQueues } from "./queues.ts";
import { instantScopes, suspendingScopes } from "./scopes.ts";
import { instantTasks, suspendingTasks } from "./tasks.ts";

const instant: InstantHandlers = {
  ...instantControl,
  ...instantTasks,
  ...instantLoop,
  ...instantScopes,
  ...instantLocks,
  ...instantQueues,
  ...instantContexts,
  ...instantObjects,
};

const suspending: SuspendingHandlers = {
  ...suspendingControl,
  ...suspendingTasks,
  ...suspendingCombinators,
  ...suspendingScopes,
  ...suspendingLocks,
  ...suspendingQueues,
};

// A handler takes only the statements of its own operation, which is how these maps are used;
// that the key and the parameter belong together cannot be said in a Map's type.

export const instantStatements = new Map(Object.entries(instant)) as unknown as ReadonlyMap<
  string,
  InstantHandler<Statement>
>;

export const suspendingStatements = new Map(Object.entries(suspending)) as unknown as ReadonlyMap<
  string,
  SuspendingHandler<Statement>
>;
