// What the command line says.
import { parseArgs } from "node:util";

export const USAGE = `heddle run examples/port-checker.ts HOST... --ports 22,80,8000-8010 [options]
  --concurrency COUNT   attempts at once: 200
  --timeout MS          for each attempt, after which a port counts as filtered: 1000
  --all                 show closed and filtered ports, too
  --json                one JSON object per port, instead of a table`;

export interface Wishes {
  hosts: string[];
  ports: number[];
  concurrency: number;
  timeout: number;
  all: boolean;
  json: boolean;
}

/** Throws an Error in words for what cannot be. */
export function wishesOf(args: string[]): Wishes {
  const { values, positionals: hosts } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ports: { type: "string", short: "p" },
      concurrency: { type: "string", default: "200" },
      timeout: { type: "string", default: "1000" },
      all: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  if (hosts.length === 0) throw new Error("which hosts?");
  if (values.ports === undefined) throw new Error("which ports? --ports 22,80,8000-8010");
  return {
    hosts: [...new Set(hosts)],
    ports: portsOf(values.ports),
    concurrency: positive("--concurrency", values.concurrency),
    timeout: positive("--timeout", values.timeout),
    all: values.all,
    json: values.json,
  };
}

/** "22,80,8000-8010": each port once, the lowest first. */
export function portsOf(text: string): number[] {
  const ports = new Set<number>();
  for (const part of text.split(",")) {
    const [, low, high = low] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    const [from, to] = [Number(low), Number(high)];
    if (!(from >= 1 && to <= 65_535 && from <= to)) {
      throw new Error(`"${part}" is neither a port (1 to 65535) nor a range of ports`);
    }
    for (let port = from; port <= to; port++) ports.add(port);
  }
  return [...ports].sort((a, b) => a - b);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name} needs a whole number of at least 1, got "${text}"`);
}
