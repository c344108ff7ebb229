/*
 * Addresses: of hosts, of ends of a connection, and as they are written.
 */
import type { HostAddress } from "../../stream/network.ts";
import type { SocketAddress } from "../../stream/transport.ts";

export function socketAddress(address: string, port: number, family: 4 | 6): SocketAddress {
  return { address, port, family: family === 4 ? "IPv4" : "IPv6" };
}

/** Of a Unix socket: its path, "" for one without. */
export function pathAddress(path: string): SocketAddress {
  return { address: path, port: 0, family: "Unix" };
}

export function written(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The addresses of the n-th host. */
export function addressesOf(n: number): HostAddress[] {
  return [
    { address: `192.168.${n >> 8}.${n & 255}`, family: 4 },
    { address: `fd00::${n.toString(16)}`, family: 6 },
  ];
}

export function hostAddress(address: string): HostAddress {
  const family = typeof address === "string" ? familyOf(address) : 0;
  if (family !== 0 && !isLoopback(address) && !isWildcard(address)) return { address, family };
  throw new TypeError(
    `a host's address is like "10.0.0.1" or "fd00::1", got ${JSON.stringify(address)}`,
  );
}

export function familyOf(text: string): 0 | 4 | 6 {
  const parts = text.split(".");
  const isByte = (part: string) => /^\d{1,3}$/.test(part) && Number(part) < 256;
  if (parts.length === 4 && parts.every(isByte)) return 4;
  return text.includes(":") && /^[\da-f:.]+(%\w+)?$/i.test(text) ? 6 : 0;
}

export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

export function isMulticast(address: string): boolean {
  if (address.includes(":")) return /^ff/i.test(address);
  const first = Number(address.split(".")[0]);
  return first >= 224 && first < 240;
}
