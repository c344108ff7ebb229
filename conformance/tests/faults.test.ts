import { describe, expect, it } from "vitest";
import { faults } from "../faults/faults.ts";
import { planted, StaleFault } from "../faults/source.ts";

describe("the faults", () => {
  it("are many, of different names, in all rooms of the core", () => {
    expect(faults.length).toBeGreaterThanOrEqual(24);
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    const rooms = new Set(faults.map(({ file }) => file.split("/")[0]));
    expect([...rooms].sort()).toEqual(["context", "loop", "queue", "sync", "task"]);
  });

  it.each(faults.map((fault) => [fault.name, fault] as const))(
    "%s fits heddle's sources",
    (_name, fault) => {
      const text = planted(fault);
      expect(text).toContain(fault.replace);
      expect(fault.replace).not.toBe(fault.find);
    },
  );

  it("are refused where their text is not there, or more than once", () => {
    const [fault] = faults;
    expect(() => planted({ ...fault!, find: "not in it" })).toThrow(StaleFault);
    expect(() => planted({ ...fault!, find: "not in it" })).toThrow(
      /occurs 0 times in loop\/timer-heap/,
    );
    expect(() => planted({ ...fault!, find: "const" })).toThrow(/occurs \d\d times/);
  });
});
