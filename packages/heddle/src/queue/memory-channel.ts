/*
 * Memory channels: what one task sends, another receives, and each side can be cloned and closed.
 *
 *   senders that wait  ->  buffer, at most `capacity` items  ->  receivers that wait
 *
 * The rules are trio's. Whoever has waited longest is served first, and at once: an item that is sent
 * belongs to the first receiver in line, and room that is made to the first sender. (A Queue wakes the
 * first in line, and somebody else may be quicker.) So receivers wait only while the buffer is empty,
 * and senders only while it is full.
 *
 * In trio a task that was served cannot be cancelled any more. Here, as in asyncio, it can until it has
 * run. What was done for it is undone then: an item goes back to the receiver who is next, or to the
 * front of the buffer; a sender's item leaves the buffer. An item that was received cannot be sent back:
 * that `send` succeeds, and the cancellation comes at its task's next suspension, as in trio.
 */
import { arm } from "../coroutine/suspend.ts";
import type { ThenableAwaitable } from "../coroutine/types.ts";
import { isCancelled } from "../task/errors.ts";
import { Operation, type Progress } from "../task/operation.ts";
import { currentTask } from "../task/task.ts";
import {
  BrokenResourceError,
  ClosedResourceError,
  EndOfChannel,
  WouldBlock,
} from "./channel-errors.ts";
import { ChannelLine, type InLine } from "./channel-line.ts";

/** What `statistics()` of both sides gives. Counterpart: `trio.MemoryChannelStatistics`. */
export interface MemoryChannelStatistics {
  /** Items in the buffer. */
  currentBufferUsed: number;
  maxBufferSize: number;
  openSendChannels: number;
  openReceiveChannels: number;
  tasksWaitingSend: number;
  tasksWaitingReceive: number;
}

/** An item on its way: one that was sent without waiting, or the `send` that waits with it. */
interface Carrier extends InLine {
  readonly item: unknown;
}

class Sent implements Carrier {
  readonly item: unknown;
  _line: object | null = null;
  _ahead: InLine | null = null;
  _behind: InLine | null = null;

  constructor(item: unknown) {
    this.item = item;
  }
}

/** What both sides have in common. */
class Channel {
  readonly capacity: number;
  readonly name: string | undefined;
  readonly buffer = new ChannelLine<Carrier>();
  readonly senders = new ChannelLine<Send>();
  readonly receivers = new ChannelLine<Receive>();
  openSenders = 0;
  openReceivers = 0;

  constructor(capacity: number, name: string | undefined) {
    this.capacity = capacity;
    this.name = name;
  }

  /** Hand an item over, or put it into the buffer; false if there is neither a receiver nor room. */
  accept(carrier: Carrier): boolean {
    const receiver = this.receivers.shift();
    if (receiver !== null) receiver.serve(carrier);
    else if (this.buffer.size < this.capacity) this.buffer.push(carrier);
    else return false;
    return true;
  }

  /** The next item, if there is one. */
  take(): Carrier | null {
    const first = this.buffer.shift();
    if (first !== null) {
      this.fill();
      return first;
    }
    const sender = this.senders.shift();
    sender?.serve();
    return sender;
  }

  /** There may be room: the first senders in line get it. */
  fill(): void {
    while (this.buffer.size < this.capacity) {
      const sender = this.senders.shift();
      if (sender === null) return;
      this.buffer.push(sender);
      sender.serve();
    }
  }

  /** The receiver of this item was cancelled. It may not fit into the buffer any more, but it is there. */
  giveBack(carrier: Carrier): void {
    const receiver = this.receivers.shift();
    if (receiver !== null) receiver.serve(carrier);
    else if (this.openReceivers > 0) this.buffer.unshift(carrier);
  }

  statistics(): MemoryChannelStatistics {
    return {
      currentBufferUsed: this.buffer.size,
      maxBufferSize: this.capacity,
      openSendChannels: this.openSenders,
      openReceiveChannels: this.openReceivers,
      tasksWaitingSend: this.senders.size,
      tasksWaitingReceive: this.receivers.size,
    };
  }

  describe(side: string): string {
    const name = this.name === undefined ? "" : ` "${this.name}"`;
    return `${side}${name} (${this.buffer.size} of ${this.capacity} items)`;
  }
}

/**
 * The side of a memory channel that sends. Counterpart: `trio.MemorySendChannel`.
 *
 * Made by `openMemoryChannel` and `clone`. `using` closes it.
 */
export class MemorySendChannel<in T> implements Disposable {
  /** @internal */
  readonly _channel: Channel;
  #closed = false;

  /** @internal */
  constructor(channel: Channel) {
    this._channel = channel;
    channel.openSenders++;
  }

  /**
   * Send an item; waits while the buffer is full (with a capacity of 0: for a receiver), and does not
   * suspend otherwise. Any number of tasks may send at the same time.
   *
   * Throws ClosedResourceError if this sender is closed, before or meanwhile, and BrokenResourceError
   * if there is no receiver any more. On cancellation nothing was sent.
   */
  send(item: T): ThenableAwaitable<void> {
    return new Send(this, item) as ThenableAwaitable<unknown> as ThenableAwaitable<void>;
  }

