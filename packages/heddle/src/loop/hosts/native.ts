/*
 * The host of Node, Bun, Deno and browsers: their timers and clock, found as globals, so that
 * `import "heddle"` works on each of them without a `node:` module.
 *
 * Waking soon is a microtask: an HTTP handler that starts a run pays no trip round the native loop.
 * Waking after the others is `setImmediate` where there is one (a trip through timers and I/O, about
 * 1 µs), a message to oneself in browsers (`setTimeout` is clamped to 4 ms there).
 *
 * One native timer serves the whole heap. If it is armed for an earlier moment than needed (timers
 * that were cancelled since) it is left alone: it finds nothing due and arms itself again. Only when
 * no timer is left it is cleared, since it would keep the process alive.
 */
import { RuntimeError } from "../../coroutine/errors.ts";
import type { CodePlace } from "../code-place.ts";
import type { Host } from "../host.ts";
import { nativeAsyncContext } from "./async-context.ts";

/** Longest delay of `setTimeout`; longer ones are taken in steps. */
const LONGEST = 2 ** 31 - 1;

interface ProcessLike {
  getBuiltinModule?(name: "node:os"): { constants: { signals: object } } | undefined;
  env?: Record<string, string | undefined>;
  on?(event: string, listener: () => void): unknown;
  off?(event: string, listener: () => void): unknown;
  exit?(status: number): void;
  stderr?: { write(text: string): unknown };
}

interface NativeGlobals {
  process?: ProcessLike;
  setImmediate?: (callback: () => void) => unknown;
}

const globals = globalThis as unknown as NativeGlobals;

/** From the very beginning: a store that is set from now on is seen. */
const asyncContext = nativeAsyncContext();

function afterOthers(): (turn: () => void) => void {
  const immediate = globals.setImmediate;
  if (typeof immediate === "function") return (turn) => void immediate(turn);
  if (typeof MessageChannel !== "function") return (turn) => void setTimeout(turn, 0);
  const { port1, port2 } = new MessageChannel();
  const turns: (() => void)[] = [];
  port1.addEventListener("message", () => turns.shift()?.());
  port1.start();
  return (turn) => {
    turns.push(turn);
    port2.postMessage(null);
  };
}

/**
 * One listener of the process serves every loop. Once added it stays: it keeps nothing alive, and
 * adding it for each run would cost more than the run.
 */
const stallListeners = new Set<() => boolean>();
let watchingStalls = false;

function stalled(): void {
  let goOn = false;
  for (const listener of [...stallListeners]) if (listener()) goOn = true;
  // Node tells of an end only once, unless something was scheduled: come back for those who go on.
  if (goOn) globals.setImmediate?.(() => {});
}

/** One listener of the process for each signal, and only while somebody listens: it changes what the signal does. */
const signalListeners = new Map<string, SignalListeners>();

interface SignalListeners {
  /** The process's listener. `heddle run`, and another copy of heddle, see there whether a program takes the signal. */
  readonly call: (() => void) & { [taken]?: () => boolean };
  readonly listeners: Set<() => void>;
  /** Those that are only called when there are no others. */
  readonly yielding: Set<() => void>;
}

const taken = Symbol.for("heddle.signalTaken");

function onSignal(
  signal: string,
  listener: () => void,
  { holds = false, yields = false }: { holds?: boolean; yields?: boolean } = {},
): () => void {
  const { process } = globals;
  checkSignal(signal);
  let entry = signalListeners.get(signal);
  if (entry === undefined) {
    const listeners = new Set<() => void>();
    const yielding = new Set<() => void>();
    const call = () => {
      for (const each of listeners.size > 0 ? [...listeners] : [...yielding]) each();
    };
    entry = {
      listeners,
      yielding,
      call: Object.assign(call, { [taken]: () => listeners.size > 0 }),
    };
    process?.on?.(signal, entry.call);
    signalListeners.set(signal, entry);
  }
  const { call, listeners, yielding } = entry;
  const mine = yields ? yielding : listeners;
  mine.add(listener);
  const hold = holds ? setInterval(() => {}, LONGEST) : undefined;
  return () => {
    clearInterval(hold);
    if (!mine.delete(listener) || listeners.size + yielding.size > 0) return;
    signalListeners.delete(signal);
    process?.off?.(signal, call);
  };
}

function checkSignal(signal: string): void {
  const os = globals.process?.getBuiltinModule?.("node:os");
  if (os !== undefined && !Object.hasOwn(os.constants.signals, signal)) {
    throw new RangeError(`there is no signal ${String(signal)}: use "SIGTERM", say`);
  }
  if (signal === "SIGKILL" || signal === "SIGSTOP") {
    throw new RuntimeError(`${signal} cannot be caught`);
  }
}

const resolved = Promise.resolve();
/** @internal What generator-place.ts fills in when it is loaded: programs without introspection do without. */
export const describing = { generator: (_: object): CodePlace | null => null };

export function nativeHost(): Host {
  const host = globals.process;
  const clock = performance;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let armedFor = Number.POSITIVE_INFINITY;
  let wakeAfterOthers: ((turn: () => void) => void) | undefined;

  return {
    asyncContext,
    virtual: false,
    debug: host?.env?.HEDDLE_DEBUG === "1",
    now: () => clock.now(),
    random: () => Math.random(),
    // Not queueMicrotask: on Node it makes an AsyncResource for each call.
    wakeSoon: (turn) => void resolved.then(turn),
    wakeAfterOthers(turn) {
      wakeAfterOthers ??= afterOthers();
      wakeAfterOthers(turn);
    },
    park(when, turn) {
      if (when === Number.POSITIVE_INFINITY) {
        if (timer !== undefined) clearTimeout(timer);
        timer = undefined;
        armedFor = when;
        return false;
      }
      if (when >= armedFor) return false;
      if (timer !== undefined) clearTimeout(timer);
      armedFor = when;
      const delay = Math.min(Math.max(Math.ceil(when - clock.now()), 1), LONGEST);
      timer = setTimeout(() => {
        timer = undefined;
        armedFor = Number.POSITIVE_INFINITY;
        turn();
      }, delay);
      return false;
    },
    report(text) {
      if (host?.stderr) host.stderr.write(`${text}\n`);
      else console.error(text);
    },
    onStall(listener) {
      if (!watchingStalls) host?.on?.("beforeExit", stalled);
      watchingStalls = true;
      stallListeners.add(listener);
      return () => stallListeners.delete(listener);
    },
    ...(host?.on === undefined ? {} : { onSignal }),
    describeGenerator: (generator) => describing.generator(generator),
    exit: (status) => host?.exit?.(status),
  };
}
