import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { choose } from "../tour/choice.ts";
import { startTour } from "./start-program.ts";

/** Lines of the column on the right: what a program printed. */
const outputIn = (stdout: string) =>
  Array.from(stdout.matchAll(/^.* │ +\d+ ▸ {2}(.*)$/gm), ([, text]) => text);

describe("npm start", () => {
  // It runs all the examples and hashes the repository with its node_modules.
  it("tells all chapters and what to read next", { timeout: 60_000 }, async () => {
    const { status, stdout, stderr } = await startTour([]).ended;
    expect(stderr).toBe("");
    const titles = Array.from(stdout.matchAll(/^━━ (\d) {2}(.*?) ━+$/gm), ([, number]) => number);
    expect(titles).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    expect(stdout).toContain("│ 28 ▸  producer: sends 1\n");
    expect(stdout).toContain("9604 lines heard\n");
    expect(stdout).toContain("files still open: 0\n");
    expect(stdout).toContain("▸  78498 primes here: 0");
    // Without a redis-server it says so, and goes on.
    expect(stdout).toMatch(/▸ {2}54 of 54 tiles, 0 twice\n|\nNot run: there is no redis-server/);
    expect(stdout).toContain("\nWhat to read next\n");
    const columns = stdout.split("\n").map((line) => [...line].length);
    expect(Math.max(...columns)).toBe(100);
    expect(stdout).not.toContain("\x1b");
    expect(status).toBe(0);
  });

  it("draws the order of suspensions", async () => {
    const { status, stdout } = await startTour(["--chapter", "3"]).ended;
    expect(outputIn(stdout)).toEqual([
      "compute 1 + 2 ...",
      "compute 3 + 4 ...",
      "1 + 2 = 3",
      "3 + 4 = 7",
      "compute 1 + 2 ...",
      "1 + 2 = 3",
    ]);
    const [, lanes = ""] = stdout.split("one lane for each task:\n\n");
    const withoutTimes = lanes.trimEnd().replace(/^ *(?:ms|[\d.]+) {2}/gm, "");
    expect(withoutTimes.replace(/ +/g, " ").split("\n")).toEqual([
      "main 1 + 2 3 + 4",
      "○ created",
      "● running",
      "┃ ○ created",
      "┃ · ○ created",
      "◌ waiting · ·",
      "┆ ● running ·",
      '┆ ┃ "compute 1 + 2 ..." ·',
      "┆ ◌ waiting ·",
      "┆ ┆ ● running",
      '┆ ┆ ┃ "compute 3 + 4 ..."',
      "┆ ┆ ◌ waiting",
      "┆ ● resumed ┆",
      '┆ ┃ "1 + 2 = 3" ┆',
      "┆ ■ done ┆",
      "┆ ● resumed",
      '┆ ┃ "3 + 4 = 7"',
      "┆ ■ done",
      "● resumed",
      "■ done",
    ]);
    expect(status).toBe(0);
  });

  it("hashes the folder it is given, seen from where npm was called", async () => {
    const here = import.meta.dirname;
    const tour = startTour(["--chapter", "5", "../tour"], { INIT_CWD: here });
    const { status, stdout } = await tour.ended;
    const files = readdirSync(join(here, "../tour")).length;
    expect(outputIn(stdout)).toContain(`done: ${files} files`);
    expect(outputIn(stdout)).toContain("could not be read: 0");
    expect(status).toBe(0);
  });

  it("ends cleanly at Ctrl-C, also when npm passes it on a second time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-tour-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (let n = 0; n < 64; n++) {
      writeFileSync(join(folder, `hole-${n}`), "");
      truncateSync(join(folder, `hole-${n}`), 128 * 1024 * 1024);
    }
    const tour = startTour(["--chapter", "5", folder]);
    await tour.printed("leaves nothing open");
    await pause(400); // let it come somewhere
    tour.interrupt();
    await pause(1);
    tour.interrupt();
    const { status, stdout, stderr } = await tour.ended;
    expect(stderr).toBe("");
    expect(stdout).toMatch(/\ninterrupted: \d+ files\n/);
    expect(stdout).toContain("\nfiles still open: 0\n");
    expect(status).toBe(130);
  });

  it("refuses in one line what it cannot do", async () => {
    const { status, stdout, stderr } = await startTour(["--chapter", "8"]).ended;
    expect(stderr).toBe('tour: there is no chapter "8": choose one of 1, 2, 3, 4, 5, 6, 7\n');
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  it.each([
    [["--chapter", "two"], 'there is no chapter "two": choose one of 1, 2, 3, 4, 5, 6, 7'],
    [["--chapter"], "Option '--chapter <value>' argument missing"],
    [["--chapters", "1"], "Unknown option '--chapters'"],
    [["--chapter", "5", "no/such/folder"], '"no/such/folder" is not there'],
    [["package.json"], '"package.json" is not a folder'],
    [["--chapter", "1", "docs"], '"docs": only chapter 5 takes a folder'],
    [["docs", "bench"], "one folder at a time, got docs bench"],
  ])("refuses %j", (args, message) => {
    expect(() => choose(args)).toThrow(message);
  });

  it("has help", async () => {
    const { status, stdout } = await startTour(["--help"]).ended;
    expect(stdout).toContain("--chapter N");
    expect(stdout).toContain("  3  The event loop\n");
    expect(status).toBe(0);
  });
});