  /** Send an item at once. Throws WouldBlock if `send` would wait, otherwise what `send` throws. */
  sendNowait(item: T): void {
    this._check();
    if (!this._channel.accept(new Sent(item))) {
      throw new WouldBlock(`${this} has no room, and no receiver waits`);
    }
  }

  /**
   * Another sender of the same channel. Receivers get EndOfChannel when all of them are closed, so
   * each of several producers closes its own. Throws ClosedResourceError if this one is closed.
   */
  clone(): MemorySendChannel<T> {
    this.#checkOpen();
    return new MemorySendChannel<T>(this._channel);
  }

  /**
   * Send nothing more. Tasks that wait in a `send` of this very sender get a ClosedResourceError; after
   * the last sender's close, receivers get what is buffered and then EndOfChannel. Closing twice does
   * nothing. Never suspends.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const channel = this._channel;
    for (const sender of channel.senders) {
      if (sender.side !== this) continue;
      channel.senders.remove(sender);
      sender.fail(new ClosedResourceError(`${this} was closed while it waited to send`));
    }
    if (--channel.openSenders > 0) return;
    for (const receiver of channel.receivers) {
      channel.receivers.remove(receiver);
      receiver.fail(endOf(receiver.side));
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Of the whole channel, all clones counted. */
  statistics(): MemoryChannelStatistics {
    return this._channel.statistics();
  }

  /** For reports: `MemorySendChannel "jobs" (3 of 10 items)`. */
  toString(): string {
    return this._channel.describe("MemorySendChannel");
  }

  /** @internal Throws what keeps this sender from sending. */
  _check(): void {
    this.#checkOpen();
    if (this._channel.openReceivers === 0) {
      throw new BrokenResourceError(`${this} has no receiver any more`);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedResourceError(`${this} is closed`);
  }
}

/**
 * The side of a memory channel that receives. Counterpart: `trio.MemoryReceiveChannel`.
 *
 * Made by `openMemoryChannel` and `clone`. `using` closes it. `for await` gives the items until the
 * last sender is closed; it does not close the receiver.
 */
export class MemoryReceiveChannel<out T> implements Disposable {
  /** @internal */
  readonly _channel: Channel;
  #closed = false;

  /** @internal */
  constructor(channel: Channel) {
    this._channel = channel;
    channel.openReceivers++;
  }

  /**
   * Receive the next item; waits if there is none, and does not suspend otherwise. Any number of tasks
   * may receive at the same time: each item goes to one of them, first come, first served.
   *
   * Throws EndOfChannel when all senders are closed and nothing is left, ClosedResourceError if this
   * receiver is closed, before or meanwhile. On cancellation nothing was taken.
   */
  receive(): ThenableAwaitable<T> {
    return new Receive(this) as ThenableAwaitable<unknown> as ThenableAwaitable<T>;
  }

  /** Receive an item at once. Throws WouldBlock if `receive` would wait, otherwise what it throws. */
  receiveNowait(): T {
    const carrier = this._take();
    if (carrier === null)
      throw new WouldBlock(`${this} has nothing to receive, and no sender waits`);
    return carrier.item as T;
  }

  /**
   * Another receiver of the same channel: an item that one of them receives, the others do not. Throws
   * ClosedResourceError if this one is closed.
   */
  clone(): MemoryReceiveChannel<T> {
    this.#checkOpen();
    return new MemoryReceiveChannel<T>(this._channel);
  }

  /**
   * Receive nothing more. Tasks that wait in a `receive` of this very receiver get a
   * ClosedResourceError; with the last receiver what is buffered is dropped, and senders get a
   * BrokenResourceError. Closing twice does nothing. Never suspends.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const channel = this._channel;
    for (const receiver of channel.receivers) {
      if (receiver.side !== this) continue;
      channel.receivers.remove(receiver);
      receiver.fail(new ClosedResourceError(`${this} was closed while it waited to receive`));
    }
    if (--channel.openReceivers > 0) return;
    for (const sender of channel.senders) {
      channel.senders.remove(sender);
      sender.fail(new BrokenResourceError(`${sender.side} has no receiver any more`));
    }
    channel.buffer.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The items as they come, until all senders are closed and nothing is left. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let item: T;
      try {
        item = await this.receive();
      } catch (error) {
        if (error instanceof EndOfChannel) return;
        throw error;
      }
      yield item;
    }
  }

  /** Of the whole channel, all clones counted. */
  statistics(): MemoryChannelStatistics {
    return this._channel.statistics();
  }

  /** For reports: `MemoryReceiveChannel "jobs" (3 of 10 items)`. */
  toString(): string {
    return this._channel.describe("MemoryReceiveChannel");
  }

