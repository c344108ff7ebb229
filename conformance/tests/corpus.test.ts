import { describe, expect, it } from "vitest";
import { corpusAreas, readArea } from "../corpus.ts";
import type { Program } from "../program.ts";
import { isSameTrace, traceOf } from "../trace.ts";

describe("the corpus", () => {
  it.each(corpusAreas())("area %s: every twentieth program is equal", async (area) => {
    const sample = readArea(area).filter((_case, index) => index % 20 === 0);
    expect(sample.length).toBeGreaterThan(0);
    const differing: string[] = [];
    for (const { id, program, trace } of sample) {
      if (!isSameTrace(await traceOf(program), trace)) differing.push(id);
    }
    expect(differing).toEqual([]);
  });
});

describe("the interpreter", () => {
  it("stops a program that waits for nothing", async () => {
    const program: Program = {
      objects: { F: { type: "future" } },
      main: [{ op: "await", var: "F" }],
    };
    expect(await traceOf(program)).toEqual(["0 main: start", "0 loop: deadlock"]);
  });

  it("stops a program that goes on for ever", async () => {
    const program: Program = {
      main: [{ op: "repeat", n: 1e9, body: [{ op: "sleep", ticks: 0, quiet: true }] }],
    };
    expect(await traceOf(program)).toEqual(["0 main: start", "0 loop: limit"]);
  });

  it("stops a program whose clock goes too far", async () => {
    const program: Program = {
      main: [
        { op: "sleep", ticks: 10_000, quiet: true },
        { op: "sleep", ticks: 1 },
      ],
    };
    expect(await traceOf(program)).toEqual(["0 main: start", "10000 loop: time limit"]);
  });

  it("cancels what main left behind in the order of creation", async () => {
    const sleeper = (name: string) =>
      ({ op: "spawn", name, body: [{ op: "sleep", ticks: 9 }] }) as const;
    const program: Program = { main: [sleeper("a"), sleeper("b"), { op: "sleep", ticks: 1 }] };
    expect((await traceOf(program)).slice(-7)).toEqual([
      "1 loop: main -> null",
      "1 loop: shutdown 2",
      "1 a: sleep 9 ! CancelledError",
      "1 a: end ! CancelledError",
      "1 b: sleep 9 ! CancelledError",
      "1 b: end ! CancelledError",
      "1 loop: end",
    ]);
  });

  it("says so when the loop is stopped, before the end and in the shutdown", async () => {
    const program: Program = {
      main: [
        { op: "stop" },
        {
          op: "try",
          body: [{ op: "sleep", ticks: 5 }],
          finally: [{ op: "stop" }, { op: "sleep", ticks: 5 }],
        },
      ],
    };
    expect(await traceOf(program)).toEqual([
      "0 main: start",
      "0 main: stop -> ok",
      "0 loop: main ! RuntimeError",
      "0 loop: shutdown 1",
      "0 main: sleep 5 ! CancelledError",
      "0 main: stop -> ok",
      "0 loop: shutdown ! RuntimeError",
      "0 loop: end",
    ]);
  });

  it("has no effect where a name is unbound or of another kind", async () => {
    const program: Program = {
      objects: { L: { type: "lock" } },
      main: [
        { op: "await", var: "nobody" },
        { op: "cancel", var: "L" },
        { op: "gather", args: [{ name: "never", body: [] }, "nobody"] },
      ],
    };
    expect((await traceOf(program)).slice(1, 4)).toEqual([
      "0 main: unbound nobody",
      "0 main: unbound L",
      "0 main: unbound nobody",
    ]);
  });

  it("splits the error that is being handled", async () => {
    const program: Program = {
      main: [
        {
          op: "try",
          body: [
            {
              op: "raise",
              error: "ExceptionGroup",
              errors: [{ error: "ErrA", value: 1 }, { error: "ErrB" }],
            },
          ],
          except: [{ on: "any", body: [{ op: "split", on: "ErrA", raise: "rest" }] }],
        },
      ],
    };
    expect((await traceOf(program)).slice(1, 6)).toEqual([
      "0 main: raise ExceptionGroup[ErrA(1), ErrB]",
      "0 main: caught ExceptionGroup[ErrA(1), ErrB]",
      "0 main: split ErrA -> [ExceptionGroup[ErrA(1)], ExceptionGroup[ErrB]]",
      "0 main: raise ExceptionGroup[ErrB]",
      "0 main: end ! ExceptionGroup[ErrB]",
    ]);
  });

  it("puts its own errors in place of the trace", async () => {
    const program = { objects: { X: { type: "loom" } }, main: [] } as unknown as Program;
    const trace = await traceOf(program);
    expect(trace[0]).toMatch(/^! TypeError: /);
    expect(trace[1]).toMatch(/^! at .*interpreter/);
  });
});
