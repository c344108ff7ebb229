/*
 * Process: a child process with streams. asyncio.subprocess.Process, with what its users miss: `wait` that
 * returns when the process ends, whoever else holds its pipes; `killTree`; and `close`.
 */
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import { bytesOf } from "../../stream/bytes.ts";
import { ConnectionResetError } from "../../stream/errors.ts";
import type { StreamReader } from "../../stream/stream-reader.ts";
import type { StreamWriter } from "../../stream/stream-writer.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import type { EventLoop } from "../../task/event-loop.ts";
import { gather } from "../../task/gather.ts";
import { type Owned, ownedCall } from "../../task/owned-promise.ts";
import { currentOwner, type Owner } from "../../task/owner.ts";
import type { ChildTransport } from "./child-transport.ts";
import type { SubprocessStreams } from "./subprocess-streams.ts";

/** What a process has written: null where it has no pipe. */
export interface ProcessOutput {
  stdout: Uint8Array | null;
  stderr: Uint8Array | null;
}

/**
 * A child process. Counterpart: `asyncio.subprocess.Process`.
 *
 * It belongs to the run that started it. When the run ends, or when the process is closed (`close()`,
 * `using`, `await using`), it and all that it has started get SIGTERM, and SIGKILL after the grace.
 */
export class Process implements Owned, Disposable, AsyncDisposable {
  /** @internal */
  readonly _loop: EventLoop = getRunningLoop();
  /** @internal */
  readonly _owner: Owner | null = currentOwner(this._loop);
  readonly #transport: ChildTransport;
  readonly pid: number;
  /** Writes what the process reads; null unless stdin is `"pipe"`. */
  readonly stdin: StreamWriter | null;
  /** Reads what the process writes; null unless stdout is `"pipe"`. */
  readonly stdout: StreamReader | null;
  /** Reads what it complains; null unless stderr is `"pipe"`. */
  readonly stderr: StreamReader | null;

  /** @internal Made by `createSubprocessExec` and `createSubprocessShell`. */
  constructor(transport: ChildTransport, { stdin, readers }: SubprocessStreams) {
    this.#transport = transport;
    this.pid = transport.getPid();
    this.stdin = stdin;
    this.stdout = readers.get(1) ?? null;
    this.stderr = readers.get(2) ?? null;
  }

  /** The status that it ended with; -9 if SIGKILL ended it, as in Python; null while it runs. */
  get returncode(): number | null {
    return this.#transport.getReturncode();
  }

  /** The name of the signal that ended it; null while it runs, or if none did. */
  get signalCode(): string | null {
    return this.#transport.signalCode;
  }

  /**
   * Wait until the process ends; gives its return code. What it has started may go on, and hold its pipes:
   * they can still be read. Suspends unless it has ended. A process whose output goes to pipes that nobody
   * reads may never end: see `communicate`. Cancelling it changes nothing of the process.
   * Counterpart: `Process.wait`.
   */
  wait(): ThenableAwaitable<number> {
    return ownedCall(this, this.#transport.waitExit());
  }

  /**
   * Write `input` to the process and close its stdin; read all of its stdout and stderr at the same time,
   * until they end; wait until the process ends. Whatever the sizes, neither side waits for the other for
   * ever. What the process has started in the background may keep the pipes open, and is waited for. A
   * process that does not read all of its input is no error.
   *
   * Throws TypeError for input to a process without a pipe to its stdin. On cancellation (`timeout`) the
   * process goes on: `close()` it, or call this again, which gives all of its output. Counterpart: `Process.communicate`.
   *
   * @example
   * const { stdout } = yield* process.communicate("3\n1\n");
   */
  communicate(input?: Uint8Array | string | null): ThenableAwaitable<ProcessOutput> {
    const bytes = input === undefined || input === null ? null : bytesOf(input, "communicate");
    if (bytes !== null && this.stdin === null) {
      throw new TypeError('communicate(input) needs a process that was started with stdin: "pipe"');
    }
    return ownedCall(this, this.#communicate(bytes));
  }

  *#communicate(input: Uint8Array | null): Coroutine<ProcessOutput> {
    const [stdout, stderr] = yield* gather([
      readAll(this.stdout),
      readAll(this.stderr),
      feed(this.stdin, input),
    ]);
    yield* this.#transport.waitExit();
    return { stdout, stderr };
  }

  /**
   * Send a signal, by its name or number, to the process alone; 0 sends none. Throws RangeError for a signal that there
   * is not, an Error with the code "ESRCH" when the process has ended. Counterpart: `Process.send_signal`.
   */
  sendSignal(signal: string | number): void {
    this.#transport.sendSignal(signal);
  }

  /** Ask the process to end: `sendSignal("SIGTERM")`. */
  terminate(): void {
    this.#transport.terminate();
  }

  /** End the process: `sendSignal("SIGKILL")`. What it has started goes on: see `killTree`. */
  kill(): void {
    this.#transport.kill();
  }

  /**
   * Send a signal to the process and to all that it has started, by its process group; SIGKILL if none is
   * given. What has made a group of its own (a daemon) is not reached. Works as long as any of them lives,
   * then throws an Error with the code "ESRCH". Throws TypeError for a process that was started with
   * `processGroup: false`.
   */
  killTree(signal: string | number = "SIGKILL"): void {
    this.#transport.killTree(signal);
  }

  /**
   * End the process and all that it has started: SIGTERM, after the grace SIGKILL; wait until it is over, and
   * close the pipes. What has been received can still be read; what waits in the pipes is dropped, so read to
   * the end first where all of it matters. Gives the return code. If the process has ended already, what it
   * has started is ended all the same, unless that has made a group of its own.
   *
   * Suspends unless it is over. On cancellation SIGKILL is sent at once, and the end awaited all the same.
   * Counterpart: `trio.Process.aclose`.
   */
  close(): ThenableAwaitable<number> {
    return ownedCall(this, this.#transport.end());
  }

  /** Begin to close: for `using`. The run waits for the end. */
  [Symbol.dispose](): void {
    this.#transport.beginToEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For reports. */
  toString(): string {
    const { returncode } = this;
    return `Process ${this.pid}${returncode === null ? "" : ` (returned ${returncode})`}`;
  }
}

function* readAll(reader: StreamReader | null): Coroutine<Uint8Array | null> {
  return reader === null ? null : yield* reader.read();
}

function* feed(writer: StreamWriter | null, input: Uint8Array | null): Coroutine<void> {
  if (writer === null) return;
  try {
    if (input !== null) {
      writer.write(input);
      yield* writer.drain();
    }
    writer.close();
    yield* writer.waitClosed();
  } catch (error) {
    if (!(error instanceof ConnectionResetError)) throw error;
  }
}
