export { raiseSignal } from "./raise-signal.ts";
export type { RunVirtualOptions } from "./run-virtual.ts";
export { runVirtual } from "./run-virtual.ts";
export type { HostNames } from "./simulated-network/host-table.ts";
export type {
  Latency,
  SimulatedNetworkOptions,
} from "./simulated-network/network-options.ts";
export type { NetworkStatistics } from "./simulated-network/network-statistics.ts";
export { SimulatedNetwork } from "./simulated-network/simulated-network.ts";
export { VirtualClock } from "./virtual-clock.ts";
export { waitAllTasksBlocked } from "./wait-all-tasks-blocked.ts";
