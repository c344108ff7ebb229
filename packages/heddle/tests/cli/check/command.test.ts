// `heddle check`, as a shell would run it.

import { describe, expect, it } from "vitest";
import { heddle, start } from "../heddle-command.ts";
import { folderOf } from "./folder.ts";

const work = 'import { sleep } from "heddle";\nexport function* work() { yield* sleep(1); }\n';
const program = `import { work } from "./work.ts";

export default function* main() {
  work();
  yield work();
  try { yield* work(); } catch {}
}
`;

describe("heddle check", () => {
  it("prints one line for each finding, by file and place, status 1", async () => {
    const folder = folderOf({
      "b.ts": program,
      "work.ts": work,
      "a.mts": "import './b.ts';\n\nx(;\n",
    });
    const { status, stdout, stderr } = await heddle("check", folder);
    expect(stderr).toBe("4 findings in 3 files\n");
    // Relative paths lead here from the folder in which the command runs.
    expect(stdout.replaceAll(/^\S*\//gm, "")).toBe(
      [
        "a.mts:3:3  syntax-error  ')' expected.",
        "b.ts:4:3  floating-coroutine  nothing awaits `work()`, so it never runs. " +
          "Write `yield* work()` or `createTask(work())`",
        "b.ts:5:3  missing-star  `yield` without a star does not await `work()`. " +
          "Write `yield* work()`",
        "b.ts:6:26  swallowed-cancellation  this `catch` swallows cancellations, so the task " +
          "cannot be cancelled here. Write `catch (error)`, and begin it with " +
          "`rethrowIfCancelled(error)`\n",
      ].join("\n"),
    );
    expect(status).toBe(1);
  });

  it("prints them as JSON", async () => {
    const folder = folderOf({ "b.ts": program, "work.ts": work });
    const { status, stdout, stderr } = await heddle("check", "--json", `${folder}/b.ts`);
    expect([status, stderr]).toEqual([1, "3 findings in 1 file\n"]);
    const [first, ...others] = JSON.parse(stdout);
    expect(first).toEqual({
      file: expect.stringMatching(/^\.\.\/.*\/b\.ts$/),
      line: 4,
      column: 3,
      endLine: 4,
      endColumn: 9,
      rule: "floating-coroutine",
      message: expect.stringContaining("never runs"),
    });
    expect(others).toHaveLength(2);
  });

  it("prints nothing where there is nothing, status 0; type errors are not its business", async () => {
    const folder = folderOf({ "work.ts": `${work}const n: number = "x";\n` });
    const nothing = { status: 0, stdout: "", stderr: "no findings in 1 file\n" };
    expect(await heddle("check", folder)).toMatchObject(nothing);
  });

  it.each([
    [["check"], "heddle: missing required argument 'files'\n"],
    [["check", "gone.ts"], "heddle: no such file: gone.ts\n"],
    [["check", "--jsn", "x.ts"], "heddle: unknown option '--jsn'\n(Did you mean --json?)\n"],
    [["check", "--project", "gone", "awaited.ts"], "heddle: no such file: gone\n"],
  ])("refuses %j, status 2", async (args, stderr) => {
    expect(await heddle(...args)).toMatchObject({ status: 2, stdout: "", stderr });
  });

  it("has help of its own", async () => {
    const { outcome } = start(["check", "--help"]);
    const { status, stdout } = await outcome;
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: heddle check \[options\] <files\.\.\.>/);
    expect(stdout.match(/--\w+/g)).toEqual(["--json", "--project", "--help"]);
  });
});
