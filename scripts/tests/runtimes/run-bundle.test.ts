/*
 * The bundle's worker, in real processes of this Node and in a real browser: what is told of tests that
 * fail, hang, or take the process with them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bundle, bundleTests } from "../../runtimes/bundle.ts";
import { findChromium, withChromium } from "../../runtimes/chromium.ts";
import { runInPages, runInProcesses } from "../../runtimes/run-bundle.ts";
import type { TestOutcome } from "../../runtimes/summary.ts";

const fixture = (name: string) => `scripts/tests/runtimes/fixtures/${name}.ts`;
const NAMES = ["outcomes", "busy", "exits", "uncaught", "broken", "careless", "uses-storage"];
/** Milliseconds of real time: long enough to start a process on a crowded machine. */
const LIMIT = 8000;

let folder: string;
let bundle: Bundle;
let browserBundle: Bundle;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "heddle-runtimes-"));
  bundle = await bundleTests(NAMES.map(fixture), folder, { platform: "server" });
  const portable = ["outcomes", "busy", "uncaught"].map(fixture);
  browserBundle = await bundleTests(portable, join(folder, "browser"), { platform: "browser" });
});

afterAll(() => rmSync(folder, { recursive: true }));

const inProcess = (name: string, limit = LIMIT, from = bundle) =>
  runInProcesses([process.execPath, "--expose-gc"], [fixture(name)], from, limit);

const short = (outcomes: readonly TestOutcome[]) =>
  outcomes.map(({ name, state, note }) => [state, name, ...(note === undefined ? [] : [note])]);

describe("in a process", () => {
  test("each outcome is told with its name, its note, its message and its place", async () => {
    const outcomes = await inProcess("outcomes");
    expect(short(outcomes)).toEqual([
      ["passed", "passes"],
      ["failed", "outer > inner > fails"],
      ["skipped", "outer > is skipped"],
      ["skipped", "is skipped with a note", "there is no gc() here"],
      ["failed", "counts its assertions"],
    ]);
    const [, failed, , , counted] = outcomes;
    expect(failed?.file).toBe(fixture("outcomes"));
    expect(failed?.errors).toHaveLength(1);
    expect(failed?.errors[0]).toContain("expected { a: 1 } to deeply equal { a: 2 }");
    expect(bundle.located(failed?.errors[0] ?? "")).toContain(`${fixture("outcomes")}:11:`);
    expect(counted?.errors[0]).toContain("expected number of assertions to be 2, but got 1");
  });

  test("a pattern chooses tests, and what it did not choose is not counted", async () => {
    const chosen = await bundleTests([fixture("outcomes")], join(folder, "chosen"), {
      platform: "server",
      grep: "inner|^passes",
    });
    expect(short(await inProcess("outcomes", LIMIT, chosen))).toEqual([
      ["passed", "passes"],
      ["failed", "outer > inner > fails"],
    ]);
  });

  test("a busy test is killed, and named", async () => {
    const [outcome, ...others] = await inProcess("busy", 2000);
    expect(others).toEqual([]);
    expect(outcome).toMatchObject({ file: fixture("busy"), name: "", state: "failed" });
    expect(outcome?.errors).toEqual([
      'the process had not ended after 2 s and was killed, in "is busy for ever"',
    ]);
  });

  test("a test that ends the process is named", async () => {
    const [outcome] = await inProcess("exits");
    expect(outcome?.errors).toEqual(['the process ended with status 3, in "leaves"']);
  });

  test("an error that nobody caught is a failure of its file", async () => {
    const outcomes = await inProcess("uncaught");
    expect(short(outcomes)).toEqual([
      ["passed", "passes"],
      ["failed", ""],
    ]);
    expect(outcomes[1]?.errors[0]).toContain("nobody caught: Error: lost");
  });

  test("so is one while it is loaded", async () => {
    const outcomes = await inProcess("broken");
    expect(short(outcomes)).toEqual([["failed", ""]]);
    expect(outcomes[0]?.errors[0]).toContain("broken while it was loaded");
  });

  test("timers that stay faked keep nothing from its end; mocks are put back", async () => {
    expect(short(await inProcess("careless"))).toEqual([
      ["passed", "fakes the timers"],
      ["passed", "mocks are put back"],
    ]);
  });

  test("a module of Node that Bun and Deno have", async () => {
    expect(short(await inProcess("uses-storage"))).toEqual([["passed", "follows"]]);
  });

  test("the results come in the order of the files", async () => {
    const files = ["uncaught", "careless", "outcomes"].map(fixture);
    const outcomes = await runInProcesses([process.execPath], files, bundle, LIMIT);
    expect([...new Set(outcomes.map(({ file }) => file))]).toEqual(files);
  });

  test("a command that does not exist", async () => {
    const [outcome] = await runInProcesses(["no-such-runtime"], [fixture("busy")], bundle, LIMIT);
    expect(outcome?.errors[0]).toContain("could not be started: spawn no-such-runtime ENOENT");
  });
});

const chromium = findChromium();

describe("in a page", () => {
  const inPage = (name: string, limit = LIMIT) =>
    withChromium(chromium ?? "", (browser) =>
      runInPages(browser, [fixture(name)], browserBundle, limit),
    );

  test.skipIf(!chromium)("the same is told (skipped without chromium on the PATH)", async () => {
    expect(short(await inPage("outcomes"))).toEqual(short(await inProcess("outcomes")));
    const outcomes = await inPage("uncaught");
    expect(outcomes[1]?.errors[0]).toContain("nobody caught: Error: lost");
  });

  test.skipIf(!chromium)("a busy page is closed (skipped without chromium)", async () => {
    const [outcome] = await inPage("busy", 3000);
    expect(outcome?.errors).toEqual([
      'the page had not ended after 3 s and was closed, in "is busy for ever"',
    ]);
  });
});
