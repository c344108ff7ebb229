import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually, lives } from "../process/census.ts";
import { pools, program } from "./pools.ts";

interface Started {
  readonly pid: number;
  readonly ended: Promise<{ status: number | string; output: string; errors: string; ms: number }>;
  /** The first line that it prints. */
  readonly line: Promise<string>;
}

/** In a process group of its own, as a terminal's job. */
function start(...args: string[]): Started {
  const path = fileURLToPath(program("uses-pool.mjs"));
  const child = spawn(process.execPath, [path, ...args], { detached: true });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let [output, errors] = ["", ""];
  let begun = performance.now();
  const line = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      begun = performance.now();
      const [first] = output.split("\n");
      if (first !== undefined && output.includes("\n")) resolve(first);
    });
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = once(child, "close").then(([code, signal]) => ({
    status: code ?? signal,
    output,
    errors,
    ms: performance.now() - begun,
  }));
  return { pid: child.pid as number, ended, line };
}

const pidsOf = async ({ line }: Started) => (await line).split(" ").map(Number);

describe.each(pools)("a program with $kind", ({ kind }) => {
  test.each(["outsideOfRun", "neverUsed"])("ends by itself: %s", async (what) => {
    const { status, output, errors, ms } = await start(what, kind).ended;
    expect({ status, output, errors }).toEqual({ status: 0, output: "done\n", errors: "" });
    expect(ms).toBeLessThan(2500);
  });

  test("an error that nobody awaits is reported", async () => {
    const { status, errors } = await start("notAwaited", kind).ended;
    expect(errors).toContain("exception was never retrieved");
    expect(errors).toContain("RangeError: nobody hears");
    expect(status).toBe(0);
  });

  test("process.exit() in a run leaves no worker", async () => {
    const child = start("exitsInRun", kind);
    const [pid] = await pidsOf(child);
    expect((await child.ended).status).toBe(5);
    await eventually(() => !lives(pid as number));
  });
});

test("toThread does not keep the program alive for long", async () => {
  const { status, output, errors, ms } = await start("toThread").ended;
  expect({ status, output, errors }).toEqual({ status: 0, output: "done\n", errors: "" });
  expect(ms).toBeLessThan(2500);
});

test("a port that is sent twice: an error, and the program lives", async () => {
  const { status, output } = await start("sendsPortTwice").ended;
  expect(status).toBe(0);
  expect(output).toMatch(/^1\nTypeError: arguments cannot be sent: .*\n1\n$/);
});

describe("a program with processes that is killed", () => {
  test.each(["idle", "computing"])("Ctrl-C leaves none (%s)", async (state) => {
    const child = start("waits", "processes", state);
    const pids = await pidsOf(child);
    // What a terminal does: to the whole group.
    process.kill(-child.pid, "SIGINT");
    const { output } = await child.ended;
    expect(output).toContain("unwound");
    await eventually(() => pids.every((pid) => !lives(pid)));
  });

  test("SIGTERM leaves none", async () => {
    const child = start("waits", "processes", "computing");
    const pids = await pidsOf(child);
    process.kill(child.pid, "SIGTERM");
    await child.ended;
    await eventually(() => pids.every((pid) => !lives(pid)));
  });

  test("kill -9: the workers end by themselves", async () => {
    const child = start("waits", "processes", "idle");
    const pids = await pidsOf(child);
    process.kill(child.pid, "SIGKILL");
    await child.ended;
    await eventually(() => pids.every((pid) => !lives(pid)));
  });
});
