import {
  BaseProtocol,
  Event,
  getRunningLoop,
  run,
  SubprocessProtocol,
  type SubprocessTransport,
} from "heddle";
import { subprocessExec, subprocessShell } from "heddle/node";
import { beforeEach, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { leavesNothing } from "./census.ts";

const PIPES = { stdin: "pipe", stdout: "pipe", stderr: "pipe" } as const;

beforeEach(() => leavesNothing());

class Recorder extends SubprocessProtocol {
  readonly calls: string[] = [];
  readonly lost = new Event();

  override connectionMade(transport: SubprocessTransport): void {
    this.calls.push(`made ${transport.getReturncode()}`);
  }
  override pipeDataReceived(fd: number, data: Uint8Array): void {
    this.calls.push(`data ${fd} ${Buffer.from(data).toString().trim()}`);
  }
  override pipeConnectionLost(fd: number, error: Error | null): void {
    this.calls.push(`lost ${fd} ${error === null ? null : error.name}`);
  }
  override processExited(): void {
    this.calls.push("exited");
  }
  override connectionLost(error: Error | null): void {
    this.calls.push(`over ${error}`);
    this.lost.set();
  }
  override pauseWriting(): void {
    this.calls.push("pause");
  }
  override resumeWriting(): void {
    this.calls.push("resume");
  }
}

test("the calls, and the last of them when the process and its pipes have ended", () =>
  run(function* () {
    const args = ["-c", "read x; echo $x; echo oops >&2"];
    const [transport, protocol] = yield* subprocessExec(() => new Recorder(), "sh", args, PIPES);
    expect(protocol.calls).toEqual(["made null"]);
    expect(transport.getPid()).toBeGreaterThan(0);
    expect(transport.getPipeTransport(3)).toBe(undefined);
    const stdin = transport.getPipeTransport(0) as unknown as { write(data: Uint8Array): void };
    stdin.write(Buffer.from("hello\n"));
    yield* protocol.lost.wait();
    const { calls } = protocol;
    expect([...calls].sort()).toEqual(
      ["made null", "data 1 hello", "data 2 oops", "lost 0 null", "lost 1 null", "lost 2 null"]
        .concat("exited", "over null")
        .sort(),
    );
    expect(calls[0]).toBe("made null");
    expect(calls.at(-1)).toBe("over null");
    expect(calls.indexOf("data 1 hello")).toBeLessThan(calls.indexOf("lost 1 null"));
    expect(transport.getReturncode()).toBe(0);
    expect(transport.isClosing()).toBe(true);
  }));

test("a pipe that outlives the process is heard of before the end", () =>
  run(function* () {
    const command = "(sleep 0.1; echo late) & exit 5";
    const make = () => new Recorder();
    const [transport, { calls, lost }] = yield* subprocessShell(make, command, { stdout: "pipe" });
    yield* lost.wait();
    expect(calls).toEqual(["made null", "exited", "data 1 late", "lost 1 null", "over null"]);
    expect(transport.getReturncode()).toBe(5);
  }));

test("a process that closes its pipe goes on", () =>
  run(function* () {
    const command = "exec >&-; sleep 0.1";
    const make = () => new Recorder();
    const [, { calls, lost }] = yield* subprocessShell(make, command, { stdout: "pipe" });
    yield* lost.wait();
    expect(calls).toEqual(["made null", "lost 1 null", "exited", "over null"]);
  }));

test("flow control of stdin", () =>
  run(function* () {
    const command = "sleep 0.2; cat >/dev/null";
    const make = () => new Recorder();
    const [transport, protocol] = yield* subprocessShell(make, command, { stdin: "pipe" });
    const stdin = transport.getPipeTransport(0) as never as {
      write(data: Uint8Array): void;
      close(): void;
    };
    stdin.write(Buffer.alloc(4_000_000));
    expect(protocol.calls).toEqual(["made null", "pause"]);
    stdin.close();
    yield* protocol.lost.wait();
    expect(protocol.calls).toEqual([
      "made null",
      "pause",
      "resume",
      "lost 0 null",
      "exited",
      "over null",
    ]);
  }));

test("close kills", () =>
  run(function* () {
    const make = () => new Recorder();
    const [transport, protocol] = yield* subprocessExec(make, "sleep", ["60"], PIPES);
    expect(transport.isClosing()).toBe(false);
    transport.close();
    transport.close();
    expect(transport.isClosing()).toBe(true);
    yield* protocol.lost.wait();
    expect(transport.getReturncode()).toBe(-9);
    expect(() => transport.terminate()).toThrow(expect.objectContaining({ code: "ESRCH" }));
  }));

test("what a protocol throws is reported, and the process goes on", async () => {
  const reports: string[] = [];
  await run(function* () {
    const protocol = new Recorder();
    protocol.pipeDataReceived = () => {
      throw new Error("mine");
    };
    const [transport] = yield* subprocessExec(() => protocol, "echo", ["x"], { stdout: "pipe" });
    expect(transport.getProtocol() === protocol).toBe(true);
    getRunningLoop().setExceptionHandler((_, { message }) => void reports.push(String(message)));
    yield* protocol.lost.wait();
    getRunningLoop().setExceptionHandler(null);
    expect(protocol.calls.at(-1)).toBe("over null");
  });
  expect(reports).toEqual(["Recorder.pipeDataReceived() failed"]);
});

test("connectionMade that throws ends the process; what is no protocol is refused before", () =>
  run(function* () {
    class Refusing extends SubprocessProtocol {
      override connectionMade(): void {
        throw new Error("no");
      }
    }
    const refused = subprocessExec(() => new Refusing(), "sleep", ["60"]);
    expect(yield* caught(refused)).toMatchObject({ message: "no" });
    const none = subprocessExec(() => new BaseProtocol() as never, "sleep", ["60"]);
    expect(yield* caught(none)).toMatchObject({ name: "TypeError" });
    expect(() => subprocessExec(new Recorder() as never, "true")).toThrow("a function that makes");
  }));
