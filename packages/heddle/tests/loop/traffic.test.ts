import { expect, test } from "vitest";
import { Traffic } from "../../src/loop/traffic.ts";

const [a, b] = [{ name: "a" }, { name: "b" }];

test("somebody waits for the world until each of his waits is over", () => {
  const traffic = new Traffic(false);
  const seen = [traffic.outstanding];
  const look = () => seen.push(traffic.outstanding);
  for (let waits = 0; waits < 3; waits++) traffic.outward.add(a);
  look();
  traffic.outward.remove(a);
  traffic.outward.remove(a);
  look();
  traffic.outward.remove(a);
  look();
  // One that is over twice counts for nobody's next one.
  traffic.outward.remove(a);
  traffic.outward.add(a);
  look();
  expect([seen, traffic.met]).toEqual([[false, true, true, false, true], false]);
});

test("where it is known whose code awaits the loop, what nobody awaits counts for nobody", () => {
  const traffic = new Traffic(true);
  traffic.outward.add(a);
  traffic.inward.add(null);
  expect(traffic.outstanding).toBe(true);
  traffic.inward.add(a);
  expect(traffic.outstanding).toBe(false);
});

test("where that is not known, any wait for the loop makes up for any wait for the world", () => {
  const traffic = new Traffic(false);
  for (const who of [a, b]) traffic.outward.add(who);
  const seen: boolean[] = [];
  const look = () => seen.push(traffic.outstanding);
  traffic.inward.add(a);
  traffic.inward.add(a);
  look();
  traffic.inward.add(null);
  look();
  traffic.inward.remove(a);
  look();
  traffic.inward.remove(a);
  look();
  traffic.inward.add(null);
  look();
  expect(seen).toEqual([false, false, false, true, false]);
});
