/*
 * The scheduler: asyncio's `_run_once`, cut into slices that share the thread.
 *
 * One iteration: let the host look at the world; if nothing is ready, park until the first timer;
 * append the timers that are due; then run exactly the callbacks that are ready at that moment.
 * What they schedule runs in the next iteration. This is CPython's order, tie by tie.
 *
 * JavaScript's thread belongs to the embedding program as well, so the scheduler never blocks:
 *
 *   asleep  --enqueue-->  woken  --microtask-->  slice  --nothing ready-->  asleep (timer armed)
 *                                                  |
 *                                                  +--2 ms are over--> yielded --immediate--> slice
 *
 * A slice runs iterations back to back for about 2 ms, reading the clock every 64 callbacks (a read
 * costs as much as a switch; where callbacks are slow, after each one), then lets the program's own
 * timers, promises and I/O go first. It may stop in the middle of an iteration: `#todo` says how much of
 * it is left. Waking by microtasks alone could starve I/O (a promise that wakes a task that makes a
 * promise …), so a chain of them is cut after the same 2 ms by a trip round the native loop.
 *
 * An I/O callback of heddle's own transports enters by `react` and runs its slice at once.
 *
 * A loop made with `new EventLoop` turns only while somebody runs it (`runners`), as in asyncio; the
 * thread's default loop is `ambient` and turns whenever there is something to do.
 */
import type { Context, Variables } from "../context/context.ts";
import { snapshot } from "../context/context.ts";
import { currentFrame, runFrom } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import { shared } from "../coroutine/shared.ts";
import { formatPlace } from "./code-place.ts";
import { ExceptionReporter } from "./exception-reporter.ts";
import { type Callback, Handle, type HandleOwner, TimerHandle } from "./handle.ts";
import type { AsyncContext, Host } from "./host.ts";
import { ReadyQueue, type Runnable, type Steppable } from "./ready-queue.ts";
import { TimerHeap } from "./timer-heap.ts";
import { Traffic } from "./traffic.ts";

/** @internal */
export const CLOSED = "Event loop is closed. Make a new one: new EventLoop()";

/** Milliseconds of work before the embedding program gets its turn. */
const SLICE = 2;

/** Callbacks between two looks at a real clock, at most. */
const CLOCK_EVERY = 64;

/** Callbacks before the first look of a slice that an I/O callback began. */
const FIRST_LOOK = 4;

/** Milliseconds between two looks after which the next one comes after a single callback. */
const SLOW_ROUND = 0.25;

/** Something that keeps a loop running and must hear when it cannot go on. */
export interface LoopRunner {
  /** The run that it is, if it is one. */
  readonly owner?: { readonly tasks: Iterable<unknown> };
  /** The loop's machinery failed with `error`: it will not call anybody any more. */
  crashed(error: unknown): void;
  /** Nothing is scheduled and nothing can wake the loop. */
  stalled(): void;
}

const state = shared as { running: Scheduler | null };

/** The scheduler whose callback is running. */
export function runningScheduler(): Scheduler | null {
  return state.running;
}

export class Scheduler extends ExceptionReporter {
  /** @internal */
  readonly ready = new ReadyQueue();
  /** @internal */
  readonly timers = new TimerHeap();
  /** @internal */
  readonly asyncContext: AsyncContext | undefined;
  /** @internal To be called when everything waits, before time moves. */
  readonly idleWaiters: (() => void)[] = [];
  /** @internal Those that keep this loop running. */
  readonly runners = new Set<LoopRunner>();
  /** @internal Who waits for the world; null on a real host, where time does not wait for them. */
  readonly traffic: Traffic | null;
  /** @internal Async functions that its tasks run are followed through their awaits. */
  readonly follows: boolean;

  /** Milliseconds that a callback may take before debug mode reports it. */
  slowCallbackDuration = 100;

  readonly #ambient: boolean;
  #awake = false;
  #yielded = false;
  #drained = false;
  #closed = false;
  /** Beginnings of iterations until the loop stops; 0: it goes on. */
  #stopping = 0;
  /** Something must be looked at before the next iteration: timers, a stop, debug mode. */
  #attention = true;
  #todo = 0;
  #now = 0;
  #turnBegan = Number.POSITIVE_INFINITY;
  #turnMarked = false;
  #reacting = false;
  #debug: boolean;
  #debugBefore = false;
  #captures = false;
  readonly #debugWishes = new Set<{ enabled: boolean }>();
  #forgetStall: (() => unknown) | undefined;

