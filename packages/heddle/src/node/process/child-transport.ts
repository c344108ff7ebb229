/*
 * The transport of a child process.
 *
 *   connectionMade -> pipeDataReceived*, pipeConnectionLost*, processExited (in any order) -> connectionLost
 *
 * The process and its pipes end independently: a process may close its stdout and go on, and what it has
 * started may hold its stdout when it has ended. `connectionLost` comes when all of them have ended. What it
 * has started may live longer still: the run keeps it until that has ended, too.
 *
 * The end of the run ends the process, in real time even under a virtual clock, for the process lives there:
 *
 *   SIGTERM ---- grace ----> SIGKILL     to its whole group
 *
 * and does not wait for the grace when the group has ended before. Node's own end of a process resumes
 * pipes that were paused, and drops what stdin has not sent: so Node forgets the pipes here.
 */
import { type ChildProcess, spawnSync } from "node:child_process";
import type { Socket } from "node:net";
import type { Coroutine } from "../../coroutine/types.ts";
import type { SubprocessProtocol } from "../../stream/protocol.ts";
import { callIn, type Place, reportProtocol } from "../../stream/protocol-caller.ts";
import { type ExtraInfo, SubprocessTransport, type Transport } from "../../stream/transport.ts";
import { cancelScope } from "../../task/cancel-scope.ts";
import { Future } from "../../task/future.ts";
import type { Resource } from "../../task/owner.ts";
import { SocketWire } from "../socket-wire.ts";
import { ChildPipe, type PipeListener } from "./child-pipe.ts";
import { groupLives } from "./group-lives.ts";
import { born, ended } from "./living-processes.ts";
import type { ProcessPlan } from "./process-options.ts";
import { checkSignal, signalNumber } from "./signal-names.ts";

/** Milliseconds until it is looked for the second time whether the rest of a group has ended; then twice as many. */
const LOOK_AFTER = 5;
/** At most so many, while nobody waits for that. */
const LOOK_AT_MOST = 10_000;
/** Longest delay of `setTimeout`. */
const LONGEST = 2 ** 31 - 1;

export class ChildTransport extends SubprocessTransport implements Resource, PipeListener {
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #plan: ProcessPlan;
  readonly #place: Place;
  #protocol: SubprocessProtocol;
  readonly #pipes = new Map<number, Transport>();
  readonly #openPipes = new Set<number>();
  #returncode: number | null = null;
  #signal: string | null = null;
  readonly #exitWaiters = new Set<Future<void>>();
  readonly #overWaiters = new Set<Future<void>>();
  #closing = false;
  /** It is told to the protocol, or must not be told any more. */
  #lost = false;
  /** It has ended, and nobody of its group lives: the group's id may be another's from now on. */
  #groupGone = false;
  /** Lost, and the group is gone. */
  #over = false;
  /** When SIGKILL is due, by `performance.now()`; null unless it is being ended. */
  #deadline: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #pause = LOOK_AFTER;

  constructor(child: ChildProcess, protocol: SubprocessProtocol, plan: ProcessPlan, place: Place) {
    super();
    this.#child = child;
    this.#pid = child.pid as number;
    this.#protocol = protocol;
    this.#plan = plan;
    this.#place = place;
    place.loop.traffic?.outward.add(this);
    place.owner?.own(this);
    born(this);
    const sockets = [...child.stdio] as (Socket | null | undefined)[];
    (child.stdio as unknown[]).length = 0;
    child.stdin = null;
    sockets.forEach((socket, fd) => {
      if (socket) this.#openPipe(socket, fd);
    });
    child.on("error", () => {});
    child.on("exit", (code, signal) => this.#onExit(code, signal));
  }

  #openPipe(socket: Socket, fd: number): void {
    this.#openPipes.add(fd);
    const { loop } = this.#place;
    const place = { loop, owner: null, frame: null, server: null, idleTimeout: null };
    this.#pipes.set(fd, new SocketWire(socket).open(new ChildPipe(this, fd), place));
  }

