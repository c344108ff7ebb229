/*
 * What startServer, createServer and their Unix variants can be told, and its checks.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { ListenOptions } from "../stream/network.ts";
import type { TlsServerOptions } from "../stream/tls.ts";
import { checkFamily, pathName, probing } from "./connection-options.ts";
import { hostAndPort } from "./network-error.ts";
import {
  checkAmount,
  checkCount,
  checkFlag,
  checkOptions,
  checkPort,
  checkText,
} from "./options.ts";
import { checkServerTls, type TlsServerPlan } from "./tls/tls-options.ts";

export interface ServeOptions {
  /**
   * Connections that the system keeps waiting until they are accepted; 511 if not given, as for Node (asyncio
   * has 100). Who comes when there is no room has to try again, about a second later.
   */
  backlog?: number;
  /** False: do not listen before `server.startServing()` or `server.serveForever()`. */
  startServing?: boolean;
  /** The certificate and the key, and what else TLS is to use: connections are encrypted. */
  tls?: TlsServerOptions | null;
  /**
   * Connections that there may be at once; no limit if not given. Further ones are closed as they come,
   * which is reported to the loop's exception handler, and counted in `server.statistics()`.
   */
  maxConnections?: number | null;
  /** Milliseconds without a byte in either direction after which a connection is closed; never if not given. */
  idleTimeout?: number | null;
}

export interface TcpServeOptions extends ServeOptions {
  /** The name or address to listen on, or several; all addresses of this machine if not given. */
  host?: string | readonly string[] | null;
  /** 0 finds a free port, the same for all addresses: see `server.sockets`. */
  port: number;
  /** 4 or 6: listen only on IPv4, or IPv6, addresses. */
  family?: 0 | 4 | 6;
  /** Do not take IPv4 connections on an IPv6 address. */
  ipv6Only?: boolean;
  /** Other processes may listen on the same port, and the system shares connections out (Node 22.12 or later). */
  reusePort?: boolean;
  /** Send small pieces at once (TCP_NODELAY): true if not given. */
  noDelay?: boolean;
  /** Probe silent connections: true, or after how many milliseconds (at least 1,000); false if not given. */
  keepAlive?: boolean | number;
}

export interface UnixServeOptions extends ServeOptions {
  /**
   * Path of the socket; one that begins with "\0" is an abstract name (Linux). A socket that nobody listens
   * on any more is replaced; the path is removed when the server closes.
   */
  path: string;
  /** Everybody on this machine may connect: read and write permission for all. */
  readableAll?: boolean;
  writableAll?: boolean;
}

/** A server to be, from options that were checked. */
export interface ServePlan {
  /** How errors call it: "localhost:80". */
  readonly target: string;
  readonly where:
    | { readonly hosts: readonly string[]; readonly port: number }
    | { readonly path: string };
  readonly family: 0 | 4 | 6;
  readonly listen: ListenOptions;
  readonly tls: TlsServerPlan | null;
  readonly startServing: boolean;
  readonly maxConnections: number | null;
  readonly idleTimeout: number | null;
}

const SERVE = ["backlog", "startServing", "tls", "maxConnections", "idleTimeout"];
const TCP = ["host", "port", "family", "ipv6Only", "reusePort", "noDelay", "keepAlive"];
const UNIX = ["path", "readableAll", "writableAll"];
const BACKLOG = 511;

export function tcpServePlan(call: string, options: TcpServeOptions, others: string[]): ServePlan {
  checkOptions(call, options, [...TCP, ...SERVE, ...others]);
  const { host = null, port, family = 0, ipv6Only = false, reusePort = false } = options;
  const { noDelay = true, keepAlive } = options;
  const hosts = host === null ? [] : typeof host === "string" ? [host] : host;
  if (!Array.isArray(hosts)) checkText(call, "host", hosts);
  for (const each of hosts) checkText(call, "host", each);
  if (host !== null && hosts.length === 0) {
    throw new RangeError(`${call}() needs a host; leave it out to listen on all addresses`);
  }
  checkPort(call, port, 0);
  checkFamily(call, family);
  checkFlag(call, "ipv6Only", ipv6Only);
  checkFlag(call, "reusePort", reusePort);
  checkFlag(call, "noDelay", noDelay);
  return {
    target: hosts.length === 0 ? `port ${port}` : hosts.map((h) => hostAndPort(h, port)).join(", "),
    where: { hosts, port },
    family,
    ...common(call, options, {
      ...LISTEN,
      noDelay,
      keepAlive: probing(call, keepAlive),
      reusePort,
      ipv6Only,
    }),
  };
}

export function unixServePlan(
  call: string,
  options: UnixServeOptions,
  others: string[],
): ServePlan {
  checkOptions(call, options, [...UNIX, ...SERVE, ...others]);
  const { path, readableAll = false, writableAll = false } = options;
  checkText(call, "path", path ?? "");
  checkFlag(call, "readableAll", readableAll);
  checkFlag(call, "writableAll", writableAll);
  return {
    target: pathName(path),
    where: { path },
    family: 0,
    ...common(call, options, { ...LISTEN, readableAll, writableAll }),
  };
}

const LISTEN: ListenOptions = {
  backlog: BACKLOG,
  noDelay: false,
  keepAlive: null,
  reusePort: false,
  ipv6Only: false,
  readableAll: false,
  writableAll: false,
};

function common(
  call: string,
  options: ServeOptions,
  listen: ListenOptions,
): Omit<ServePlan, "target" | "where" | "family"> {
  const { backlog = BACKLOG, startServing = true, maxConnections = null } = options;
  const { idleTimeout = null, tls } = options;
  checkCount(call, "backlog", backlog, 1);
  checkFlag(call, "startServing", startServing);
  if (maxConnections !== null) checkCount(call, "maxConnections", maxConnections, 1);
  if (idleTimeout !== null) checkAmount(call, "idleTimeout", idleTimeout, 1);
  return {
    listen: { ...listen, backlog },
    tls: checkServerTls(call, tls),
    startServing,
    maxConnections,
    idleTimeout,
  };
}

/** Node's own listening knows `reusePort` since 22.12. */
export function refuseReusePort(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 12)) return;
  throw new RuntimeError(
    `reusePort needs Node 22.12 or later, this is Node ${process.versions.node}. Share one server ` +
      "between processes with node:cluster instead",
  );
}
