/*
 * Connecting, whatever for: look the host up, try its addresses, make the connection secure, in time.
 */
import type { Coroutine } from "../coroutine/types.ts";
import { type Endpoint, networkOf, type Wire, type WireOptions } from "../stream/network.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { TimeoutError } from "../task/errors.ts";
import { timeout as limited } from "../task/timeout.ts";
import { firstConnection, interleave } from "./happy-eyeballs.ts";
import { networkError } from "./network-error.ts";
import { systemNetwork } from "./system-network.ts";
import { secureClient } from "./tls/secure-client.ts";
import type { TlsClientPlan } from "./tls/tls-options.ts";

/** A connection to be, from options that were checked. */
export interface Plan {
  /** How errors call it: "localhost:80". */
  readonly target: string;
  readonly where: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly family: 0 | 4 | 6;
  readonly happyEyeballsDelay: number | null;
  readonly interleave: number;
  readonly wire: WireOptions;
  readonly tls: TlsClientPlan | null;
  readonly timeout: number | null;
  readonly idleTimeout: number | null;
}

/** A connection that nobody listens to yet. Throws TimeoutError, or what kept it from being made. */
export function* connectWire(plan: Plan): Coroutine<Wire> {
  const { timeout, target } = plan;
  if (timeout === null) return yield* connected(plan);
  let expired = () => false;
  try {
    return yield* limited(timeout, function* (scope) {
      expired = () => scope.expired();
      return yield* connected(plan);
    });
  } catch (error) {
    if (!expired() || !(error instanceof TimeoutError)) throw error;
    throw new TimeoutError(`no connection to ${target} within ${timeout} ms`);
  }
}

function* connected(plan: Plan): Coroutine<Wire> {
  const { target, where, tls } = plan;
  const network = networkOf(getRunningLoop(), systemNetwork);
  const doing = `cannot connect to ${target}`;
  let wire: Wire | Error[];
  try {
    if ("path" in where) wire = yield* network.connect(where, plan.wire);
    else {
      const { host, port } = where;
      const addresses = interleave(yield* network.lookup(host, plan.family), plan.interleave);
      const attempt = (to: { address: string; family: 4 | 6 }) =>
        network.connect({ ...to, port } satisfies Endpoint, plan.wire);
      const [only, another] = addresses;
      if (only !== undefined && another === undefined) wire = yield* attempt(only);
      else wire = yield* firstConnection(addresses, attempt, plan.happyEyeballsDelay);
    }
  } catch (error) {
    throw networkError(error, doing);
  }
  if (Array.isArray(wire)) throw together(wire, doing);
  return tls === null ? wire : yield* secureClient(wire, tls, target);
}

/** Several addresses were tried: the first error says why, all are its `errors`. */
function together(errors: Error[], doing: string): unknown {
  const error = networkError(errors[0], doing);
  return errors.length > 1 ? Object.assign(error as Error, { errors }) : error;
}
