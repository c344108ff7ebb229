import { ExceptionGroup, isCancelled, TimeoutError } from "heddle";
import { describe, expect, test } from "vitest";

const type = new TypeError("type");
const range = new RangeError("range");
const late = new TimeoutError("late");

function nested(): ExceptionGroup {
  return new ExceptionGroup("outer", [
    type,
    new ExceptionGroup("inner", [range, new ExceptionGroup("innermost", [late, type])]),
    range,
  ]);
}

/** The tree of messages of a group. */
function shape(group: unknown): unknown {
  if (group === null) return null;
  if (!(group instanceof ExceptionGroup)) return (group as Error).message;
  return [group.message.replace(/ \(.*/, ""), ...group.errors.map(shape)];
}

describe("ExceptionGroup", () => {
  test("has the errors, counts them in its message, and is an AggregateError", () => {
    const group = new ExceptionGroup("several failed", [type, range]);
    expect(group).toBeInstanceOf(AggregateError);
    expect(group.name).toBe("ExceptionGroup");
    expect(group.message).toBe("several failed (2 errors)");
    expect(group.errors).toEqual([type, range]);
    expect(new ExceptionGroup("one failed", new Set([type])).message).toBe("one failed (1 error)");
  });

  test("needs at least one error", () => {
    expect(() => new ExceptionGroup("none", [])).toThrow(
      new RangeError("an ExceptionGroup needs at least one error"),
    );
  });

  test("takes whatever was thrown", () => {
    expect(new ExceptionGroup("odd", [undefined, "text"]).errors).toEqual([undefined, "text"]);
  });
});

describe("split", () => {
  test("by a class: the nesting is kept on both sides, empty groups vanish", () => {
    const [matching, rest] = nested().split(TypeError);
    expect(shape(matching)).toEqual(["outer", "type", ["inner", ["innermost", "type"]]]);
    expect(shape(rest)).toEqual(["outer", ["inner", "range", ["innermost", "late"]], "range"]);
  });

  test("an inner group that matches as a whole leaves nothing in the rest", () => {
    const group = new ExceptionGroup("outer", [range, new ExceptionGroup("inner", [type])]);
    const [matching, rest] = group.split((error) => error === type);
    expect([shape(matching), shape(rest)]).toEqual([
      ["outer", ["inner", "type"]],
      ["outer", "range"],
    ]);
  });

  test("by a predicate", () => {
    const [matching, rest] = nested().split((error) => error === late);
    expect(shape(matching)).toEqual(["outer", ["inner", ["innermost", "late"]]]);
    expect(shape(rest)).toEqual([
      "outer",
      "type",
      ["inner", "range", ["innermost", "type"]],
      "range",
    ]);
  });

  test("by a class of errors: subclasses match", () => {
    class Narrow extends TimeoutError {}
    const group = new ExceptionGroup("g", [new Narrow("narrow"), type]);
    expect(shape(group.subgroup(TimeoutError))).toEqual(["g", "narrow"]);
    expect(group.subgroup(Error)).toBe(group);
  });

  test("all or nothing gives the group itself or null", () => {
    const group = nested();
    expect(group.split(() => true)).toEqual([group, null]);
    expect(group.split(() => true)[0]).toBe(group);
    const [none, all] = group.split(SyntaxError);
    expect(none).toBeNull();
    expect(shape(all)).toEqual(shape(group));
  });

  test("a predicate is asked for groups too: one that matches is taken whole", () => {
    const isInner = (error: unknown) =>
      error instanceof ExceptionGroup && error.message.startsWith("inner ");
    expect(shape(nested().subgroup(isInner))).toEqual([
      "outer",
      ["inner", "range", ["innermost", "late", "type"]],
    ]);
  });

  test("the parts keep message, stack and cause", () => {
    const group = nested();
    const cause = new Error("why");
    group.cause = cause;
    const part = group.subgroup(TypeError);
    expect([part?.message, part?.stack, part?.cause]).toEqual([group.message, group.stack, cause]);
  });

  test("takes isCancelled as it is", () => {
    expect(nested().subgroup(isCancelled)).toBeNull();
  });

  test("refuses what is neither", () => {
    expect(() => nested().split("TypeError" as never)).toThrow(
      new TypeError("expected an error class or a function (error) => boolean, got string"),
    );
  });
});
