import { createTask, isCancelled, run, sleep, TimeoutError, timeout, waitFor } from "heddle";
import { createSubprocessExec, createSubprocessShell, ProcessError, runProcess } from "heddle/node";
import { beforeEach, describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { children, eventually, leavesNothing, lives } from "./census.ts";

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());
const PIPES = { stdin: "pipe", stdout: "pipe", stderr: "pipe" } as const;
const MIB = 1024 * 1024;

beforeEach(() => leavesNothing());

describe("communicate", () => {
  test(
    "64 MiB in, 64 MiB out and as many complaints: neither side waits for ever",
    () =>
      run(function* () {
        const process = yield* createSubprocessExec("bash", ["-c", "tee >(cat >&2)"], PIPES);
        const input = Buffer.alloc(64 * MIB, "0123456789abcde\n");
        const { stdout, stderr } = yield* process.communicate(input);
        expect(Buffer.compare(stdout as Buffer, input)).toBe(0);
        expect(Buffer.compare(stderr as Buffer, input)).toBe(0);
      }),
    60_000,
  );

  test("a process that does not read its input is no error", () =>
    run(function* () {
      const process = yield* createSubprocessExec("true", [], PIPES);
      const { stdout } = yield* process.communicate(Buffer.alloc(4 * MIB));
      expect(stdout).toHaveLength(0);
      expect(process.returncode).toBe(0);
      const some = yield* createSubprocessExec("head", ["-c", "5"], PIPES);
      const output = yield* some.communicate(Buffer.alloc(4 * MIB, "x"));
      expect(text(output.stdout)).toBe("xxxxx");
    }));

  test("input needs a pipe", () =>
    run(function* () {
      const process = yield* createSubprocessExec("true", [], { stdout: "pipe" });
      expect(() => process.communicate("x")).toThrow('stdin: "pipe"');
      expect(() => process.communicate(7 as never)).toThrow(TypeError);
      yield* process.wait();
    }));

  test("cancelled and called again, it gives all of the output", () =>
    run(function* () {
      const command = "echo one; sleep 0.2; echo two";
      const process = yield* createSubprocessShell(command, { stdout: "pipe" });
      expect(yield* caught(timeout(100, () => process.communicate()))).toBeInstanceOf(TimeoutError);
      expect(text((yield* process.communicate()).stdout)).toBe("one\ntwo\n");
    }));

  test("cancelled, the process goes on, until it is closed", () =>
    run(function* () {
      const process = yield* createSubprocessExec("sleep", ["60"], PIPES);
      expect(yield* caught(timeout(20, () => process.communicate()))).toBeInstanceOf(TimeoutError);
      expect(process.returncode).toBe(null);
      expect(yield* process.close()).toBe(-15);
    }));
});

describe("stdin", () => {
  test("drain waits while the process does not read", () =>
    run(function* () {
      const options = { stdin: "pipe", stdout: "pipe" } as const;
      const process = yield* createSubprocessShell("sleep 0.3; wc -c", options);
      const stdin = process.stdin!;
      stdin.write(Buffer.alloc(4 * MIB));
      const late = yield* caught(timeout(50, () => stdin.drain()));
      expect(late).toBeInstanceOf(TimeoutError);
      expect(stdin.transport.getWriteBufferSize()).toBeGreaterThan(0);
      yield* stdin.drain();
      stdin.writeEof();
      expect(Number(text(yield* process.stdout!.read()))).toBe(4 * MIB);
      yield* process.wait();
    }));

  test("drain throws when the process has closed its stdin", () =>
    run(function* () {
      const process = yield* createSubprocessShell("exec 0<&-; echo closed; sleep 60", PIPES);
      yield* process.stdout!.readline();
      const error = yield* caught(
        (function* () {
          for (;;) {
            process.stdin!.write("x");
            yield* process.stdin!.drain();
            yield* sleep(1);
          }
        })(),
      );
      expect(error).toMatchObject({ name: "ConnectionResetError", code: "EPIPE" });
      process.kill();
      expect(yield* process.wait()).toBe(-9);
    }));

  test("a slow reader makes the process wait, even when it has ended meanwhile", () =>
    run(function* () {
      const command = "head -c 8388608 /dev/zero & sleep 0.2";
      const process = yield* createSubprocessShell(command, { stdout: "pipe", limit: 1000 });
      yield* process.wait();
      yield* sleep(50);
      const { length } = process.stdout!._buffer;
      expect(length).toBeLessThan(MIB);
      expect(yield* process.stdout!.read()).toHaveLength(8 * MIB);
    }));
});

