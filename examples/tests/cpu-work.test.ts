import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { startExample } from "./start-program.ts";

it("cpu-work: the loop goes on, a deadline ends a busy loop, an outer variable is refused", async () => {
  const { status, stdout, stderr } = await startExample("cpu-work").ended;
  expect(stderr).toBe("");
  const lines = stdout.split("\n");
  expect(lines[0]).toBe("78498 primes here: 0 beats");
  const [, beats] = /^78498 \+ 70435 on threads: (\d+) beats$/.exec(lines[1] ?? "") ?? [];
  expect(Number(beats)).toBeGreaterThan(3);
  const [, ms] = /^the endless loop ended after (\d+) ms$/.exec(lines[2] ?? "") ?? [];
  // The deadline, and the grace.
  expect(Number(ms)).toBeGreaterThanOrEqual(149);
  const source = readFileSync(new URL("../cpu-work.ts", import.meta.url), "utf8").split("\n");
  const line = source.findIndex((text) => text.includes("n * factor")) + 1;
  expect(lines[3]).toMatch(/^TypeError: pool\.submit\(\): the function uses "factor", /);
  expect(lines[3]).toContain(`(examples/cpu-work.ts:${line})`);
  expect(status).toBe(0);
});
