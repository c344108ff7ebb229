// The report: rows as an aligned text for the terminal, and the same as bench/RESULTS.md.
import type { Row } from "./comparison.ts";
import type { Machine } from "./machine.ts";

const COLUMNS: readonly [keyof Row, string][] = [
  ["work", "work"],
  ["contestant", "contestant"],
  ["cost", "each"],
  ["ratio", "heddle is"],
  ["pairs", "pairs: median (range)"],
  ["budget", "budget"],
  ["verdict", "verdict"],
  ["note", "note"],
];
const WIDTHS = [22, 17, 13, 17, 24, 24, 8, 0];

export function headLine(): string {
  return line(COLUMNS.map(([, title]) => title));
}

export function textLine(row: Row): string {
  return line(COLUMNS.map(([key]) => row[key]));
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i]!))
    .join(" ")
    .trimEnd();
}

export interface Report {
  readonly rows: readonly Row[];
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly skipped: readonly string[];
  readonly what: readonly [name: string, what: string][];
  /** Rows of works that this run left out, as an earlier run has written them. */
  readonly kept: readonly string[];
}

/** The rows of these works in a report. */
export function rowsIn(report: string, works: readonly string[]): string[] {
  return report
    .split("\n")
    .filter((line) => works.includes(/^\| ([\w-]+) \| /.exec(line)?.[1] ?? ""));
}

const KEPT = `

The last run was a partial one: it measured the works at the end of the table, and the rows above them are of
the run before.`;

export function markdown(report: Report): string {
  const { machine } = report;
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  const cells = (values: readonly string[]) => `| ${values.join(" | ")} |`;
  return `# Benchmark results

Written by \`npm run bench\`; do not edit.${report.kept.length > 0 ? KEPT : ""}

- Date: ${new Date().toISOString().slice(0, 10)}
- Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memory}; load average before the run ${machine.load}
- System: ${machine.system}
- Versions: ${versions.join(", ")}
- Skipped: ${report.skipped.join("; ") || "nothing"}

${cells(COLUMNS.map(([, title]) => title))}
${cells(COLUMNS.map(() => "---"))}
${[...report.kept, ...report.rows.map((row) => cells(COLUMNS.map(([key]) => row[key].replaceAll("|", "\\|"))))].join("\n")}

## The works

${report.what.map(([name, what]) => `- **${name}**: ${what}.`).join("\n")}

## How to read it

- Every figure is the best of several rounds. In a round each contestant runs once, in a fresh
  process, and the order rotates; what disturbs a round only ever makes it slower.
- "heddle is" compares the bests: *x its time* is heddle's cost divided by the peer's, *x as fast*
  the inverse. The pairs are the same ratio within each round: a wide range means a noisy machine.
- "promise" is what the language has without a library; "effect-microtask" is Effect with its other
  scheduler mode, which does not let timers and I/O in between. Every program is on one thread, but for
  those that hand work over: handover, cpu-map and lateness-map.
- "more" is a difference, not a ratio: what heddle costs beyond what its peer does.
- tree-…, coroutines and generators are pyperformance's async_tree, coroutines and generators, with
  its sizes and chances. The 50 ms that leaves sleep and the factorials that they compute are in the
  figures: they are the same for everybody (but a factorial takes what the language's integers take),
  and limit what any ratio can be. Python 3.11 has no eager tasks: where it is older than 3.12 the
  eager trees stand beside its ordinary ones.
- lateness: the longest of all waits; the note gives each kind's, in milliseconds.
- handover: "asyncio" is its run_in_executor on concurrent.futures, "gevent" its ThreadPool. The workers have
  been started before.
- cpu-map: the cost is the time that two workers take, as a part of what one takes: 0.50 x is twice as fast.
  It is of the best rounds of one process, in which both take turns; the note gives the median of the pairs.
- lateness-map: the longest of all sleeps in the best round. What other programs take of the processors is
  in it, too: the sleeper is one thread more than there are processors.
- "node-net" is raw node:net, and where there is TLS raw node:tls. gevent and Go have one way to serve,
  which stands beside heddle's streams.
- echo and accept: the load is a process of its own. What the fastest server reaches, the load can
  carry at least; where a server used about one core and the load less, the server is what was
  measured. With TLS the note gives the version and the cipher that server and load agreed upon.
- transfer is pyperformance's asyncio_tcp and asyncio_tcp_ssl: both ends are in one process, on one
  thread.
- idle: what the server's resident memory grew by, its garbage collected before and after, divided by
  the connections. What the system keeps for each is not in it.
- A budget is a ratio measured in the same run, or a size. Absolute times depend on the machine and
  decide nothing.
- The programs lie side by side, one directory for each work: \`bench/<work>/<contestant>\`.
`;
}
