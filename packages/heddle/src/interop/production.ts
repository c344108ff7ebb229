/*
 * Production: an async generator at work. The producer runs as a task of its own.
 *
 *   consumers --requests-->  head, line       the producer works for the head
 *   producer  --emit()--->   emission         on offer until the head takes its value, then held until
 *                                             somebody asks again
 *
 * So the producer runs only while somebody waits for it, as the body of a JavaScript generator does. It
 * is resumed by the next request (or thrown into, by `throw`), and cancelled by `close`.
 *
 * Nothing is handed over before who is to have it runs: a request that is cancelled, even after it was
 * woken, leaves the value on offer for the next one.
 *
 * Since the producer has a task, its body may hold time-outs and task groups around an `emit`, which
 * Python's async generators must not (PEP 789 tells why): they belong to the producer, never to the
 * consumer.
 */
import { snapshot, type Variables } from "../context/context.ts";
import { within } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import { isAwaitable } from "../coroutine/is-awaitable.ts";
import { arm } from "../coroutine/suspend.ts";
import type { Awaitable, Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import type { Runnable } from "../loop/ready-queue.ts";
import { Fifo } from "../queue/fifo.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { Future, type Listener } from "../task/future.ts";
import { Operation, type Progress } from "../task/operation.ts";
import { currentOwner } from "../task/owner.ts";
import { currentTask, type Task } from "../task/task.ts";
import { Home } from "./home.ts";
import { endOf } from "./iteration.ts";

/**
 * Hand a value to whoever iterates, and wait until the next one is asked for; gives what the consumer
 * sends by `next(value)`, or throws what it throws. Suspends.
 *
 * When the consumer has left its loop, a CancelledError is thrown here, so that `finally` runs; so it is
 * when the producer is cancelled, and then the value goes to nobody, unless it was taken already. Throws
 * RuntimeError when the generator is closed, and while another `emit` of it waits.
 */
export type Emit<T, N = void> = (value: T) => ThenableAwaitable<N>;

/** What an `asyncGenerator` runs. An async function gets an AbortSignal, too, if it names a parameter. */
export type Body<T, R, N> = (
  emit: Emit<T, N>,
  signal: AbortSignal,
) => Awaitable<R> | PromiseLike<R>;

type AnyBody = Body<unknown, unknown, unknown>;
type Returned = ReturnType<AnyBody>;

/** Generators that nobody can reach any more are closed, as asyncio does it. */
const collected = new FinalizationRegistry<Production>((production) => {
  if (!production.ended && !production.home._loop.isClosed()) {
    production.home.start(production.aclose());
  }
});

/** @internal */
export class Production implements Listener, Runnable {
  /** Where calls that are made by `await` run. */
  home = new Home();
  readonly #body: AnyBody;
  readonly #context: Variables = snapshot();
  #task: Task<unknown> | null = null;
  #emission: Emission | null = null;
  #head: Request | null = null;
  readonly #line = new Fifo<Request>();
  #closing = false;
  #ended = false;
  /** Somebody has had the result, or the error, of the body. */
  #told = false;

  constructor(body: AnyBody) {
    this.#body = body;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Somebody will iterate, here. */
  meet(): void {
    const here = currentTask() !== null || this.home._loop.isClosed();
    if (this.#task === null && here) this.home = new Home();
  }

  /** To wait for oneself is to wait for ever. */
  #refuseItself(): void {
    if (this.#task === null || this.#task !== currentTask()) return;
    throw new RuntimeError(
      "an asyncGenerator cannot iterate or close itself: its body ends it by return",
    );
  }

  // ---- the consumers

  /** `request` is served now, or waits. */
  ask(request: Request): Progress {
    this.#refuseItself();
    if (this.#head === null) {
      this.#head = request;
      return this.serve(request);
    }
    this.#line.push(request);
    return arm(request);
  }

  /** What there is for the head; or let the producer go on for it. */
  serve(head: Request): Progress {
    const emission = this.#emission;
    if (this.#ended || (head.throws && this.#task === null)) {
      this.#ended = true;
      this.#callNext();
      if (head.throws) throw head.argument;
      return { done: true, value: this.outcome() };
    }
    if (emission !== null && !emission.taken && !head.throws) {
      emission.taken = true;
      this.#callNext();
      return { done: true, value: { done: false, value: emission.value } };
    }
    if (this.#task === null) this.#start(head);
    else this.#goOn(head);
    return arm(head);
  }

  /** `request` was cancelled. */
  leave(request: Request): void {
    if (request === this.#head) this.#callNext();
    else this.#line.remove(request);
  }

  #callNext(): void {
    this.#head = this.#line.shift() ?? null;
    this.#attend();
  }

  /** Something has changed: is there anything for the head? */
  #attend(): void {
    const head = this.#head;
    // Once it is woken, it looks for itself.
    if (head === null || head.done()) return;
    const emission = this.#emission;
    const offered = emission !== null && !emission.taken && !head.throws;
    if (offered || this.#ended) head.setResult(undefined);
    else this.#goOn(head);
  }

  /** If the producer stands at its `emit`, let it go on with what the head has for it. */
  #goOn(head: Request): void {
    const emission = this.#emission;
    if (emission === null) return;
    this.#emission = null;
    emission.answer(head.argument, head.throws);
    head.throws = false;
  }

  /** What the body came to, for the first who asks. */
  outcome(): IteratorReturnResult<unknown> {
    const task = this.#task;
    if (task === null || this.#told || this.#closing) return endOf();
    this.#told = true;
    return endOf(task.result());
  }

  // ---- the producer

  /** It belongs to the run of the first who asks, and has the variables of where it was made. */
  #start(first: Request): void {
    const loop = getRunningLoop();
    const frame = { context: this.#context, owner: currentOwner(loop), frameTask: null };
    this.#task = within(frame, () => {
      this.home = new Home();
      return loop.createTask(this.#runnable());
    });
    this.#task._listen(this);
    loop.asyncGenerators.add(this);
    collected.register(first.generator, this);
  }

  #runnable(): (signal: AbortSignal) => Returned {
    const body = this.#body;
    const emit: Emit<unknown, unknown> = (value) =>
      new Emission(this, value) as ThenableAwaitable<unknown>;
    // A task makes its signal for functions that name a parameter.
    if (body.length > 1) return (signal) => checked(body(emit, signal));
    return () => checked((body as (emit: Emit<unknown, unknown>) => Returned)(emit));
  }

  /** Put a value on offer. */
  offer(emission: Emission): void {
    if (this.#closing || this.#ended) {
      throw new RuntimeError("emit() of an asyncGenerator that was closed: nobody takes the value");
    }
    if (this.#emission !== null) {
      throw new RuntimeError(
        "emit() while another emit() of the same asyncGenerator waits. Let several producers send " +
          "into a channel (openMemoryChannel), and emit what comes out",
      );
    }
    this.#emission = emission;
    this.#attend();
  }

  withdraw(emission: Emission): void {
    if (this.#emission === emission) this.#emission = null;
  }

  /** The producer is done. */
  wake(task: Future<unknown>): void {
    task._loop.enqueue(this, task);
  }

  run(task: unknown): void {
    (task as Task<unknown>)._loop.asyncGenerators.delete(this);
    this.#ended = true;
    this.#attend();
  }

  // ---- the end

  /** Cancel the producer, and wait until it has cleaned up. Throws what goes wrong there. */
  *aclose(): Coroutine<void> {
    const task = this.#task;
    if (task === null) {
      this.#ended = true;
      this.#attend();
    }
    if (task === null || this.#ended) return;
    this.#refuseItself();
    if (!this.#closing) {
      this.#closing = true;
      // The end of its run has cancelled it perhaps: its clean-up must not be disturbed.
      if (task.cancelling() === 0) task.cancel();
      // An async function waits for its emit() by another task.
      this.#emission?.cancel();
    }
    yield* endOfTask(task);
    if (this.#told || task.cancelled()) return;
    this.#told = true;
    task.result();
  }
}

function checked(returned: Returned): Returned {
  const promise = returned as Partial<PromiseLike<unknown>> | null | undefined;
  if (isAwaitable(returned) || typeof promise?.then === "function") return returned;
  throw new TypeError(
    `the function given to asyncGenerator() returned ${typeof returned}: it must be a coroutine ` +
      "function (function*) or an async function",
  );
}

/**
 * Wait until `task` is done. A cancellation meanwhile is passed on to the task, once, and is thrown when
 * the task is done: nothing goes on behind the back of who closes it.
 */
function* endOfTask(task: Task<unknown>): Coroutine<void> {
  const closer = currentTask();
  let interruption: { error: unknown } | undefined;
  while (!task.done()) {
    const end = new Future<void>(task._loop, `the end of ${task}`);
    const listener: Listener & Runnable = {
      wake: () => task._loop.enqueue(listener, undefined),
      run: () => {
        if (!end.done()) end.setResult(undefined);
      },
    };
    task._listen(listener);
    try {
      yield* end;
    } catch (error) {
      task._unlisten((other) => other === listener);
      if (interruption !== undefined) continue;
      interruption = { error };
      task.cancel();
      // A cancelled scope interrupts once, not until the task has ended.
      closer?._hold(true);
    }
  }
  if (interruption === undefined) return;
  closer?._hold(false);
  throw interruption.error;
}

/** A `next`, or a `throw`, of a consumer. */
export class Request extends Operation {
  /** Held, or a generator that is only waited for would be collected. */
  readonly generator: object;
  /** What the producer gets for it, by `emit`. */
  readonly argument: unknown;
  /** It is an error, which the producer has not got yet. */
  throws: boolean;
  readonly #production: Production;

  constructor(production: Production, generator: object, argument: unknown, throws: boolean) {
    super("an asyncGenerator");
    this.#production = production;
    this.generator = generator;
    this.argument = argument;
    this.throws = throws;
  }

  protected override begin(): Progress {
    return this.#production.ask(this);
  }

  protected override proceed(): Progress {
    this.waitAgain();
    return this.#production.serve(this);
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false;
    this.#production.leave(this);
    return true;
  }

  protected override interrupted(): void {
    if (!this.cancelled()) this.#production.leave(this);
  }

  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#production.home.start(this).then(onFulfilled, onRejected);
  }
}

/** An `emit` of the producer. */
class Emission extends Operation {
  readonly value: unknown;
  /** A consumer has the value; the next one who asks lets the producer go on. */
  taken = false;
  readonly #production: Production;
  #argument: unknown;
  #throws = false;

  constructor(production: Production, value: unknown) {
    super("a consumer of an asyncGenerator");
    this.#production = production;
    this.value = value;
  }

  protected override begin(): Progress {
    this.#production.offer(this);
    return this.done() ? this.proceed() : arm(this);
  }

  answer(argument: unknown, throws: boolean): void {
    this.#argument = argument;
    this.#throws = throws;
    this.setResult(undefined);
  }

  protected override proceed(): Progress {
    if (this.#throws) throw this.#argument;
    return { done: true, value: this.#argument };
  }

  override cancel(message?: string): boolean {
    this.#production.withdraw(this);
    return super.cancel(message);
  }

  protected override interrupted(): void {
    this.#production.withdraw(this);
  }

  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#production.home.start(this).then(onFulfilled, onRejected);
  }
}
