import { describe, expect, it } from "vitest";
import { fromJson, toJson } from "../src/job-data.ts";

const across = (value: unknown) => fromJson(JSON.parse(JSON.stringify(toJson(value, "it"))));

describe("job data", () => {
  it("leaves plain JSON as it is", () => {
    const value = { a: [1, "two", null, { b: false }], "": 0 };
    expect(toJson(value, "it")).toEqual(value);
    expect(toJson(value, "it")).not.toBe(value);
  });

  it.each([
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    2n ** 70n,
    new Date(7),
    new Uint8Array([0, 255]),
    new Map([[[1], new Set([undefined])]]),
    { $: "Date", value: { $: 1 } },
    JSON.parse('{"__proto__": {"a": 1}}'),
  ])("keeps %s", (value) => {
    expect(across([value])).toEqual([value]);
    expect(across(value)).toEqual(value);
  });

  it("keeps that a date is none", () => {
    expect(across(new Date(Number.NaN))).toEqual(new Date(Number.NaN));
  });

  it("makes a Buffer a Uint8Array, and leaves out what is undefined, as JSON does", () => {
    expect(across({ bytes: Buffer.from("a"), gone: undefined })).toEqual({
      bytes: new Uint8Array([97]),
    });
    expect(Object.keys(across({ gone: undefined }) as object)).toEqual([]);
  });

  it("passes on tags that are not its own", () => {
    expect(fromJson({ $: "Other", value: [1] })).toEqual({ $: "Other", value: [1] });
  });

  it.each([
    [{ a: [{ b: () => 1 }] }, /^TypeError: it contains, at a\[0\]\.b, a function, which cannot/],
    [new Map([["k", Symbol("s")]]), /it contains, at value\(0\), a symbol/],
    [[new URL("http://a")], /it contains, at \[0\], an instance of URL/],
    [() => 1, /^TypeError: it is a function, which cannot be stored in a job/],
    [new Error("e"), /it is an instance of Error/],
  ])("refuses %s", (value, message) => {
    expect(() => toJson(value, "it")).toThrow(TypeError);
    let error: unknown;
    try {
      toJson(value, "it");
    } catch (raised) {
      error = raised;
    }
    expect(String(error)).toMatch(message);
  });

  it("refuses what contains itself, but not what is there twice", () => {
    const shared = { a: 1 };
    expect(across([shared, shared])).toEqual([shared, shared]);
    const ring: unknown[] = [];
    ring.push({ ring });
    expect(() => toJson(ring, "it")).toThrow(/at \[0\]\.ring, an object that contains itself/);
  });
});
