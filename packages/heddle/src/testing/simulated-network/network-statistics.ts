/*
 * What there is on a simulated network, and what was sent.
 */
import type { Medium } from "./medium.ts";

export interface NetworkStatistics {
  /** Connections that at least one side has not closed. */
  connections: number;
  /** Addresses, paths and ports on which somebody listens. */
  listeners: number;
  /** Packets sent so far, of all kinds. */
  packets: number;
  /** Of these, the ones that did not arrive. */
  dropped: number;
  /** Bytes of streams and datagrams sent so far, those that were sent again included. */
  bytes: number;
}

export function statisticsOf({ hosts, packets, dropped, bytes }: Medium): NetworkStatistics {
  let connections = 0;
  let listeners = 0;
  for (const host of hosts) {
    for (const { established, listener, peer } of host.ends) {
      // A connection is counted by the side that made it, or by the one that is left.
      const counts = listener === null || peer === null || peer.isDead;
      if (established && counts) connections++;
    }
    listeners += host.listeners.size + host.paths.size + host.datagrams.size;
  }
  return { connections, listeners, packets, dropped, bytes };
}
