import { describe, expect, it } from "vitest";
import { fixture, heddle } from "./heddle-command.ts";

const failed = (...lines: string[]) => ({
  status: 1,
  signal: null,
  stdout: "",
  stderr: lines.map((line) => `${line}\n`).join(""),
});

describe("the report of an error", () => {
  it("has the coroutine's frames alone, at TypeScript's lines, and those of its causes", async () => {
    const file = fixture("numbers.ts");
    const frames = [`at quarter (${file}:18:17)`, `at main (${file}:22:22)`];
    expect(await heddle("run", "numbers.ts")).toEqual(
      failed(
        "RangeError: 7 is odd",
        `    at halve (${file}:11:11)`,
        `    ${frames[0]}`,
        `    ${frames[1]}`,
        "  caused by: TypeError: no halves",
        "  here",
        `      at halve (${file}:11:62)`,
        `      ${frames[0]}`,
        `      ${frames[1]}`,
      ),
    );
  });

  it("has the coroutines that waited, of every task, where Node made the error", async () => {
    const file = fixture("awaited.ts");
    expect(await heddle("run", "awaited.ts")).toEqual(
      failed(
        "Error: ENOENT: no such file or directory, open 'no/where'",
        `    at load (${file}:5:17)`,
        `    at parent (${file}:11:10)`,
        `    at main (${file}:15:10)`,
      ),
    );
  });

  it("has the members of a group, each with its frames", async () => {
    const file = fixture("group.ts");
    expect(await heddle("run", "group.ts")).toEqual(
      failed(
        "ExceptionGroup: unhandled errors in a TaskGroup (2 errors)",
        `    at main (${file}:16:10)`,
        "  error 1 of 2: RangeError: worker 1",
        `      at explode (${file}:12:9)`,
        `      at worker (${file}:7:5)`,
        "  error 2 of 2: RangeError: worker 10000",
        `      at explode (${file}:12:9)`,
        `      at worker (${file}:7:5)`,
      ),
    );
  });

  it("has every frame in debug mode", async () => {
    const { status, stdout, stderr } = await heddle("run", "--debug", "numbers.ts");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^RangeError: 7 is odd\n {4}at halve .*\n {4}at halve\.next /);
    expect(stderr).toMatch(/^ {4}at Task\./m);
    expect(stderr).toMatch(/^ {4}at .*\(node:internal/m);
    expect(stderr).toMatch(/^ {6}at main\.next /m);
  });

  it("is a deadlock's message", async () => {
    const { status, stdout, stderr } = await heddle("run", "deadlock.js");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^deadlock: /);
    expect(stderr).toContain('<Task "Task-1" pending> waits for ');
    // Where the task stands, and no frame of the error's own.
    expect(stderr.match(/^ +at .*$/gm)).toEqual([`      at main (${fixture("deadlock.js")}:4:3)`]);
  });

  it("shows a value that is no error", async () => {
    expect(await heddle("run", "thrown-value.js")).toEqual(
      failed("thrown, and no Error: { status: 404 }"),
    );
  });

  it("shows the message of the day, and an error that causes itself", async () => {
    expect(await heddle("run", "changed-message.js")).toEqual(
      failed(
        "Error: later: at first",
        "    at no place",
        `    at main (${fixture("changed-message.js")}:2:17)`,
        "  caused by: Error: see above",
      ),
    );
  });
});

describe("an error outside of main", () => {
  it("is reported the same way: a rejection", async () => {
    const file = fixture("rejection.js");
    expect(await heddle("run", "rejection.js")).toEqual(
      failed("Error: nobody's", `    at stray (${file}:4:25)`, `    at main (${file}:8:3)`),
    );
  });

  it("is reported the same way: an exception", async () => {
    expect(await heddle("run", "exception.js")).toEqual(
      failed(
        "Error: in a timer",
        `    at Timeout.late [as _onTimeout] (${fixture("exception.js")}:5:11)`,
      ),
    );
  });

  it("is the program's own affair if it listens", async () => {
    expect(await heddle("run", "survivor.js")).toEqual({
      status: 0,
      signal: null,
      stdout: "handled: in a timer\nwent on\n",
      stderr: "",
    });
  });

  it("is that a top-level await never ends", async () => {
    expect(await heddle("run", "unsettled.js")).toEqual(
      failed(
        "heddle: unsettled.js: it never finished loading: a top-level await in it waits for " +
          "something that nothing can bring any more",
      ),
    );
  });
});
