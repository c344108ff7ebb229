/*
 * The network of the operating system, by Node's own modules.
 */
import type { Network } from "../stream/network.ts";
import { connectSocket } from "./connect-socket.ts";
import { bindDatagram } from "./datagram/bind-datagram.ts";
import { listenSocket } from "./listen-socket.ts";
import { lookupHost, reverseLookupHost } from "./lookup-host.ts";

export const systemNetwork: Network = {
  lookup: lookupHost,
  reverseLookup: reverseLookupHost,
  connect: connectSocket,
  listen: listenSocket,
  bind: bindDatagram,
};
