import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Coroutine, gather, run, sleep, TimeoutError, timeout } from "heddle";
import { createSubprocessExec, createSubprocessShell, type Process } from "heddle/node";
import { runVirtual } from "heddle/testing";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { groupLives } from "../../../src/node/process/group-lives.ts";
import { currentOwner } from "../../../src/task/owner.ts";
import { caught } from "../../caught.ts";
import { children, eventually, leavesNothing, lives } from "./census.ts";

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());
const folder = mkdtempSync(join(tmpdir(), "heddle-"));
const PIPES = { stdin: "pipe", stdout: "pipe", stderr: "pipe" } as const;

beforeEach(() => leavesNothing());

describe("starting", () => {
  test("exec takes its arguments as they are", () =>
    run(function* () {
      const args = ["%s|", "a b", "$HOME", "*", ""];
      const process = yield* createSubprocessExec("printf", args, { stdout: "pipe" });
      expect(process.pid).toBeGreaterThan(0);
      expect(process.stdin).toBe(null);
      expect(process.stderr).toBe(null);
      const { stdout, stderr } = yield* process.communicate();
      expect(text(stdout)).toBe("a b|$HOME|*||");
      expect(stderr).toBe(null);
      expect(process.returncode).toBe(0);
    }));

  test("shell runs a pipeline", () =>
    run(function* () {
      const command = "printf '3\\n1\\n2\\n' | sort -n | head -2";
      const process = yield* createSubprocessShell(command, { stdout: "pipe" });
      expect(text((yield* process.communicate()).stdout)).toBe("1\n2\n");
    }));

  test("cwd, env, argv0 and another shell", () =>
    run(function* () {
      const env = { PATH: process.env.PATH, GREETING: "hello" };
      const where = yield* createSubprocessShell('echo "$GREETING $PWD $0"', {
        stdout: "pipe",
        cwd: folder,
        env,
        argv0: "shell",
        shell: "/bin/sh",
      });
      expect(text((yield* where.communicate()).stdout)).toBe(`hello ${folder} shell\n`);
    }));

  test("stderr into the pipe of stdout, in order", () =>
    run(function* () {
      const script = "echo 1; echo 2 >&2; echo 3; exit 4";
      const options = { stdout: "pipe", stderr: "stdout" } as const;
      const exec = yield* createSubprocessExec("sh", ["-c", script], options);
      const both = yield* exec.communicate();
      expect([text(both.stdout), both.stderr, exec.returncode]).toEqual(["1\n2\n3\n", null, 4]);
      const shell = yield* createSubprocessShell(script, options);
      expect(text((yield* shell.communicate()).stdout)).toBe("1\n2\n3\n");
      expect(shell.returncode).toBe(4);
      const missing = createSubprocessExec("no-such-program", [], options);
      expect(yield* caught(missing)).toMatchObject({ code: "ENOENT" });
      const renamed = () => createSubprocessExec("cat", [], { ...options, argv0: "other" });
      expect(renamed).toThrow("argv0 does not go with");
    }));

  test("files, by descriptor and by FileHandle", async () => {
    const path = join(folder, "in");
    writeFileSync(path, "in");
    const handle = await open(path, "r");
    const out = await open(join(folder, "out"), "w");
    const fd = openSync(join(folder, "err"), "w");
    await run(function* () {
      const script = "cat; printf more; printf oops >&2";
      const process = yield* createSubprocessExec("sh", ["-c", script], {
        stdin: handle,
        stdout: out,
        stderr: fd,
      });
      expect(yield* process.wait()).toBe(0);
    });
    await handle.close();
    await out.close();
    closeSync(fd);
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("inmore");
    expect(readFileSync(join(folder, "err"), "utf8")).toBe("oops");
  });

  test("ignored streams are empty", () =>
    run(function* () {
      const options = { stdin: "ignore", stdout: "pipe" } as const;
      const process = yield* createSubprocessExec("cat", [], options);
      expect((yield* process.communicate()).stdout).toHaveLength(0);
    }));
});