  /** Tell the protocol that there is a process. What it throws ends the process. */
  begin(): void {
    try {
      callIn(this.#place.frame, () => this.#protocol.connectionMade(this));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  // ---- what is heard

  /** Errors of the protocol are reported; the process goes on, as in asyncio. */
  #call(call: string, fn: () => void): void {
    try {
      callIn(this.#place.frame, fn);
    } catch (error) {
      reportProtocol(this.#place.loop, this.#protocol, call, error, this);
    }
  }

  pipeReceived(fd: number, data: Uint8Array): void {
    this.#call("pipeDataReceived", () => this.#protocol.pipeDataReceived(fd, data));
  }

  pipeLost(fd: number, error: Error | null): void {
    this.#openPipes.delete(fd);
    this.#call("pipeConnectionLost", () => this.#protocol.pipeConnectionLost(fd, error));
    this.#loseIfOver();
  }

  tell(call: "pauseWriting" | "resumeWriting"): void {
    this.#call(call, () => this.#protocol[call]());
  }

  #onExit(code: number | null, signal: string | null): void {
    this.#signal = signal;
    this.#returncode = code ?? -signalNumber(signal as string);
    const { loop } = this.#place;
    if (this.#deadline === null) loop.traffic?.outward.remove(this);
    if (!loop.isClosed()) {
      loop.react(this.#exited, undefined);
      return;
    }
    this.#cutPipes();
    if (!this.#restLives()) ended(this);
  }

  readonly #exited = (): void => {
    this.#call("processExited", () => this.#protocol.processExited());
    wakeAll(this.#exitWaiters);
    // What reads a pipe says so by its end; of what is written to, nobody would ever hear.
    this.#pipes.get(0)?.close();
    if (this.#deadline !== null) {
      this.#pressOn();
      return;
    }
    this.#loseIfOver();
    this.#watchRest();
  };

  /** Look from time to time whether the rest of the group has ended. */
  readonly #watchRest = (): void => {
    if (this.#over || this.#deadline !== null) return;
    if (!this.#restLives()) {
      this.#loseIfOver();
      return;
    }
    this.#timer = setTimeout(this.#watchRest, this.#pause).unref();
    this.#pause = Math.min(2 * this.#pause, LOOK_AT_MOST);
  };

  #loseIfOver(): void {
    if (this.#over || this.#returncode === null || this.#openPipes.size > 0) return;
    // The rest of the group is still being ended.
    if (this.#deadline !== null) return;
    if (!this.#lost) {
      this.#lost = true;
      this.#closing = true;
      this.#call("connectionLost", () => this.#protocol.connectionLost(null));
    }
    if (this.#restLives()) return;
    this.#over = true;
    clearTimeout(this.#timer);
    const { loop, owner } = this.#place;
    loop.traffic?.outward.remove(this);
    owner?.disown(this);
    ended(this);
    wakeAll(this.#overWaiters);
  }

  // ---- waiting

  /** Wait until the process has ended; gives its return code. */
  *waitExit(): Coroutine<number> {
    if (this.#returncode === null) yield* this.#wait(this.#exitWaiters, "end");
    return this.#returncode as unknown as number;
  }

  *#wait(waiters: Set<Future<void>>, what: string): Coroutine<void> {
    const waiter = new Future<void>(this.#place.loop, `process ${this.#pid} to ${what}`);
    waiters.add(waiter);
    try {
      yield* waiter;
    } finally {
      waiters.delete(waiter);
    }
  }

  // ---- signals

  override getPid(): number {
    return this.#pid;
  }

  override getReturncode(): number | null {
    return this.#returncode;
  }

  /** The name of the signal that ended it. */
  get signalCode(): string | null {
    return this.#signal;
  }

  override sendSignal(signal: string | number): void {
    this.signal("sendSignal", signal);
  }

  signal(call: string, signal: string | number): void {
    const name = checkSignal(call, signal);
    if (this.#returncode !== null) throw this.#hasEnded(call);
    process.kill(this.#pid, name);
  }

  override terminate(): void {
    this.signal("terminate", "SIGTERM");
  }

  override kill(): void {
    this.signal("kill", "SIGKILL");
  }

  /** Send a signal to the process and all that it has started, if that has not left the group. */
  killTree(signal: string | number): void {
    const name = checkSignal("killTree", signal);
    if (process.platform === "win32") {
      if (this.#returncode !== null) throw this.#hasEnded("killTree");
      killTreeOnWindows(this.#pid);
      return;
    }
    if (!this.hasGroup) {
      throw new TypeError(
        "killTree() needs a process that was started in a group of its own: with processGroup: true",
      );
    }
    if (!this.#someLive()) throw this.#hasEnded("killTree");
    try {
      process.kill(-this.#pid, name);
    } catch (error) {
      throw (error as { code?: string }).code === "ESRCH" ? this.#hasEnded("killTree") : error;
    }
  }

  #hasEnded(call: string): Error {
    const how =
      this.#returncode === null
        ? "has ended"
        : this.#signal === null
          ? `has ended with status ${this.#returncode}`
          : `was ended by ${this.#signal}`;
    const message = `${call}(): process ${this.#pid} (${this.#plan.program}) ${how} (ESRCH)`;
    return Object.assign(new Error(message), { code: "ESRCH", syscall: "kill" });
  }

  /** The same without an error: it may have ended meanwhile, or run as another user. */
  #signalAll(signal: NodeJS.Signals): void {
    if (!this.#someLive()) return;
    try {
      if (process.platform === "win32") killTreeOnWindows(this.#pid);
      else process.kill(this.hasGroup ? -this.#pid : this.#pid, signal);
    } catch {}
  }

  killAll(): void {
    this.#signalAll("SIGKILL");
  }

  get hasGroup(): boolean {
    return this.#plan.spawn.detached;
  }

  #someLive(): boolean {
    return this.#returncode === null || this.#restLives();
  }

  /** Does what it has started live, when it has ended? */
  #restLives(): boolean {
    this.#groupGone ||= !this.hasGroup || !groupLives(this.#pid);
    return !this.#groupGone;
  }

  // ---- the end

  /** asyncio's: the pipes are closed, the process is killed. */
  override close(): void {
    if (this.#closing) return;
    this.#closing = true;
    for (const pipe of this.#pipes.values()) pipe.close();
    if (this.#returncode === null) this.killAll();
  }

  /** SIGTERM, and SIGKILL after the grace. */
  beginToEnd(): void {
    if (this.#over || this.#deadline !== null) return;
    this.#closing = true;
    this.#deadline = performance.now() + this.#plan.grace;
    this.#pause = LOOK_AFTER;
    this.#place.loop.traffic?.outward.add(this);
    this.#signalAll("SIGTERM");
    this.#pressOn();
  }

  /** Do not wait for the grace. */
  endNow(): void {
    this.beginToEnd();
    if (this.#deadline === null) return;
    this.#deadline = Number.NEGATIVE_INFINITY;
    this.#pressOn();
  }

  #pressOn(): void {
    clearTimeout(this.#timer);
    const left = (this.#deadline as number) - performance.now();
    if (left > 0 && this.#someLive()) {
      // Of the process itself we hear; of what it has started, nobody tells.
      if (this.#returncode !== null) this.#pause *= 2;
      const pause = this.#returncode === null ? left : Math.min(left, this.#pause / 2);
      this.#timer = setTimeout(() => this.#pressOn(), Math.min(pause, LONGEST));
      return;
    }
    this.killAll();
    if (this.#returncode === null) return;
    this.#groupGone = true;
    this.#deadline = null;
    this.#cutPipes();
    this.#loseIfOver();
  }

  #cutPipes(): void {
    for (const pipe of this.#pipes.values()) pipe.abort();
  }

  /** Wait until it has ended, its pipes are closed, and nobody of its group lives. */
  *#waitOver(): Coroutine<void> {
    if (!this.#over) yield* this.#wait(this.#overWaiters, "be over");
  }

  /** End it and wait for that. A cancellation does not wait for the grace, and goes on when it is over. */
  *end(): Coroutine<number> {
    this.beginToEnd();
    let interruption: unknown;
    while (!this.#over) {
      try {
        yield* cancelScope({ shield: true }, () => this.#waitOver());
      } catch (error) {
        interruption ??= error;
        this.endNow();
      }
    }
    if (interruption !== undefined) throw interruption;
    return this.#returncode as number;
  }

  /** The run ends. */
  release(): Coroutine<void> | undefined {
    this.beginToEnd();
    return this.#over ? undefined : this.#waitOver();
  }

  // ---- the rest

  override isClosing(): boolean {
    return this.#closing;
  }

  override getPipeTransport(fd: number): Transport | undefined {
    return this.#pipes.get(fd);
  }

  override getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  override getExtraInfo<T = undefined>(name: string, fallback?: T): unknown;
  override getExtraInfo(name: string, fallback?: unknown): unknown {
    return name === "subprocess" ? this.#child : fallback;
  }

  override setProtocol(protocol: SubprocessProtocol): void {
    this.#protocol = protocol;
  }

  override getProtocol(): SubprocessProtocol {
    return this.#protocol;
  }
}

function wakeAll(waiters: Set<Future<void>>): void {
  for (const waiter of waiters) if (!waiter.done()) waiter.setResult(undefined);
  waiters.clear();
}

/** Windows knows neither groups nor signals. */
function killTreeOnWindows(pid: number): void {
  spawnSync("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore", windowsHide: true });
}
