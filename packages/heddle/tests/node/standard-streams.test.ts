import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, sleep } from "heddle";
import {
  createSubprocessExec,
  createSubprocessShell,
  runProcess,
  stderrWriter,
  stdinReader,
  stdoutWriter,
} from "heddle/node";
import { expect, test } from "vitest";
import { eventually, lives } from "./process/census.ts";

const program = (name: string) => [
  "--import",
  "tsx",
  fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url)),
];
const node = process.execPath;

test("stdin by a pipe, in several runs: nothing is lost between them", () =>
  run(function* () {
    const input = "a\nb\nhalf\nc\nd\n";
    const { stdout } = yield* runProcess(node, program("copy-stdin"), { input });
    expect(String(stdout)).toBe("first a\nfirst b\nthen c\nd\n");
  }));

test("stdin by a file", () =>
  run(function* () {
    const command = `printf 'a\\nhalf\\nb' > $F; "$@" < $F`;
    const env = { ...process.env, F: join(mkdtempSync(join(tmpdir(), "heddle-stdin-")), "file") };
    const args = ["-c", command, "sh", node, ...program("copy-stdin")];
    const { stdout } = yield* runProcess("sh", args, { env });
    expect(String(stdout)).toBe("first a\nthen b");
  }));

test("a stdin that stays open does not keep the process", () =>
  run(function* () {
    const child = yield* createSubprocessExec(node, program("read-a-line"), {
      stdin: "pipe",
      stdout: "pipe",
    });
    child.stdin!.write("one\ntwo\n");
    expect(yield* child.wait()).toBe(0);
    expect(String(yield* child.stdout!.read())).toBe("read one\n");
  }));

test("one reader of stdin at a time", () =>
  run(function* () {
    const stdin = stdinReader();
    expect(() => stdinReader()).toThrow("a reader already");
    stdin.close();
    stdinReader().close();
  }));

test("outside of a run there is no reader, and stdin stays free", async () => {
  expect(() => stdinReader()).toThrow("no running event loop");
  await run(function* () {
    stdinReader().close();
    yield* sleep(0);
  });
});

test("a run has one writer of stdout, until that is closed", async () => {
  const before = process.stdout.listenerCount("error");
  await run(function* () {
    const first = stdoutWriter();
    for (let i = 0; i < 12; i++) expect(stdoutWriter()).toBe(first);
    expect(stderrWriter()).toBe(stderrWriter());
    expect(stderrWriter()).not.toBe(first);
    first.close();
    const second = stdoutWriter();
    expect(second).not.toBe(first);
    expect(second.isClosing()).toBe(false);
    yield* first.waitClosed();
  });
  expect(process.stdout.listenerCount("error")).toBe(before);
  await run(function* () {
    expect(stdoutWriter().isClosing()).toBe(false);
    yield* stdoutWriter().drain();
  });
});

test("drain waits for who reads stdout slowly; EPIPE is a ConnectionResetError", () =>
  run(function* () {
    const command = '"$@" | { sleep 0.5; head -c 100000 >/dev/null; }';
    const args = ["-c", command, "sh", node, ...program("write-much")];
    const { stderr } = yield* runProcess("sh", args);
    expect(String(stderr)).toBe("ConnectionResetError EPIPE true\n");
  }));

test("process.exit in the middle of a run leaves no process behind", async () => {
  const child = spawn(node, program("stop-by-exit"), { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (data) => {
    text += data;
  });
  const [status] = await once(child, "close");
  expect(status).toBe(3);
  const pids = text.trim().split(" ").map(Number);
  expect(pids).toHaveLength(2);
  await eventually(() => !pids.some(lives));
});

test("stdout of a shell command without a pipe is this process's own", () =>
  run(function* () {
    const child = yield* createSubprocessShell("test -t 1 || true");
    expect(yield* child.wait()).toBe(0);
    yield* runProcess("true", [], { stdout: "inherit" });
  }));
