import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { run } from "heddle";
import { createSubprocessExec } from "heddle/node";
import { describe, expect, test } from "vitest";
import { eventually, lives } from "./census.ts";

const path = fileURLToPath(new URL("../programs/ends-by-signal.ts", import.meta.url));

/** A process of ours that listens to signals like that, and what it has started. */
async function start(how: string) {
  const child = spawn(process.execPath, ["--import", "tsx", path, how], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value as string;
  let complaints = "";
  child.stderr.on("data", (data) => {
    complaints += data;
  });
  const pids = (await line()).split(" ").map(Number);
  expect(pids.every(lives)).toBe(true);
  return { child, pids, line, exit: once(child, "exit"), complaints: () => complaints };
}

describe("a signal that ends this process", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends its processes", async (signal) => {
    const { child, pids, exit } = await start("nobody");
    child.kill(signal);
    expect(await exit).toEqual([null, signal]);
    await eventually(() => !pids.some(lives));
  });

  test("who listens has it, each time", async () => {
    const { child, pids, line, exit } = await start("program");
    for (let i = 0; i < 2; i++) {
      child.kill("SIGTERM");
      expect(await line()).toBe("true true");
    }
    expect(await exit).toEqual([0, null]);
    await eventually(() => !pids.some(lives));
  });

  test("a library that looks whether it is alone finds itself alone", async () => {
    const { child, pids, exit } = await start("library");
    child.kill("SIGINT");
    expect(await exit).toEqual([9, null]);
    await eventually(() => !pids.some(lives));
  });

  test("with handleSigint the run ends them, and they have their grace", async () => {
    const { child, pids, exit, complaints } = await start("handleSigint");
    child.kill("SIGINT");
    await exit;
    await eventually(() => !pids.some(lives));
    expect(complaints()).toContain("bye\n");
  });

  test("the terminal tells those in its own group of Ctrl-C itself", async () => {
    const { child, pids, exit } = await start("shared");
    child.kill("SIGINT");
    expect(await exit).toEqual([null, "SIGINT"]);
    expect(pids.every(lives)).toBe(true);
    for (const pid of pids) process.kill(pid, "SIGKILL");
  });

  test("signals are listened to only while there is a process", () =>
    run(function* () {
      const count = () =>
        ["SIGINT", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name));
      const before = count();
      const one = yield* createSubprocessExec("sleep", ["60"]);
      const two = yield* createSubprocessExec("sleep", ["60"]);
      expect(count()).toEqual(before.map((n) => n + 1));
      yield* one.close();
      expect(count()).toEqual(before.map((n) => n + 1));
      yield* two.close();
      expect(count()).toEqual(before);
    }));
});
