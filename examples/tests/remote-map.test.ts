import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { installed } from "./installed.ts";
import { startExample, startTour } from "./start-program.ts";

/** What the example puts into its temporary folder, and its processes, can be told from others' by it. */
function newTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "heddle-remote-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}

/** The processes whose command lines name the folder: a redis-server and its workers. */
function processesOf(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return ""; // it has ended meanwhile
      }
    })
    .filter((command) => command.includes(folder));
}

const hasRedis = installed("redis-server", "redis-server");

describe.skipIf(!hasRedis)("remote-map", () => {
  it("has the tiles of a killed worker taken over, and loses none", async () => {
    const folder = newTemporaryFolder();
    const { status, stdout, stderr } = await startExample("remote-map").ended;
    expect(stderr).toBe("");
    const lines = stdout.split("\n");
    const killed = lines.findIndex((line) => /^worker [123] was killed$/.test(line));
    const complete = lines.indexOf("54 of 54 tiles, 0 twice");
    expect(lines[0]).toBe("3 workers are ready");
    expect(killed).toBeGreaterThan(0);
    expect(complete).toBeGreaterThan(killed);
    const [, takenOver] = /^taken over: (\d+) tiles$/m.exec(stdout) ?? [];
    const [, runs] = /^runs beyond the first: (\d+)$/m.exec(stdout) ?? [];
    expect(Number(takenOver)).toBeGreaterThan(0);
    expect(Number(runs)).toBeGreaterThan(0);
    const [, ms] = /^the last (\d+) ms after the kill$/m.exec(stdout) ?? [];
    expect(Number(ms)).toBeGreaterThan(0);
    const picture = lines.filter((line) => /^[ .:=+*%@-]{72}$/.test(line));
    expect(picture).toHaveLength(18);
    // Whoever was killed has not done all; together they have.
    const legend = [...stdout.matchAll(/^worker \d {2}process \d+ +(\d+) tiles(, killed)?$/gm)];
    expect(legend).toHaveLength(3);
    expect(legend.filter(([, , isKilled]) => isKilled !== undefined)).toHaveLength(1);
    expect(legend.reduce((sum, [, done]) => sum + Number(done), 0)).toBe(54);
    expect(status).toBe(0);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith("heddle-"))).toEqual([]);
  });

  const example = () => startExample("remote-map");
  const chapter = () => startTour(["--chapter", "7"]);
  it.each([
    ["while the workers start", example, false],
    ["in the middle", example, true],
    ["in the tour", chapter, false],
  ])("leaves nothing behind at Ctrl-C %s", async (_, start, isUnderWay) => {
    const folder = newTemporaryFolder();
    const program = start();
    if (isUnderWay) await program.printed(" of 54 tiles");
    else while (processesOf(folder).length < 2) await pause(10);
    expect(processesOf(folder).length).toBeGreaterThan(1);
    program.interrupt();
    const { status, stdout, stderr } = await program.ended;
    expect(stderr).toBe("");
    expect(stdout.includes("\nended early: ")).toBe(isUnderWay);
    expect(status).toBe(130);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith("heddle-"))).toEqual([]);
  });
});

describe("remote-map without redis-server", () => {
  it("says what to install", async () => {
    vi.stubEnv("PATH", newTemporaryFolder());
    const { status, stdout, stderr } = await startExample("remote-map").ended;
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^there is no redis-server on the PATH\. To install it:\n/);
    expect(stderr).toContain("apt-get install redis-server\n");
    expect(stderr).toContain("--redis URL\n");
    expect(status).toBe(2);
  });

  it("the tour says so, and goes on", async () => {
    const { status, stdout, stderr } = await startTour(["--chapter", "7"], { PATH: "/none" }).ended;
    expect(stderr).toBe("");
    expect(stdout).toContain("\nNot run: there is no redis-server on the PATH. To install it:\n");
    expect(stdout).toContain("\nIn Python, with celery:\n");
    expect(status).toBe(0);
  });

  it.each([
    [
      ["--redis", "localhost"],
      'needs a URL that begins with redis:// or rediss://, not "localhost"',
    ],
    [["--rdis"], "Unknown option '--rdis'"],
  ])("refuses %j", async (args, message) => {
    const { status, stderr } = await startExample("remote-map", ...args).ended;
    expect(stderr).toContain(message);
    expect(stderr).toContain("\nheddle run examples/remote-map.ts [--redis URL]\n");
    expect(status).toBe(2);
  });
});