  /** @internal The next item, null if there is none yet; throws if there will never be one. */
  _take(): Carrier | null {
    this.#checkOpen();
    const carrier = this._channel.take();
    if (carrier === null && this._channel.openSenders === 0) throw endOf(this);
    return carrier;
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedResourceError(`${this} is closed`);
  }
}

function endOf(side: unknown): EndOfChannel {
  return new EndOfChannel(`${side}: all senders are closed, and nothing is left`);
}

/** A `send` in progress; and, while its item is in the buffer, the carrier of it. */
class Send extends Operation implements Carrier {
  readonly side: MemorySendChannel<never>;
  readonly item: unknown;
  _line: object | null = null;
  _ahead: InLine | null = null;
  _behind: InLine | null = null;
  #served = false;
  #failure: Error | null = null;

  constructor(side: MemorySendChannel<never>, item: unknown) {
    super(side);
    this.side = side;
    this.item = item;
  }

  protected override begin(): Progress {
    this.side._check();
    const channel = this.side._channel;
    if (channel.accept(this)) return { done: true, value: undefined };
    channel.senders.push(this);
    return arm(this);
  }

  /** The item has gone into the buffer, or to a receiver. */
  serve(): void {
    this.#served = true;
    this.setResult(undefined);
  }

  fail(error: Error): void {
    this.#failure = error;
    this.setResult(undefined);
  }

  protected override proceed(): Progress {
    if (this.#failure !== null) throw this.#failure;
    return { done: true, value: undefined };
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false;
    this.#takeBack();
    return true;
  }

  protected override interrupted(): void {
    this.#takeBack();
  }

  override throw(error: unknown): never {
    const received = this.#served && this._line === null;
    // The type says that an interrupted operation never goes on; this one has to.
    if (received && postponed(error)) return { done: true, value: undefined } as never;
    return super.throw(error);
  }

  /** Nothing was sent. */
  #takeBack(): void {
    const channel = this.side._channel;
    if (channel.senders.remove(this) || !channel.buffer.remove(this)) return;
    channel.fill();
  }
}

/** Let a cancellation of the running task come at its next suspension; false if `error` is none. */
function postponed(error: unknown): boolean {
  const task = currentTask();
  if (!isCancelled(error) || task === null || task.cancelling() === 0) return false;
  task.cancel(Object.hasOwn(error, "message") ? error.message : undefined);
  // It is the same request once more.
  task.uncancel();
  return true;
}

/** A `receive` in progress. */
class Receive extends Operation implements InLine {
  readonly side: MemoryReceiveChannel<unknown>;
  _line: object | null = null;
  _ahead: InLine | null = null;
  _behind: InLine | null = null;
  #carrier: Carrier | null = null;
  #failure: Error | null = null;

  constructor(side: MemoryReceiveChannel<unknown>) {
    super(side);
    this.side = side;
  }

  protected override begin(): Progress {
    const carrier = this.side._take();
    if (carrier !== null) return { done: true, value: carrier.item };
    this.side._channel.receivers.push(this);
    return arm(this);
  }

  serve(carrier: Carrier): void {
    this.#carrier = carrier;
    this.setResult(undefined);
  }

  fail(error: Error): void {
    this.#failure = error;
    this.setResult(undefined);
  }

  protected override proceed(): Progress {
    if (this.#failure !== null) throw this.#failure;
    return { done: true, value: (this.#carrier as Carrier).item };
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false;
    this.side._channel.receivers.remove(this);
    return true;
  }

  protected override interrupted(): void {
    const channel = this.side._channel;
    channel.receivers.remove(this);
    if (this.#carrier !== null) channel.giveBack(this.#carrier);
  }
}

/**
 * Open a channel between tasks: a sender and a receiver, in the direction of the items. `capacity` items
 * fit into its buffer: 0 (whoever sends waits for a receiver), a whole number, or Infinity. `name` is
 * shown in reports.
 *
 * Beside a Queue it has two ends, which can be closed: a receiver learns that nothing more will come, a
 * sender that nobody listens. Throws RangeError for another capacity. Never suspends.
 * Counterpart: `trio.open_memory_channel`.
 *
 * @example
 * const [sender, receiver] = openMemoryChannel<string>(10);
 * createTask(function* () {
 *   using _closing = sender;
 *   yield* sender.send("a");
 * });
 * const item = yield* receiver.receive();
 */
export function openMemoryChannel<T>(
  capacity: number,
  options: { name?: string } = {},
): [sender: MemorySendChannel<T>, receiver: MemoryReceiveChannel<T>] {
  if (typeof capacity !== "number") {
    throw new TypeError(
      `openMemoryChannel() needs a capacity: a number of items, 0 or Infinity, got ${typeof capacity}`,
    );
  }
  if (!(capacity >= 0 && (Number.isInteger(capacity) || capacity === Number.POSITIVE_INFINITY))) {
    throw new RangeError(
      `openMemoryChannel(): the capacity must be a whole number of items, 0 or Infinity, got ${capacity}`,
    );
  }
  const channel = new Channel(capacity, options.name);
  return [new MemorySendChannel<T>(channel), new MemoryReceiveChannel<T>(channel)];
}