describe("what cannot be started", () => {
  test.each([
    ["no-such-program", {}, "ENOENT", "there is no program no-such-program on the PATH"],
    ["ls -l", {}, "ENOENT", "arguments go into the array"],
    ["/no/such/program", {}, "ENOENT", "there is no such file"],
    ["ls", { cwd: "/no/such/place" }, "ENOENT", "there is no directory /no/such/place"],
    ["ls", { cwd: "/etc/passwd" }, "ENOTDIR", "is no directory"],
    ["/etc/passwd", {}, "EACCES", "may not run it"],
    [folder, {}, "EACCES", "it is a directory"],
  ])("%s %o", (file, options, code, message) =>
    run(function* () {
      const error = yield* caught(createSubprocessExec(file, [], { ...PIPES, ...options }));
      expect(error).toMatchObject({ code, syscall: "spawn", path: file });
      expect((error as Error).message).toContain(message);
      expect((error as Error).message).toMatch(/^cannot start /);
    }),
  );

  test("a script whose interpreter is missing, too many arguments", () =>
    run(function* () {
      const script = join(folder, "script");
      writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o755 });
      const missing = (yield* caught(createSubprocessExec(script))) as Error;
      expect(missing.message).toContain("the interpreter that its first line names");
      const large = yield* caught(createSubprocessExec("ls", ["x".repeat(10_000_000)]));
      expect(large).toMatchObject({ code: "E2BIG" });
    }));

  test("options that cannot be are refused at once", () =>
    run(function* () {
      const refused = (call: () => unknown, message: string | RegExp | typeof RangeError) =>
        expect(call).toThrow(message);
      refused(() => createSubprocessExec("ls", "-l" as never), "as an array");
      refused(() => createSubprocessExec("", []), "the name of a program");
      refused(() => createSubprocessExec("ls", [7 as never]), "args[0] is 7");
      refused(() => createSubprocessExec("ls", ["a\0b"]), "args[0] contains a NUL");
      refused(() => createSubprocessExec("ls", [], { stdout: "file" as never }), '"pipe"');
      refused(() => createSubprocessExec("ls", [], { stdio: "pipe" } as never), '"stdio"');
      refused(() => createSubprocessExec("ls", [], { env: { A: 1 as never } }), "env.A");
      refused(() => createSubprocessExec("ls", [], { grace: -1 }), RangeError);
      refused(() => createSubprocessExec("ls", [], { limit: 0 }), RangeError);
      refused(() => createSubprocessShell(""), "a command");
    }));
});

describe("the end", () => {
  test("return codes and signals", () =>
    run(function* () {
      const process = yield* createSubprocessShell("exit 7");
      expect(process.returncode).toBe(null);
      expect(yield* process.wait()).toBe(7);
      expect(yield* process.wait()).toBe(7);
      expect([process.returncode, process.signalCode]).toEqual([7, null]);
      const killed = yield* createSubprocessShell("kill -9 $$");
      expect(yield* killed.wait()).toBe(-9);
      expect(killed.signalCode).toBe("SIGKILL");
    }));

  test("terminate, kill, sendSignal; a process that has ended gets none", () =>
    run(function* () {
      const sleepers = yield* gather([1, 2, 3, 4].map(() => createSubprocessExec("sleep", ["60"])));
      const [a, b, c, d] = sleepers as [Process, Process, Process, Process];
      a.terminate();
      b.kill();
      c.sendSignal("SIGHUP");
      d.sendSignal(2);
      d.sendSignal(0);
      const codes = yield* gather(sleepers.map((each) => each.wait()));
      expect(codes).toEqual([-15, -9, -1, -2]);
      for (const call of [() => a.kill(), () => a.terminate(), () => a.sendSignal(1)]) {
        expect(call).toThrow(expect.objectContaining({ code: "ESRCH" }));
      }
      expect(() => a.killTree()).toThrow("was ended by SIGTERM");
      expect(() => a.sendSignal("SIGNONE")).toThrow(RangeError);
      expect(() => a.sendSignal(1000)).toThrow(RangeError);
    }));

  test("wait returns when the process ends, whoever holds its pipes", () =>
    run(function* () {
      const command = "(sleep 0.3; echo later) & echo now";
      const process = yield* createSubprocessShell(command, { stdout: "pipe" });
      expect(yield* process.wait()).toBe(0);
      expect(process.stdout?.atEof()).toBe(false);
      expect(text(yield* process.stdout!.read())).toBe("now\nlater\n");
    }));

  test("cancelling a wait changes nothing of the process", () =>
    run(function* () {
      const process = yield* createSubprocessExec("cat", [], { stdin: "pipe", stdout: "pipe" });
      const late = yield* caught(timeout(20, () => process.wait()));
      expect(late).toBeInstanceOf(TimeoutError);
      expect(process.returncode).toBe(null);
      expect(text((yield* process.communicate("still here")).stdout)).toBe("still here");
    }));

  test(
    "200 at once",
    () =>
      run(function* () {
        const all = yield* gather(Array.from({ length: 200 }, (_, i) => answerOf(i)));
        expect(all).toEqual(Array.from({ length: 200 }, (_, i) => [i, i % 5]));
      }),
    60_000,
  );

  test("time stands still for a process under a virtual clock", () =>
    runVirtual(function* () {
      const process = yield* createSubprocessExec("sleep", ["0.05"]);
      expect(yield* timeout(1, () => process.wait())).toBe(0);
      const stubborn = yield* createSubprocessShell("trap '' TERM; echo; sleep 60 & wait; wait", {
        stdout: "pipe",
        grace: 50,
      });
      yield* stubborn.stdout!.readline();
      expect(yield* stubborn.close()).toBe(-9);
    }));
});

