/*
 * What openConnection, createConnection and their Unix variants can be told, and its checks.
 */
import type { TlsClientOptions } from "../stream/tls.ts";
import type { Plan } from "./connect.ts";
import { hostAndPort, networkError } from "./network-error.ts";
import {
  checkAddress,
  checkAmount,
  checkCount,
  checkFlag,
  checkOptions,
  checkPort,
  checkText,
  describe,
} from "./options.ts";
import { checkLength } from "./socket-path.ts";
import { checkClientTls } from "./tls/tls-options.ts";

export interface ConnectOptions {
  /**
   * Milliseconds that all may take together (the name, the connection, the handshake), after which a
   * TimeoutError is thrown; no limit but the system's if not given.
   */
  timeout?: number | null;
  /** Milliseconds without a byte in either direction after which the connection is closed; never if not given. */
  idleTimeout?: number | null;
  /** True, or what TLS is to use: the connection is encrypted, and the other side's certificate checked. */
  tls?: boolean | TlsClientOptions | null;
}

export interface TcpConnectOptions extends ConnectOptions {
  /** Name or address of the host; "localhost" if not given. */
  host?: string;
  port: number;
  /** 4 or 6: only IPv4, or IPv6, addresses of the host. */
  family?: 0 | 4 | 6;
  /** The address of this machine to connect from. */
  localAddress?: string;
  localPort?: number;
  /**
   * Milliseconds after which the host's next address is tried as well (RFC 8305); 250 if not given. null:
   * one after another, each when the one before has failed.
   */
  happyEyeballsDelay?: number | null;
  /** How many addresses of the first family are tried before those of the other; 1 if not given. */
  interleave?: number;
  /** Send small pieces at once (TCP_NODELAY): true if not given. */
  noDelay?: boolean;
  /**
   * Probe a silent connection: true (after a minute), or after how many milliseconds, at least 1,000 (the
   * system counts in seconds); false if not given.
   */
  keepAlive?: boolean | number;
}

export interface UnixConnectOptions extends ConnectOptions {
  /** Path of the socket; one that begins with "\0" is an abstract name (Linux). */
  path: string;
}

export const CONNECT = ["timeout", "idleTimeout", "tls"];
const TCP = [
  "host",
  "port",
  "family",
  "localAddress",
  "localPort",
  "happyEyeballsDelay",
  "interleave",
  "noDelay",
  "keepAlive",
];

const DELAY = 250;

/** A plan for what the options say; they may have `others`, too. Throws TypeError or RangeError. */
export function tcpPlan(call: string, options: TcpConnectOptions, others: string[]): Plan {
  checkOptions(call, options, [...TCP, ...CONNECT, ...others]);
  const { host = "localhost", port, family = 0, localAddress, localPort } = options;
  const { happyEyeballsDelay = DELAY, interleave = 1, noDelay = true, keepAlive } = options;
  checkText(call, "host", host);
  checkPort(call, port, 1);
  checkFamily(call, family);
  checkAddress(call, "localAddress", localAddress);
  if (localPort !== undefined) checkPort(call, localPort, 0);
  if (happyEyeballsDelay !== null) {
    checkAmount(call, "happyEyeballsDelay", happyEyeballsDelay, 0);
  }
  checkCount(call, "interleave", interleave, 1);
  checkFlag(call, "noDelay", noDelay);
  return {
    target: hostAndPort(host, port),
    where: { host, port },
    family,
    happyEyeballsDelay,
    interleave,
    wire: { localAddress, localPort, noDelay, keepAlive: probing(call, keepAlive) },
    ...common(call, options, host),
  };
}

export function unixPlan(call: string, options: UnixConnectOptions, others: string[]): Plan {
  checkOptions(call, options, ["path", ...CONNECT, ...others]);
  const { path } = options;
  checkText(call, "path", path ?? "");
  try {
    checkLength(path);
  } catch (error) {
    throw networkError(error, `cannot connect to ${pathName(path)}`);
  }
  return {
    target: pathName(path),
    where: { path },
    family: 0,
    happyEyeballsDelay: null,
    interleave: 1,
    wire: { localAddress: undefined, localPort: undefined, noDelay: false, keepAlive: null },
    ...common(call, options, undefined),
  };
}

/** An abstract name as the tools write it: "@name". */
export function pathName(path: string): string {
  return path.startsWith("\0") ? `@${path.slice(1)}` : path;
}

export function checkFamily(call: string, family: unknown): void {
  if (family === 0 || family === 4 || family === 6) return;
  throw new RangeError(
    `${call}() needs 4 or 6 as its family (or 0 for both), got ${describe(family)}`,
  );
}

const PROBE = 60_000;

/** The system counts in seconds, up to 32,767. */
const LONGEST_PROBE = 32_767_000;

/** `keepAlive` in milliseconds. */
export function probing(call: string, keepAlive: boolean | number | undefined): number | null {
  if (typeof keepAlive === "boolean" || keepAlive === undefined) return keepAlive ? PROBE : null;
  checkAmount(call, "keepAlive", keepAlive, 1000);
  if (keepAlive <= LONGEST_PROBE) return Math.ceil(keepAlive / 1000) * 1000;
  throw new RangeError(
    `${call}() needs a keepAlive of at most ${LONGEST_PROBE} milliseconds, got ${keepAlive}`,
  );
}

function common(
  call: string,
  options: ConnectOptions,
  host: string | undefined,
): Pick<Plan, "tls" | "timeout" | "idleTimeout"> {
  const { timeout = null, idleTimeout = null, tls } = options;
  if (timeout !== null) checkAmount(call, "timeout", timeout, 0);
  if (idleTimeout !== null) checkAmount(call, "idleTimeout", idleTimeout, 1);
  return { timeout, idleTimeout, tls: checkClientTls(call, tls, host) };
}