  /** @internal */
  constructor(host: Host, ambient: boolean) {
    super(host);
    this.#ambient = ambient;
    this.asyncContext = host.asyncContext;
    this.traffic = host.virtual ? new Traffic(host.asyncContext?.exact === true) : null;
    // The default loop is found without; and following costs every promise of the program something.
    this.follows = !ambient;
    this.#debug = host.debug;
  }

  // ---- scheduling

  /** @internal Append to the ready queue, and see to it that the loop turns. The hot path. */
  enqueue(target: Runnable | Steppable, argument: unknown): void {
    this.ready.push(target, argument);
    if (!this.#awake) this.#wake();
  }

  /**
   * Call `fn(...args)` in the next iteration of the loop, in a copy of the running context.
   * Callbacks run in the order in which they were scheduled. Throws RuntimeError on a closed loop.
   * Counterpart: `loop.call_soon`.
   */
  callSoon<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Handle {
    return this.callSoonIn(snapshot(), fn, ...args);
  }

  /** `callSoon` in a given context. Counterpart: `loop.call_soon(…, context=…)`. */
  callSoonIn<A extends unknown[]>(
    context: Context | Variables,
    fn: (...args: A) => unknown,
    ...args: A
  ): Handle {
    this.#check(fn, "callSoon");
    if (this.#debug) this.checkCaller("callSoon");
    return this.#enqueueHandle(context, fn as Callback, args);
  }

  #enqueueHandle(context: Context | Variables, fn: Callback, args: readonly unknown[]): Handle {
    const handle = new Handle(this, this.#owner(), context, fn, args);
    this.enqueue(handle, undefined);
    return handle;
  }

  /** A handle of the running run, in a copy of the running context, for what calls it more than once. */
  protected handleFor(fn: Callback, args: readonly unknown[]): Handle {
    return new Handle(this, this.#owner(), snapshot(), fn, args);
  }

  /**
   * `callSoon` from anywhere, another loop's callbacks included. JavaScript shares no objects between
   * threads, so it is for loops of one thread. Counterpart: `loop.call_soon_threadsafe`.
   */
  callSoonThreadsafe<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Handle {
    this.#check(fn, "callSoonThreadsafe");
    return this.#enqueueHandle(snapshot(), fn as Callback, args);
  }

  /**
   * Call `fn(...args)` after `delay` milliseconds. Callbacks of equal time run in the order in which
   * they were scheduled. Throws RangeError for NaN. Counterpart: `loop.call_later`.
   */
  callLater<A extends unknown[]>(
    delay: number,
    fn: (...args: A) => unknown,
    ...args: A
  ): TimerHandle {
    checkTime(delay, "delay");
    return this.callAtIn(snapshot(), this.time() + delay, fn, ...args);
  }

  /** `callLater` in a given context. */
  callLaterIn<A extends unknown[]>(
    context: Context | Variables,
    delay: number,
    fn: (...args: A) => unknown,
    ...args: A
  ): TimerHandle {
    checkTime(delay, "delay");
    return this.callAtIn(context, this.time() + delay, fn, ...args);
  }

  /** Call `fn(...args)` at `when`, in milliseconds of `loop.time()`. Counterpart: `loop.call_at`. */
  callAt<A extends unknown[]>(when: number, fn: (...args: A) => unknown, ...args: A): TimerHandle {
    return this.callAtIn(snapshot(), when, fn, ...args);
  }

  /** `callAt` in a given context. */
  callAtIn<A extends unknown[]>(
    context: Context | Variables,
    when: number,
    fn: (...args: A) => unknown,
    ...args: A
  ): TimerHandle {
    checkTime(when, "time");
    this.#check(fn, "callAt");
    if (this.#debug) this.checkCaller("callAt");
    const handle = new TimerHandle(this, this.#owner(), context, fn as Callback, args, when);
    this.timers.push(when, handle);
    if (!this.#awake) this.#wake();
    return handle;
  }

  /** @internal Something has changed that a sleeping loop must look at: timers, what it waits for. */
  look(): void {
    if (!this.#awake) this.#wake();
  }

  /** The loop's clock, in milliseconds: monotonic, with any origin. Counterpart: `loop.time`. */
  time(): number {
    return this.host.now();
  }

  // ---- turning

  /**
   * @internal Call `fn(a, b)`, an I/O callback, and run at once what it makes ready, without
   * another trip round the native loop. Inside a step it only enqueues.
   */
  react<A, B>(fn: (a: A, b: B) => void, a: A, b?: B): void {
    if (state.running !== null || this.#yielded || !this.#mayTurn()) {
      fn(a, b as B);
      return;
    }
    this.#awake = true;
    try {
      fn(a, b as B);
    } finally {
      this.#reacting = true;
      this.#runSlice();
      this.#reacting = false;
      this.#turnBegan = Number.POSITIVE_INFINITY;
    }
  }

  /** @internal A new runner has come: turn while it is there. */
  addRunner(runner: LoopRunner): void {
    if (this.#closed) throw new RuntimeError(CLOSED);
    if (this.runners.size === 0) this.#forgetStall ??= this.host.onStall?.(() => this.stalled());
    this.runners.add(runner);
    if (!this.#awake) this.#wake();
  }

  /** @internal */
  removeRunner(runner: LoopRunner): void {
    this.#attention = true;
    if (!this.runners.delete(runner) || this.runners.size > 0) return;
    // The default loop has another run soon.
    if (!this.#ambient) this.#listenNoMore();
    // A loop that nobody runs any more must not hold the process by the timers that it still has.
    if (!this.#ambient) this.host.park(Number.POSITIVE_INFINITY, this.#turn);
  }

  #listenNoMore(): void {
    this.#forgetStall?.();
    this.#forgetStall = undefined;
  }

  #mayTurn(): boolean {
    return this.#ambient || this.runners.size > 0;
  }

  #wake(): void {
    if (this.#closed) throw new RuntimeError(CLOSED);
    if (!this.#mayTurn()) return;
    this.#awake = true;
    this.host.wakeSoon(this.#woken);
  }

  /** By a microtask. */
  readonly #woken = (): void => {
    if (this.#yielded) return;
    if (!this.host.virtual) {
      this.#markTurn();
      if (this.#readClock() - this.#turnBegan > SLICE) {
        this.#letOthersGo();
        return;
      }
    }
    this.#runSlice();
  };

  /** Learn when the native loop begins a new turn: until then, microtasks belong to the old one. */
  #markTurn(): void {
    if (this.#turnMarked) return;
    this.#turnMarked = true;
    this.host.wakeAfterOthers(() => {
      this.#turnMarked = false;
      this.#turnBegan = Number.POSITIVE_INFINITY;
    });
  }

  /** By the host: a timer, or after the others had their turn. */
  readonly #turn = (): void => {
    this.#yielded = false;
    this.#turnBegan = Number.POSITIVE_INFINITY;
    this.#runSlice();
    // What a microtask wakes after this slice begins a chain of its own, however late it is.
    this.#turnBegan = Number.POSITIVE_INFINITY;
  };

  #letOthersGo(): void {
    this.#awake = true;
    this.#yielded = true;
    this.host.wakeAfterOthers(this.#turn);
  }

  #readClock(): number {
    this.#now = this.host.now();
    return this.#now;
  }

  #runSlice(): void {
    if (state.running !== null) {
      // Called from inside another loop's step: that one goes on first.
      if (state.running !== this) this.#letOthersGo();
      return;
    }
    if (this.#closed) return;
    state.running = this;
    runFrom(this.ready);
    this.#awake = true;
    try {
      const { asyncContext } = this;
      if (asyncContext?.inUse !== true) this.#slice();
      else {
        if (!this.#captures) this.#beginToCapture();
        // Nobody may see the stores of whoever woke the loop, or keep one of its own there.
        asyncContext.outside().runInAsyncScope(this.#slice, this);
      }
    } catch (error) {
      this.#crash(error);
    } finally {
      state.running = null;
      runFrom(null);
      this.#awake = this.#yielded;
      // A slice that failed has left its work.
      if (!this.#awake && !this.ready.isEmpty && this.#mayTurn()) this.#wake();
    }
  }

  #beginToCapture(): void {
    this.#captures = true;
    this.captureAll();
  }

  /** The first store was set: what was made before has none, and gets an async context of its own. */
  protected captureAll(): void {}

  #slice(): void {
    const { host, ready } = this;
    // A slice that an I/O callback began has its first look at the clock later: most are over by then.
    const reads = !this.#reacting;
    let lastRead = reads ? this.#readClock() : Number.NEGATIVE_INFINITY;
    if (reads && this.#turnBegan > lastRead) this.#turnBegan = lastRead;
    let end = host.virtual || !reads ? Number.POSITIVE_INFINITY : lastRead + SLICE;
    // What is left of the iteration is local: it changes with every callback.
    let todo = this.#todo;
    // The clock is read after 1, 2, 4 … 64 callbacks, and again after each one when they are slow.
    let clockEvery = reads ? 1 : FIRST_LOOK;
    let untilClock = clockEvery;
    this.#todo = 0;
    this.#attention = true;
    for (;;) {
      if (todo === 0) {
        // Between two iterations. Without timers and the like nothing can come in between: go on.
        if (this.#attention && !this.#beginIteration(end)) return;
        todo = this.#debug ? 0 : ready.length;
        if (todo === 0) {
          this.#attention = true;
          continue;
        }
      }
      ready.runNext();
      todo--;
      if (--untilClock === 0) {
        const now = this.#readClock();
        if (end === Number.POSITIVE_INFINITY && !host.virtual) {
          end = now + SLICE;
          lastRead = now;
        }
        clockEvery = now - lastRead > SLOW_ROUND ? 1 : Math.min(clockEvery * 2, CLOCK_EVERY);
        untilClock = clockEvery;
        lastRead = now;
        if (now > end) {
          this.#todo = todo;
          this.#letOthersGo();
          return;
        }
        this.#attention ||= this.timers.size > 0;
      }
    }
  }

  /** Look at the world before an iteration. False if this slice is over. */
  #beginIteration(end: number): boolean {
    const { host, ready, timers } = this;
    if (this.#stopping > 0 && --this.#stopping === 0) this.stopped();
    if (!this.#mayTurn()) return false;
    host.poll?.();
    const when = timers.next();
    const idle = ready.isEmpty;
    if (!idle) this.#drained = false;
    // A real host that is parked looks by itself whether the time has come.
    if (host.virtual) this.#readClock();
    if (idle && when > this.#now && this.#stopping === 0) {
      if (!this.#park(when)) return false;
      this.#readClock();
    }
    if (when <= this.#now) timers.popDue(this.#now, ready);
    this.#attention = host.virtual || this.#stopping > 0;
    if (!this.#debug) return true;
    this.#runIterationTimed();
    if (host.virtual || this.#readClock() <= end) return true;
    this.#letOthersGo();
    return false;
  }

  /** Nothing is ready. True if the time has come already. */
  #park(when: number): boolean {
    if (this.traffic !== null) {
      if (this.traffic.met && !this.#drained) {
        this.#drained = true;
        this.#letOthersGo();
        return false;
      }
      this.#drained = false;
    }
    if (this.idleWaiters.length > 0) {
      for (const waiter of this.idleWaiters.splice(0)) waiter();
      return true;
    }
    if (this.traffic?.outstanding === true) {
      this.host.standStill?.(when, this.#turn);
      return false;
    }
    this.ready.shrink();
    if (this.host.park(when, this.#turn)) return true;
    if (this.host.virtual && when === Number.POSITIVE_INFINITY) this.stalled();
    return this.ready.length > 0;
  }

  /** @internal Nothing can wake this loop: tell those who wait for it. True if some go on. */
  stalled(): boolean {
    for (const runner of [...this.runners]) runner.stalled();
    return this.runners.size > 0;
  }

  #crash(error: unknown): void {
    this.#todo = 0;
    const runners = [...this.runners];
    if (runners.length === 0) this.host.report(`heddle's event loop failed: ${String(error)}`);
    for (const runner of runners) {
      this.removeRunner(runner);
      runner.crashed(error);
    }
  }

  /** Debug mode: run the iteration here, and report each callback that takes long. */
  #runIterationTimed(): void {
    this.#attention = true;
    for (let todo = this.ready.length; todo > 0; todo--) {
      const began = this.host.now();
      const what = this.ready.next;
      const coro = (what as { _coro?: object | null })._coro;
      this.ready.runNext();
      const took = this.host.now() - began;
      if (took < this.slowCallbackDuration) continue;
      const place = coro ? this.host.describeGenerator?.(coro) : null;
      const where = place ? ` ${formatPlace(place)}` : "";
      this.host.report(
        `Executing ${String(what)}${where} took ${took.toFixed(0)} ms: it blocked the loop that long`,
      );
    }
  }

  // ---- states

  /** Finish the running iteration, then let `runForever` return. Counterpart: `loop.stop`. */
  stop(): void {
    // Outside of the loop, one whole iteration still runs, as in asyncio.
    this.#stopping = state.running === this ? 1 : 2;
    this.#attention = true;
    if (!this.#awake && !this.#closed) this.#wake();
  }

  /** @internal The iteration after `stop()` is over. */
  protected stopped(): void {}

  isRunning(): boolean {
    return state.running === this || this.runners.size > 0;
  }

  isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Forget everything that is scheduled; no call is accepted afterwards. Throws RuntimeError while
   * the loop runs. Closing twice does nothing. Counterpart: `loop.close`.
   */
  close(): void {
    if (this.isRunning()) {
      throw new RuntimeError("Cannot close a running event loop: stop it, or await its run, first");
    }
    if (this.#closed) return;
    this.#closed = true;
    this.#listenNoMore();
    this.#awake = false;
    this.#yielded = false;
    this.#todo = 0;
    this.ready.clear();
    this.timers.clear();
    if (!this.host.virtual) this.host.park(Number.POSITIVE_INFINITY, this.#turn);
  }

  getDebug(): boolean {
    return this.#debug;
  }

  /** @internal A run wants debug mode on or off while it is in progress; returns the end of that. */
  wishDebug(enabled: boolean): () => void {
    const wish = { enabled };
    if (this.#debugWishes.size === 0) this.#debugBefore = this.#debug;
    this.#debugWishes.add(wish);
    this.#obeyWishes();
    return () => {
      this.#debugWishes.delete(wish);
      this.#obeyWishes();
    };
  }

  /** Of runs that overlap, one that wants debug mode is enough. */
  #obeyWishes(): void {
    const wishes = [...this.#debugWishes];
    this.setDebug(wishes.length === 0 ? this.#debugBefore : wishes.some((wish) => wish.enabled));
  }

  /** Debug mode reports slow callbacks, gives cancellations a stack, and remembers where tasks were made. */
  setDebug(enabled: boolean): void {
    this.#debug = enabled;
    this.#attention = true;
  }

  /** The run that owns what is made now; a run owns nothing on another loop. */
  #owner(): HandleOwner | null {
    const owner = currentFrame().owner as HandleOwner | null;
    return owner?.loop === this ? owner : null;
  }

  /** Debug mode: what another loop's callback schedules here may be meant for the other one. */
  protected checkCaller(call: string): void {
    if (state.running === null || state.running === this) return;
    throw new RuntimeError(
      `${call}() was called from a callback of another loop. If that is meant, use ` +
        "loop.callSoonThreadsafe()",
    );
  }

  #check(fn: unknown, call: string): void {
    if (typeof fn !== "function") {
      throw new TypeError(
        `${call}() needs a function to call, got ${typeof fn}. A coroutine is run by createTask()`,
      );
    }
    if (this.#closed) throw new RuntimeError(CLOSED);
  }
}

function checkTime(value: number, what: string): void {
  if (typeof value !== "number") {
    throw new TypeError(`the ${what} must be a number of milliseconds, got ${typeof value}`);
  }
  if (Number.isNaN(value))
    throw new RangeError(`the ${what} must be a number of milliseconds, got NaN`);
}
