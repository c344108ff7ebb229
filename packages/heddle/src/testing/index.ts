export type { RunVirtualOptions } from "./run-virtual.ts";
export { runVirtual } from "./run-virtual.ts";
export { VirtualClock } from "./virtual-clock.ts";
export { waitAllTasksBlocked } from "./wait-all-tasks-blocked.ts";
