/*
 * Looks the names of a plan up and binds: the first pair of addresses, of the same family, that works.
 */
import type { Coroutine } from "../../coroutine/types.ts";
import {
  type DatagramWire,
  type HostAddress,
  type Network,
  networkOf,
} from "../../stream/network.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { isCancelled } from "../../task/errors.ts";
import { networkError } from "../network-error.ts";
import { systemNetwork } from "../system-network.ts";
import { type DatagramPlan, noCommonFamily } from "./datagram-options.ts";

export function* datagramWire(plan: DatagramPlan): Coroutine<DatagramWire> {
  const { doing, local, remote, options } = plan;
  const network = networkOf(getRunningLoop(), systemNetwork);
  try {
    const locals = local === null || local.host === "" ? null : yield* found(network, plan, local);
    const remotes = remote === null ? null : yield* found(network, plan, remote);
    const families = (remotes ?? locals ?? [{ family: plan.family || 4 }]).map(
      ({ family }) => family as 4 | 6,
    );
    let failure: unknown = null;
    for (const family of new Set(families)) {
      const here = locals === null ? anyAddress(family) : addressOf(locals, family);
      const there = remotes === null ? null : addressOf(remotes, family);
      if (here === undefined || there === undefined) continue;
      try {
        return yield* network.bind({
          ...options,
          family,
          local: { address: here, port: local?.port ?? 0 },
          remote: remote === null || there === null ? null : { address: there, port: remote.port },
        });
      } catch (error) {
        if (isCancelled(error)) throw error;
        failure ??= error;
      }
    }
    throw failure ?? noCommonFamily(doing);
  } catch (error) {
    throw networkError(error, doing);
  }
}

function found(
  network: Network,
  plan: DatagramPlan,
  place: { host: string },
): Coroutine<readonly HostAddress[]> {
  return network.lookup(place.host, plan.family);
}

function addressOf(addresses: readonly HostAddress[], family: 4 | 6): string | undefined {
  return addresses.find((each) => each.family === family)?.address;
}

function anyAddress(family: 4 | 6): string {
  return family === 4 ? "0.0.0.0" : "::";
}
