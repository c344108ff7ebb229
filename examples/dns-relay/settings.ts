// What the command line says.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { portOf } from "../parts/usage.ts";
import { Hosts } from "./hosts.ts";
import type { Endpoint } from "./upstream.ts";

export const USAGE = `heddle run examples/dns-relay.ts [options]
  --listen ADDRESS:PORT     127.0.0.1:5300 if not given; port 0 finds a free one
  --upstream ADDRESS[:PORT] a resolver to ask; another one is asked when it fails
                            (those of /etc/resolv.conf if not given)
  --host NAME=ADDRESS       answer this name here; may be given several times
  --hosts FILE              the same, for the lines of a file like /etc/hosts
  --timeout MS              that each resolver has for its answer: 2000
  --cache COUNT             answers that are kept: 10000
  --concurrency COUNT       queries that are answered at once: 1000, at most 10000`;

export interface Settings {
  listen: Endpoint;
  upstreams: Endpoint[];
  hosts: Hosts;
  timeout: number;
  cacheSize: number;
  concurrency: number;
}

/** Throws an Error in words for what cannot be. */
export function settingsOf(args: string[]): Settings {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      listen: text,
      upstream: { ...text, multiple: true },
      host: { ...text, multiple: true },
      hosts: text,
      timeout: text,
      cache: text,
      concurrency: text,
    },
  });
  const hosts = new Hosts();
  if (values.hosts !== undefined) hosts.addFile(values.hosts);
  for (const each of values.host ?? []) {
    const [name = "", address = ""] = each.split("=");
    hosts.add(name, address);
  }
  const upstreams = (values.upstream ?? systemResolvers()).map((each) => endpoint(each, 53));
  if (upstreams.length === 0) throw new Error("no resolver to ask: give one by --upstream");
  return {
    listen: endpoint(values.listen ?? "127.0.0.1:5300", 5300),
    upstreams,
    hosts,
    timeout: number("--timeout", values.timeout, 2000, 1),
    cacheSize: number("--cache", values.cache, 10_000, 0),
    concurrency: number("--concurrency", values.concurrency, 1000, 1, 10_000),
  };
}

/** "1.2.3.4:53", "1.2.3.4", "[::1]:53" or "::1". */
function endpoint(text: string, usual: number): Endpoint {
  const match =
    /^\[(?<host>.+)\](?::(?<port>\d+))?$/.exec(text) ??
    /^(?<host>[^:]+)(?::(?<port>\d+))?$/.exec(text) ??
    /^(?<host>[\da-fA-F:]+(?:%.+)?)$/.exec(text);
  if (match?.groups?.host === undefined) throw new Error(`"${text}" is no ADDRESS:PORT`);
  return { host: match.groups.host, port: portOf(match.groups.port ?? `${usual}`) };
}

function systemResolvers(): string[] {
  const lines = readFileSync("/etc/resolv.conf", "utf8").split("\n");
  return lines.flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
}

function number(
  name: string,
  text: string | undefined,
  usual: number,
  lowest: number,
  highest = 2 ** 31 - 1,
): number {
  const value = Number(text ?? usual);
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw new Error(`${name} needs a whole number from ${lowest} to ${highest}, got "${text}"`);
}
