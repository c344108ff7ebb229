import { describe, expect, it } from "vitest";
import { fixture, start } from "./heddle-command.ts";

const ended = (status: number, stdout: string, stderr = "") => ({
  status,
  signal: null,
  stdout,
  stderr,
});

const underNpm = { npm_lifecycle_script: "heddle run main.js" };

/** Starts a program, and interrupts it when it is ready. */
async function interrupted(args: string[], env?: NodeJS.ProcessEnv) {
  const running = start(["run", ...args], env);
  await running.printed("ready");
  running.interrupt();
  return running;
}

describe("SIGINT", () => {
  it("cancels main, which cleans up: status 130, and no report", async () => {
    const { outcome } = await interrupted(["interruptible.js"]);
    expect(await outcome).toEqual(ended(130, "ready\ncleaning\ncleaned\n"));
  });

  it("does so in a program that calls run() at its top level", async () => {
    const { outcome } = await interrupted(["interruptible-top-level.js"]);
    expect(await outcome).toEqual(ended(130, "ready\ncleaned\n"));
  });

  it("cancels all runs whose promises nobody awaits", async () => {
    const running = start(["run", "interruptible-own-run.cjs"]);
    await running.printed("ready b");
    running.interrupt();
    expect(await running.outcome).toEqual(ended(130, "ready a\nready b\ncleaned a\ncleaned b\n"));
  });

  it("ends the process at once the second time", async () => {
    const running = await interrupted(["interruptible.js", "for ever"]);
    await running.printed("cleaning");
    // The echo's window is real time, in another process.
    await new Promise((resolve) => setTimeout(resolve, 300));
    running.interrupt();
    expect(await running.outcome).toEqual(ended(130, "ready\ncleaning\n"));
  });

  it.each([
    ["npm repeats the terminal's", underNpm],
    ["`timeout` sends it to the process and to its group", {}],
  ])("counts once when %s", async (_who, options) => {
    const running = await interrupted(["interruptible.js"], options);
    await running.printed("cleaning");
    running.interrupt();
    expect(await running.outcome).toEqual(ended(130, "ready\ncleaning\ncleaned\n"));
  });

  it("still ends a program under npm at once, if it comes later", async () => {
    const running = await interrupted(["interruptible.js", "for ever"], underNpm);
    await running.printed("cleaning");
    // The echo's window is real time, in another process.
    await new Promise((resolve) => setTimeout(resolve, 300));
    running.interrupt();
    expect(await running.outcome).toEqual(ended(130, "ready\ncleaning\n"));
  });

  it("leaves the status to a main that catches its cancellation and returns", async () => {
    const { outcome } = await interrupted(["graceful.js"]);
    expect(await outcome).toEqual(ended(0, "ready\nsaid goodbye\n"));
  });

  it("is left to a program that listens to it", async () => {
    const { outcome } = await interrupted(["takes-interrupts.js"]);
    expect(await outcome).toEqual(ended(0, "ready\nSIGINT\nnot cancelled\n"));
  });

  it("counts once for such a program, too", async () => {
    const running = await interrupted(["takes-interrupts.js"]);
    await running.printed("SIGINT");
    running.interrupt();
    expect(await running.outcome).toEqual(ended(0, "ready\nSIGINT\nnot cancelled\n"));
  });

  it("does not hide an error of the clean-up", async () => {
    const { outcome } = await interrupted(["fails-in-cleanup.js"]);
    const file = fixture("fails-in-cleanup.js");
    const report = [
      "Error: the disk is full",
      `    at cleanUp (${file}:13:9)`,
      `    at main (${file}:8:5)`,
      "",
    ];
    expect(await outcome).toEqual(ended(1, "ready\n", report.join("\n")));
  });

  it("ends a program without runs", async () => {
    const { outcome } = await interrupted(["idle.js"]);
    expect(await outcome).toEqual(ended(130, "ready\n"));
  });

  it("belongs to a program that listens, while it has no runs", async () => {
    const { outcome } = await interrupted(["own-handler.js"]);
    expect(await outcome).toEqual(ended(0, "ready\nits own\n"));
  });

  it("passes by a run that has opted out", async () => {
    const { outcome } = await interrupted(["opted-out.js"]);
    expect(await outcome).toEqual(ended(0, "ready\nits own\nundisturbed\n"));
  });
});