describe("runProcess", () => {
  test("gives what the program wrote", () =>
    run(function* () {
      const completed = yield* runProcess("sort", ["-n"], { input: "3\n1\n" });
      expect(text(completed.stdout)).toBe("1\n3\n");
      expect(completed).toMatchObject({ command: ["sort", "-n"], returncode: 0 });
      const nothing = yield* runProcess("cat");
      expect(nothing.stdout).toHaveLength(0);
    }));

  test("throws for another status than 0, unless it is not to check", () =>
    run(function* () {
      const script = "echo out; echo 'it does not work' >&2; exit 3";
      const error = yield* caught(runProcess("sh", ["-c", script]));
      expect(error).toBeInstanceOf(ProcessError);
      expect(error).toMatchObject({
        message: "sh ended with status 3: it does not work",
        command: ["sh", "-c", script],
        returncode: 3,
      });
      expect(text((error as ProcessError).stdout)).toBe("out\n");
      const checked = yield* runProcess("sh", ["-c", script], { check: false });
      expect(checked.returncode).toBe(3);
      const killed = yield* caught(runProcess("sh", ["-c", "kill -9 $$"]));
      expect((killed as Error).message).toBe("sh was ended by SIGKILL");
    }));

  test("the timeout ends it, with what it has started", async () => {
    await run(function* () {
      const options = { timeout: 50, stderr: "inherit" } as const;
      const error = yield* caught(runProcess("sh", ["-c", "sleep 60 & sleep 60"], options));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(children()).toEqual([]);
    });
  });

  test.each([
    ["at its beginning", 0],
    ["while it runs", 30],
  ])("cancelled %s, it is ended and reaped before the error goes on", (_, ms) =>
    run(function* () {
      const task = createTask(runProcess("sleep", ["60"]));
      yield* sleep(ms);
      task.cancel();
      const error = yield* caught(task);
      expect(isCancelled(error)).toBe(true);
      expect(children()).toEqual([]);
    }),
  );

  test("a second cancellation does not wait for the grace", () =>
    run(function* () {
      const started = performance.now();
      const script = "trap '' TERM; sleep 60 & wait; wait";
      const task = createTask(runProcess("sh", ["-c", script], { grace: 60_000 }));
      yield* sleep(50);
      task.cancel();
      yield* sleep(50);
      expect(children()).toHaveLength(1);
      task.cancel();
      expect(isCancelled(yield* caught(task))).toBe(true);
      expect(performance.now() - started).toBeLessThan(30_000);
    }));

  test("waitFor, and a process that does not start", () =>
    run(function* () {
      expect(yield* caught(waitFor(runProcess("sleep", ["60"]), 20))).toBeInstanceOf(TimeoutError);
      expect(yield* caught(runProcess("no-such-program"))).toMatchObject({ code: "ENOENT" });
      expect(() => runProcess("cat", [], { input: "x", stdin: "pipe" })).toThrow("either");
    }));

  test("what it left in the background goes on, until the run ends", async () => {
    let pid = 0;
    await run(function* () {
      const script = "sleep 60 >/dev/null 2>&1 & echo $!";
      pid = Number(text((yield* runProcess("sh", ["-c", script])).stdout));
      yield* sleep(30);
      expect(lives(pid)).toBe(true);
    });
    await eventually(() => !lives(pid));
  });
});
