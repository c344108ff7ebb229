import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readServices } from "../supervisor/read-services.ts";
import { DEFAULTS, pauseBefore } from "../supervisor/service.ts";
import { startExample } from "./start-program.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-supervisor-"));

function file(name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** The supervisor is the parent of its services. */
const parentOf = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);

const pidOf = (output: string, name: string) =>
  Number(new RegExp(`^${name} \\| started as (\\d+)$`, "m").exec(output)?.[1]);

const lives = (pid: number) => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
  } catch {
    return false;
  }
};

describe("the supervisor", () => {
  it("starts services, and stops them in reverse order", async () => {
    const procfile = file("Procfile", "# two\nweb: echo up; sleep 60\nworker: sleep 60 & wait\n");
    const program = startExample("supervisor", procfile);
    await program.printed("web | up");
    const output = await program.printed("worker | started");
    const pids = [pidOf(output, "web"), pidOf(output, "worker")];
    expect(pids.every(lives)).toBe(true);
    program.interrupt();
    const { status, stdout, stderr } = await program.ended;
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout.indexOf("worker | stopped by SIGTERM")).toBeGreaterThan(0);
    expect(stdout.indexOf("web | stopped by SIGTERM")).toBeGreaterThan(
      stdout.indexOf("worker | stopped by SIGTERM"),
    );
    expect(pids.some(lives)).toBe(false);
  });

  it("starts again what has failed, with longer and longer pauses, and gives up", async () => {
    const crash = { command: "echo no >&2; exit 3", maxRestarts: 3, backoff: 20 };
    const once = { command: "echo done", restart: "on-failure" };
    const program = startExample("supervisor", file("crash.json", { crash, once }));
    const { status, stdout } = await program.ended;
    expect(status).toBe(1);
    const pauses = [...stdout.matchAll(/crash \| starts again in (\d+) ms/g)].map(([, ms]) =>
      Number(ms),
    );
    expect(pauses).toHaveLength(3);
    for (const [i, ms] of pauses.entries()) {
      expect(ms).toBeGreaterThanOrEqual(10 * 2 ** i);
      expect(ms).toBeLessThanOrEqual(20 * 2 ** i);
    }
    expect(stdout.match(/crash \| no/g)).toHaveLength(4);
    expect(stdout).toContain("crash | given up after 3 restarts");
    expect(stdout.match(/once \| done/g)).toHaveLength(1);
  });

  it("kills what does not stop, with what that has started", async () => {
    const command =
      "trap '' TERM INT; sh -c 'trap \"\" INT TERM; echo inner $$; sleep 60' & wait; wait";
    const stubborn = { command, stopSignal: "SIGINT", grace: 200 };
    const program = startExample("supervisor", file("stubborn.json", { stubborn }));
    const output = await program.printed("inner");
    const inner = Number(/inner (\d+)/.exec(output)?.[1]);
    process.kill(parentOf(pidOf(output, "stubborn")), "SIGTERM");
    const { status, stdout } = await program.ended;
    expect(status).toBe(0);
    expect(stdout).toContain("stubborn | stopped by SIGKILL");
    for (let i = 0; i < 300 && lives(inner); i++) await new Promise((r) => setTimeout(r, 10));
    expect(lives(inner)).toBe(false);
  });

  it("reads its file again on SIGHUP", async () => {
    const stays = { command: "sleep 60" };
    const path = file("reload.json", { stays, goes: { command: "sleep 60" } });
    const program = startExample("supervisor", path);
    const before = await program.printed("goes | started");
    file("reload.json", { stays, comes: { command: "echo hello; sleep 60" } });
    const supervisor = parentOf(pidOf(before, "stays"));
    process.kill(supervisor, "SIGHUP");
    const output = await program.printed("comes | hello");
    expect(output).toContain("goes | stopped by SIGTERM");
    expect(lives(pidOf(before, "stays"))).toBe(true);
    file("reload.json", "{}");
    process.kill(supervisor, "SIGHUP");
    await program.printed("not reloaded");
    program.interrupt();
    expect((await program.ended).status).toBe(0);
  });

  it("goes on while its only service is exchanged", async () => {
    const path = file("only.json", { web: { command: "echo one; sleep 60" } });
    const program = startExample("supervisor", path);
    const before = await program.printed("web | one");
    file("only.json", { web: { command: "echo two; sleep 60" } });
    process.kill(parentOf(pidOf(before, "web")), "SIGHUP");
    await program.printed("web | two");
    program.interrupt();
    expect((await program.ended).status).toBe(0);
  });

  it("leaves what is being stopped its grace, and the order", async () => {
    const slow = "trap 'sleep 0.5; echo saved; exit' TERM; echo up; while :; do sleep 0.02; done";
    const db = { command: "sleep 60" };
    const path = file("order.json", { db, web: { command: slow } });
    const program = startExample("supervisor", path);
    const before = await program.printed("web | up");
    file("order.json", { db });
    process.kill(parentOf(pidOf(before, "db")), "SIGHUP");
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.kill(parentOf(pidOf(before, "db")), "SIGTERM");
    const { stdout } = await program.ended;
    expect(stdout).toContain("web | saved");
    expect(stdout.indexOf("db | stopped")).toBeGreaterThan(stdout.indexOf("web | saved"));
  });

  it("prints a long line in pieces", async () => {
    const command = "head -c 300000 /dev/zero | tr '\\0' x; echo; echo behind";
    const path = file("long.json", { web: { command, restart: "never" } });
    const { status, stdout } = await startExample("supervisor", path).ended;
    expect(stdout.match(/x/g)).toHaveLength(300_000);
    expect(stdout).toContain("web | behind");
    expect(status).toBe(0);
  });

  it("says how it is used when there is no file", async () => {
    const { status, stderr } = await startExample("supervisor", join(folder, "none")).ended;
    expect(stderr).toMatch(/^ENOENT: [\s\S]*\n\nheddle run examples\/supervisor.ts/);
    expect(status).toBe(2);
  });
});

describe("its file", () => {
  it.each([
    ["a", "web node", 'a:1: expected "name: command"'],
    ["b", "web: x\nweb: y", "b:2: there are two services web"],
    ["c", "# nothing", "c: there is no service"],
    ["d.json", { web: {} }, "web: it has no command"],
    ["e.json", { web: { command: "x", restrt: 1 } }, 'there is no "restrt"'],
    ["f.json", { web: { command: "x", restart: "maybe" } }, 'not "maybe"'],
    ["g.json", { web: { command: "x", stopSignal: "SIGNONE" } }, "no signal SIGNONE"],
    ["h.json", { web: { command: "x", grace: -1 } }, "grace is a number"],
  ])("%s is refused", (name, content, message) => {
    expect(() => readServices(file(name, content))).toThrow(message);
  });

  it("the pauses have an upper limit", () => {
    const service = { ...DEFAULTS, name: "x", command: "y" };
    expect([1, 2, 3, 20].map((n) => pauseBefore(n, service, 1))).toEqual([500, 1000, 2000, 30_000]);
    expect(pauseBefore(1, service, 0)).toBe(250);
  });
});
