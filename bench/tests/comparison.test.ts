import { describe, expect, it } from "vitest";
import { rowsOf } from "../harness/comparison.ts";
import type { Outcome } from "../harness/rounds.ts";
import type { Budget, Contestant, Work } from "../works.ts";

function work(budget: Budget): Work {
  const parameters = { SECONDS: 0 };
  return {
    name: "run",
    what: "",
    programs: "run",
    contestants: ["heddle", "promise"],
    unit: "ns",
    full: parameters,
    quick: parameters,
    rounds: 2,
    budgets: [budget],
  };
}

function outcome(contestant: Contestant, costs: number[], note?: string): Outcome {
  const ms = Math.min(...costs) / 1000;
  const extra = note === undefined ? {} : { note };
  return { contestant, costs, best: { n: 1000, ms, extra } };
}

/** The row of the peer. */
function compare(budget: Budget, heddle: number[], promise: number[], quick = false) {
  const outcomes = [outcome("heddle", heddle), outcome("promise", promise, "as it says itself")];
  const rows = rowsOf({ work: work(budget), outcomes, skipped: [] }, "20.20.2", quick);
  expect(rows).toHaveLength(2);
  return rows[1];
}

describe("a budget", () => {
  const difference: Budget = {
    against: "promise",
    limit: 2_000,
    form: "difference",
    text: "<= 2,000 ns more",
  };

  it("can be a difference, of the bests and of each pair", () => {
    expect(compare(difference, [1_500, 4_000], [100, 200])).toMatchObject({
      cost: "100 ns",
      ratio: "1,400 ns more",
      pairs: "2,600 (1,400 to 3,800)",
      verdict: "met",
    });
  });

  it("of that kind is not met by more", () => {
    expect(compare(difference, [2_101], [100])).toMatchObject({ verdict: "not met" });
  });

  it("is a ratio otherwise", () => {
    const ratio: Budget = { against: "promise", limit: 2, text: "<= 2 x its time" };
    expect(compare(ratio, [300], [100])).toMatchObject({
      ratio: "3.00 x its time",
      verdict: "not met",
    });
    expect(compare(ratio, [200], [100])).toMatchObject({ verdict: "met" });
  });

  it("gets no verdict in a quick run", () => {
    expect(compare(difference, [9_000], [100], true)).toMatchObject({ verdict: "" });
  });
});

describe("a note", () => {
  it("is what the program prints about itself", () => {
    const row = compare({ against: "promise", limit: 1, text: "" }, [1], [1]);
    expect(row).toMatchObject({ note: "as it says itself" });
  });
});
