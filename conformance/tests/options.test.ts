import { describe, expect, it } from "vitest";
import { corpusAreas, UsageError } from "../corpus.ts";
import { areaNames } from "../generator/areas.ts";
import { areaOf } from "../generator/generate.ts";
import { type Options, parseCommand } from "../options.ts";

function options(...args: string[]): Options {
  const command = parseCommand(args);
  if (command.kind !== "compare") throw new Error(`it is ${command.kind}`);
  return command.options;
}

describe("the command line", () => {
  it("asks for the corpus and 10,000 fresh programs by default", () => {
    const { corpus, fresh, file, show, shrink } = options();
    expect(corpus).toEqual(corpusAreas());
    expect(fresh).toMatchObject({ seed: 1, asked: false });
    expect(fresh?.indices).toHaveLength(10_000);
    expect({ file, show, shrink }).toEqual({ file: undefined, show: 3, shrink: false });
  });

  it("asks for the corpus and 500 fresh programs in one process with --quick", () => {
    const { corpus, fresh } = options("--quick");
    expect(corpus).toEqual(corpusAreas());
    expect(fresh?.indices).toHaveLength(500);
    expect(fresh?.jobs).toBe(1);
  });

  it("asks for one of both with --corpus or --programs, and for both with both", () => {
    expect(options("--corpus").fresh).toBeUndefined();
    expect(options("--programs", "20").corpus).toEqual([]);
    expect(options("--programs", "20").fresh).toMatchObject({ asked: true });
    const both = options("--corpus", "--programs", "20");
    expect(both.corpus).toEqual(corpusAreas());
    expect(both.fresh?.indices).toHaveLength(20);
  });

  it("takes the first programs of the areas that are chosen", () => {
    const { corpus, fresh } = options(
      "--areas",
      "locks, tasks,locks",
      "--programs",
      "30",
      "--seed",
      "7",
    );
    expect(corpus).toEqual([]);
    expect(fresh?.seed).toBe(7);
    expect(fresh?.indices).toHaveLength(30);
    expect(new Set(fresh?.indices.map(areaOf))).toEqual(new Set(["locks", "tasks"]));
    expect(fresh?.indices[1]).toBe(areaNames.indexOf("locks"));
  });

  it("leaves fresh programs out for areas that have none", () => {
    const { corpus, fresh } = options("--areas", "found");
    expect(corpus).toEqual(["found"]);
    expect(fresh).toBeUndefined();
  });

  it("takes one program by its index", () => {
    const { corpus, fresh } = options("--seed", "3", "--index", "17", "--shrink");
    expect(corpus).toEqual([]);
    expect(fresh).toEqual({ seed: 3, indices: [17], jobs: 1, asked: true });
  });

  it("plants faults", () => {
    const command = parseCommand(["--faults", "--only", "timers-lifo, eager-late", "--seed", "4"]);
    expect(command).toMatchObject({
      kind: "faults",
      options: { seed: 4, only: ["timers-lifo", "eager-late"] },
    });
    expect(command.kind === "faults" && command.options.indices.length).toBe(2_000);
  });

  it.each([
    ["an unknown option", ["--fast"], /^Unknown option '--fast'; --help lists the options$/],
    ["an option without its value", ["--seed"], /'--seed <value>' argument missing/],
    ["words", ["locks"], /Unexpected argument 'locks'/],
    ["an unknown area", ["--areas", "tasks,knitting"], /no area "knitting"; the areas are .*tasks/],
    [
      "a count of programs that is none",
      ["--programs", "many"],
      /--programs takes a whole number of 1 or more .*, not "many"/,
    ],
    ["no programs", ["--programs", "0"], /--programs takes a whole number of 1 or more/],
    ["half a program", ["--programs", "1.5"], /not "1.5"/],
    ["a seed that is none", ["--seed", "x"], /--seed takes a whole number, not "x"/],
    ["a seed below zero", ["--seed=-1"], /--seed takes a whole number, not "-1"/],
    ["an index that is none", ["--index", ""], /--index takes a whole number, not ""/],
    [
      "a count of differences that is none",
      ["--show", "many"],
      /--show takes a whole number, not "many"/,
    ],
    ["no processes", ["--jobs", "0"], /--jobs takes a whole number of 1 or more \(at most 64\)/],
    [
      "a file and areas",
      ["--file", "x", "--areas", "tasks"],
      /--file and --areas exclude each other/,
    ],
    ["a file and programs", ["--file", "x", "--programs", "5"], /--file and --programs exclude/],
    [
      "an index and programs",
      ["--index", "1", "--programs", "5"],
      /--index and --programs exclude/,
    ],
    ["quick and programs", ["--quick", "--programs", "5"], /--quick and --programs exclude/],
    ["faults and shrinking", ["--faults", "--shrink"], /--faults and --shrink exclude/],
    ["only some of no faults", ["--only", "x"], /--only needs --faults/],
    ["a file to write nothing to", ["--write", "x"], /--write needs --shrink/],
    [
      "fresh programs of an area without",
      ["--areas", "found", "--programs", "5"],
      /no fresh programs are made for found; they are for tasks/,
    ],
  ])("refuses %s", (_what, args, message) => {
    expect(() => parseCommand(args)).toThrow(UsageError);
    expect(() => parseCommand(args)).toThrow(message);
  });
});
