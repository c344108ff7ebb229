// Turns the outcomes of a work into rows: heddle against each peer, with the budget's verdict.
import type { Budget, Contestant, Work } from "../works.ts";
import { costOf, type Outcome, type Result } from "./rounds.ts";

export interface Row {
  readonly work: string;
  readonly contestant: string;
  readonly cost: string;
  readonly ratio: string;
  readonly pairs: string;
  readonly budget: string;
  readonly verdict: string;
  readonly note: string;
}

export function rowsOf(result: Result, nodeVersion: string, quick: boolean): Row[] {
  const heddle = result.outcomes.find((outcome) => outcome.contestant === "heddle");
  const took = result.outcomes.filter(({ best, failure }) => best || failure);
  return took.map((outcome) => rowOf(result.work, outcome, heddle, nodeVersion, quick));
}

function rowOf(
  work: Work,
  outcome: Outcome,
  heddle: Outcome | undefined,
  nodeVersion: string,
  quick: boolean,
): Row {
  const itself = outcome.contestant === "heddle";
  const budget = budgetOf(work, itself ? "itself" : outcome.contestant, nodeVersion);
  const row = { work: work.name, contestant: outcome.contestant, budget: budget?.text ?? "" };
  if (!outcome.best) {
    const lines = outcome.failure?.split("\n") ?? [];
    const reason = lines.find((line) => line.includes("Error")) ?? lines.at(-1) ?? "";
    return { ...row, cost: "failed", ratio: "", pairs: "", verdict: "", note: reason.trim() };
  }

  const cost = costOf(work, outcome.best);
  let [ratio, pairs, judged] = ["", "", undefined as number | undefined];
  if (itself) {
    judged = cost;
  } else if (heddle?.best && (work.unit === "ns" || work.unit === "bytes")) {
    const compare = budget?.form === "difference" ? difference : quotient;
    judged = compare(costOf(work, heddle.best), cost);
    const show = ratioFormat(work, budget, judged);
    ratio = show(judged, true);
    pairs = describePairs(pairRatios(heddle, outcome, compare), show);
  }
  // A quick run's counts are not the budgets', and its code is hardly warm.
  const verdict = quick || !budget || judged === undefined ? "" : verdictOf(judged, budget);
  const note = noteOf(work, outcome, quick);
  return { ...row, cost: formatCost(work, cost), ratio, pairs, verdict, note };
}

function verdictOf(judged: number, budget: Budget): string {
  return judged <= budget.limit ? "met" : "not met";
}

function budgetOf(work: Work, against: Contestant | "itself", nodeVersion: string) {
  const major = Number.parseInt(nodeVersion, 10);
  return work.budgets.find(
    (budget) => budget.against === against && (budget.node ?? major) === major,
  );
}

type Compare = (cost: number, peers: number) => number;
const quotient: Compare = (cost, peers) => cost / peers;
const difference: Compare = (cost, peers) => cost - peers;

function pairRatios(heddle: Outcome, peer: Outcome, compare: Compare): number[] {
  return peer.costs
    .map((cost, round) => compare(heddle.costs[round] ?? Number.NaN, cost ?? Number.NaN))
    .filter((ratio) => !Number.isNaN(ratio));
}

type Show = (ratio: number, withWords: boolean) => string;

/** In the words of the budget, else in those that give a number above one. */
function ratioFormat(work: Work, budget: Budget | undefined, ratio: number): Show {
  if (work.unit === "bytes") return (r, words) => `${digits(r)}${words ? " x its bytes" : ""}`;
  if (budget?.form === "difference") {
    return (r, words) => `${Math.round(r).toLocaleString("en")}${words ? " ns more" : ""}`;
  }
  const speed = budget ? budget.form === "speed" : ratio < 0.8;
  if (speed) return (r, words) => `${digits(1 / r)}${words ? " x as fast" : ""}`;
  return (r, words) => `${digits(r)}${words ? " x its time" : ""}`;
}

function describePairs(ratios: readonly number[], show: Show): string {
  if (ratios.length < 2) return "";
  const sorted = [...ratios].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  const ends = [show(sorted[0]!, false), show(sorted.at(-1)!, false)];
  if (Number(ends[0]) > Number(ends[1])) ends.reverse();
  return `${show(median, false)} (${ends.join(" to ")})`;
}

function noteOf(work: Work, outcome: Outcome, quick: boolean): string {
  const { ns, note, serverCpu, loadCpu, serverMicros } = outcome.best!.extra;
  const notes: string[] = [];
  const why = work.except?.[outcome.contestant]?.why;
  // A quick run's counts are smaller for everybody.
  if (why && (!quick || !work.except?.[outcome.contestant]?.N)) notes.push(why);
  if (note) notes.push(note);
  if (ns) {
    const each = Object.entries(ns).sort(([a], [b]) => Number(a) - Number(b));
    notes.push(`ns each: ${each.map(([n, cost]) => `${digits(cost)} at ${n}`).join(", ")}`);
  }
  if (serverCpu !== undefined && serverMicros !== undefined) {
    const limited =
      loadCpu !== undefined && loadCpu > 0.9 && serverCpu < loadCpu
        ? " (the load is the limit)"
        : serverCpu < 0.85
          ? " (not at its limit: others used the machine)"
          : "";
    const load = loadCpu === undefined ? "" : `, load ${digits(loadCpu)}`;
    notes.push(
      `cores used: server ${digits(serverCpu)}${load}${limited}; ` +
        `${digits(serverMicros)} µs of processor for each`,
    );
  }
  return notes.join("; ");
}

function formatCost(work: Work, cost: number): string {
  if (work.unit === "bytes") return `${Math.round(cost).toLocaleString("en")} bytes`;
  if (work.unit === "growth") return `${digits(cost)} x`;
  if (work.unit === "ms late") return `${digits(cost)} ms late`;
  return cost >= 1000 ? `${digits(cost / 1000)} µs` : `${digits(cost)} ns`;
}

/** Three digits are more than the noise deserves. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return "?";
  if (value >= 100) return String(Math.round(value));
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