function* answerOf(i: number): Coroutine<(number | null)[]> {
  const process = yield* createSubprocessShell(`read x; echo $x; exit ${i % 5}`, PIPES);
  const { stdout } = yield* process.communicate(`${i}\n`);
  return [Number(text(stdout)), process.returncode];
}

describe("the tree", () => {
  const tree = "sleep 60 & echo $!; sh -c 'sleep 60 & echo $!; wait' & wait";

  test("killTree ends what the process has started", async () => {
    const pids: number[] = [];
    await run(function* () {
      const process = yield* createSubprocessShell(tree, { stdout: "pipe" });
      for (let i = 0; i < 2; i++) pids.push(Number(yield* process.stdout!.readline()));
      expect(pids.every(lives)).toBe(true);
      process.killTree();
      expect(yield* process.wait()).toBe(-9);
    });
    await eventually(() => !pids.some(lives));
  });

  test("also after the process itself has ended", async () => {
    await run(function* () {
      const command = "sleep 60 >/dev/null & echo $!";
      const process = yield* createSubprocessShell(command, { stdout: "pipe" });
      const pid = Number(text((yield* process.communicate()).stdout));
      expect(lives(pid)).toBe(true);
      process.killTree("SIGTERM");
      yield* (function* () {
        while (lives(pid)) yield* timeout(1000, () => createSubprocessExec("true"));
      })();
    });
  });

  test("the end of the run ends what a process left behind, without a pipe too", async () => {
    const pids: number[] = [];
    const left =
      "sh -c \"trap '' TERM; echo \\$\\$; exec sleep 60 >/dev/null\" & sleep 60 >/dev/null & echo $!";
    const started = performance.now();
    await run(function* () {
      const process = yield* createSubprocessShell(left, { stdout: "pipe", grace: 100 });
      for (let i = 0; i < 2; i++) pids.push(Number(yield* process.stdout!.readline()));
      yield* process.wait();
      yield* process.stdout!.read();
      yield* sleep(20);
      expect(pids.every(lives)).toBe(true);
    });
    expect(performance.now() - started).toBeGreaterThanOrEqual(100);
    await eventually(() => !pids.some(lives));
  });

  test("and so does close, under a virtual clock too", () =>
    runVirtual(function* () {
      const command = "sleep 60 >/dev/null & echo $!";
      const process = yield* createSubprocessShell(command, { stdout: "pipe" });
      const pid = Number(text((yield* process.communicate()).stdout));
      expect(lives(pid)).toBe(true);
      expect(yield* process.close()).toBe(0);
      expect(lives(pid)).toBe(false);
    }));

  test("what has ended by itself is kept no longer", () =>
    run(function* () {
      const owner = currentOwner()!;
      const process = yield* createSubprocessShell("sleep 0.1 >/dev/null & exit 3");
      yield* process.wait();
      expect([...owner.resources]).toHaveLength(1);
      while ([...owner.resources].length > 0) yield* sleep(10);
      expect(yield* process.close()).toBe(3);
    }));

  test("a group that is known to be gone gets no signal: its id may be another's", async () => {
    const kill = vi.spyOn(process, "kill");
    await run(function* () {
      const command = "setsid sh -c 'echo $$; exec sleep 60' & read x";
      const child = yield* createSubprocessShell(command, { ...PIPES, grace: 100 });
      const pid = Number(yield* child.stdout!.readline());
      child.stdin!.close();
      yield* child.wait();
      yield* sleep(20);
      kill.mockClear();
      expect(() => child.killTree()).toThrow("ESRCH");
      yield* child.close();
      expect(kill).not.toHaveBeenCalled();
      process.kill(pid);
    });
  });

  test("an id that another process has is another group's", () => {
    // This process is nobody's rest: it lives, and whatever group has its id is its own.
    expect(groupLives(process.pid)).toBe(false);
  });

  test("a grace without end", () =>
    run(function* () {
      const warned = vi.spyOn(process, "emitWarning");
      for (const grace of [2 ** 31 + 5, Number.POSITIVE_INFINITY]) {
        const command = "trap 'sleep 0.05; exit 7' TERM; echo; while :; do sleep 0.01; done";
        const child = yield* createSubprocessShell(command, { stdout: "pipe", grace });
        yield* child.stdout!.readline();
        expect(yield* child.close()).toBe(7);
      }
      expect(warned).not.toHaveBeenCalled();
    }));

  test("needs a group", () =>
    run(function* () {
      const process = yield* createSubprocessExec("sleep", ["60"], { processGroup: false });
      expect(() => process.killTree()).toThrow("processGroup: true");
      expect(yield* process.close()).toBe(-15);
    }));

  test("the end of the run ends all of it", async () => {
    const pids: number[] = [];
    await run(function* () {
      const process = yield* createSubprocessShell(tree, { stdout: "pipe" });
      for (let i = 0; i < 2; i++) pids.push(Number(yield* process.stdout!.readline()));
    });
    await eventually(() => !pids.some(lives));
  });

  test("one that ignores SIGTERM gets SIGKILL after the grace, and what it has started too", async () => {
    const started = performance.now();
    let pid = 0;
    await run(function* () {
      const command = "trap '' TERM; sleep 60 & echo $!; wait; wait";
      const process = yield* createSubprocessShell(command, { stdout: "pipe", grace: 100 });
      pid = Number(yield* process.stdout!.readline());
    });
    expect(performance.now() - started).toBeGreaterThanOrEqual(100);
    await eventually(() => !lives(pid));
    expect(children()).toEqual([]);
  });

  test("one that ends on SIGTERM has the grace for its last words", () =>
    run(function* () {
      const command = "trap 'echo bye; exit 3' TERM; echo; while :; do sleep 0.01; done";
      const process = yield* createSubprocessShell(command, { stdout: "pipe" });
      yield* process.stdout!.readline();
      expect(yield* process.close()).toBe(3);
      expect(text(yield* process.stdout!.read())).toBe("bye\n");
      expect(yield* process.close()).toBe(3);
    }));

  test("and so has what it has started, when it has ended itself", () =>
    run(function* () {
      const inner = "trap 'sleep 0.1; echo bye; exit' TERM; echo; while :; do sleep 0.01; done";
      const process = yield* createSubprocessExec("sh", ["-c", 'sh -c "$0" & wait', inner], {
        stdout: "pipe",
        grace: 10_000,
      });
      yield* process.stdout!.readline();
      const started = performance.now();
      expect(yield* process.close()).toBe(-15);
      expect(text(yield* process.stdout!.read())).toBe("bye\n");
      expect(performance.now() - started).toBeLessThan(9000);
    }));

  test("await using and using", async () => {
    await run(async () => {
      let pid: number;
      {
        await using process = await createSubprocessExec("sleep", ["60"]);
        ({ pid } = process);
        expect(lives(pid)).toBe(true);
      }
      expect(lives(pid)).toBe(false);
    });
    await run(function* () {
      {
        using _process = yield* createSubprocessExec("sleep", ["60"]);
      }
    });
    expect(children()).toEqual([]);
  });
});
