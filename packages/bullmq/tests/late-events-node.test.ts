import { expect, it } from "vitest";
import { withLateEvents } from "../src/late-events.ts";

type Read = [string, string[]][];

/** Events by number, as a reader of PostgreSQL sees those that are committed. */
function newEvents() {
  const committed: number[] = [];
  const readEvents = async (id: string, _blockTimeout: number) => {
    const from = id === "$" ? Math.max(0, ...committed) : Number(id);
    const above = committed.filter((number) => number > from).sort((one, other) => one - other);
    const events: Read = above.slice(0, 100).map((number) => [String(number), []]);
    return events.length === 0 ? null : [["events", events] satisfies [string, Read]];
  };
  return { committed, reader: withLateEvents({ readEvents }) };
}

it("events that commit after later ones are read, each once, and none from before", async () => {
  const { committed, reader } = newEvents();
  const read = async (id: string) =>
    (await reader.readEvents(id, 1))?.[0]?.[1].map(([at]) => Number(at));
  committed.push(1, 2, 3);
  expect(await read("$")).toBeUndefined();
  // What is there when it begins belongs to nobody.
  committed.push(10);
  expect(await read("3")).toEqual([10]);
  committed.push(14, 11);
  expect(await read("10")).toEqual([11, 14]);
  committed.push(13, 15);
  expect(await read("14")).toEqual([13, 15]);
  committed.push(12);
  expect(await read("15")).toEqual([12]);
  // The one who reads goes by what it got last.
  expect(await read("12")).toBeUndefined();
  committed.push(16);
  expect(await read("12")).toEqual([16]);
});
