import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { startExample } from "./start-program.ts";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "heddle-words-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("word-count", () => {
  it("counts the words of all text files", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "inner"));
    // More files than one job has, and than are taken ahead.
    for (let n = 0; n < 200; n++) writeFileSync(join(folder, `${n}`), "The warp, the weft.\n");
    writeFileSync(join(folder, "inner/other"), "Weft; Übung x 12 don’t");
    writeFileSync(join(folder, "inner/binary"), "the the the \0");
    writeFileSync(join(folder, "inner/a.js.map"), "the the the");

    const { status, stdout, stderr } = await startExample("word-count", folder).ended;
    expect(stderr).toBe("");
    const lines = stdout.replaceAll("█", "").replace(/ +$/gm, "").split("\n");
    expect(lines.slice(1, -2)).toEqual([
      "400  the",
      "201  weft",
      "200  warp",
      "  1  don’t",
      "  1  übung",
      "done: 203 of 203 files, 2 of them no text",
      "803 words, 5 different ones",
    ]);
    expect(status).toBe(0);
  });

  it("ends cleanly at Ctrl-C, and shows what was counted", async () => {
    const folder = newFolder();
    // Some seconds of work in one file of the disk.
    writeFileSync(join(folder, "0"), "some words to be counted\n".repeat(40_000));
    for (let n = 1; n < 3000; n++) linkSync(join(folder, "0"), join(folder, `${n}`));
    const program = startExample("word-count", folder);
    await program.printed("counting words in ");
    await pause(1000); // let it come somewhere
    program.interrupt();
    const { status, stdout, stderr } = await program.ended;
    expect(stderr).toBe("");
    const [, done, found] = /\ninterrupted: (\d+) of (\d+) files/.exec(stdout) ?? [];
    expect(Number(done)).toBeLessThan(3000);
    expect(found).toBe("3000");
    expect(stdout).toContain(`\n${Number(done) * 5 * 40_000} words, `);
    expect(status).toBe(130);
  });

  it("says in one line what is wrong with a folder", async () => {
    const { status, stderr } = await startExample("word-count", "there/is/none").ended;
    expect(stderr).toMatch(/^not a folder: ENOENT.*there\/is\/none'\n$/);
    expect(status).toBe(2);
  });
});
