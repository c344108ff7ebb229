import { expect, test } from "vitest";
import { chaos } from "./program.ts";

test("20 seeds: nothing is damaged, lost after it was acknowledged, left, or hangs", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { acknowledged, connections, broken } = await chaos(seed, 5);
    expect(acknowledged).toBeGreaterThan(20);
    expect(connections).toBeGreaterThan(5);
    expect(Object.keys(broken).length).toBeGreaterThan(0);
  }
}, 60_000);

test("the same seed gives the same run", async () => {
  expect(await chaos(7, 5)).toEqual(await chaos(7, 5));
  expect(await chaos(7, 5)).not.toEqual(await chaos(8, 5));
});
