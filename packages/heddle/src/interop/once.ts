/*
 * once: wait for an event inside a coroutine.
 *
 * Two kinds of sources exist: EventTargets, of browsers and of the web's APIs everywhere, and emitters
 * after the model of Node's EventEmitter. What is both (a MessagePort of Node, a WebSocket of `ws`) is
 * taken for an emitter, as Node's own `once` does.
 */
import type { ThenableAwaitable } from "../coroutine/types.ts";
import { Listening } from "./listening.ts";

/** Something like Node's EventEmitter; one of `off` and `removeListener` is enough. */
export interface EmitterLike {
  on(name: string | symbol, listener: (...args: unknown[]) => void): unknown;
  off?(name: string | symbol, listener: (...args: unknown[]) => void): unknown;
  removeListener?(name: string | symbol, listener: (...args: unknown[]) => void): unknown;
}

/** Something like an EventTarget. */
export interface EventTargetLike {
  addEventListener(type: string, listener: (event: Event) => void): unknown;
  removeEventListener(type: string, listener: (event: Event) => void): unknown;
}

/** The event that the target's own `on…` property tells of: a MessageEvent for "message", say. */
export type EventOf<Target, Type extends string> =
  Target extends Record<`on${Type}`, infer Handler>
    ? NonNullable<Handler> extends (event: infer E) => unknown
      ? E
      : Event
    : Event;

/**
 * Wait for the next event `name` of an emitter, and give its arguments as an array; or of an
 * EventTarget, and give the Event. The listener is added when the wait begins: an event before that is
 * missed. Suspends.
 *
 * An emitter's "error" event ends the wait too, and its argument is thrown (unless "error" is what is
 * waited for). Throws TypeError for what is neither an emitter nor an EventTarget.
 *
 * On cancellation all listeners are removed. On a virtual clock time does not wait for the event: it
 * has to come from the program itself. Counterpart: `events.once` of Node.
 *
 * @example
 * const [code] = yield* once<[code: number]>(child, "exit");
 * const { data } = yield* once(port, "message");
 */
export function once<Args extends unknown[] = unknown[]>(
  emitter: EmitterLike,
  name: string | symbol,
): ThenableAwaitable<Args>;
export function once<Target extends EventTargetLike, Type extends string>(
  target: Target,
  type: Type,
): ThenableAwaitable<EventOf<Target, Type>>;
export function once<E extends Event>(target: EventTargetLike, type: string): ThenableAwaitable<E>;
export function once(
  source: EmitterLike | EventTargetLike,
  name: string | symbol,
): ThenableAwaitable<unknown> {
  if (isEmitter(source)) return new Emission(source, name) as ThenableAwaitable<unknown>;
  if (isEventTarget(source)) return new Dispatch(source, name) as ThenableAwaitable<unknown>;
  throw new TypeError(
    "once() needs an EventTarget (addEventListener and removeEventListener) or an emitter (on, and " +
      `off or removeListener), got ${String(source)}`,
  );
}

function isEmitter(source: unknown): source is EmitterLike {
  const emitter = source as Partial<EmitterLike> | null | undefined;
  const removes = emitter?.off ?? emitter?.removeListener;
  return typeof emitter?.on === "function" && typeof removes === "function";
}

function isEventTarget(source: unknown): source is EventTargetLike {
  const target = source as Partial<EventTargetLike> | null | undefined;
  return (
    typeof target?.addEventListener === "function" &&
    typeof target.removeEventListener === "function"
  );
}

/** An event of an emitter. */
class Emission extends Listening {
  readonly #emitter: EmitterLike;
  readonly #name: string | symbol;
  readonly #heard = (...args: unknown[]) => this.hear(args);
  readonly #failed = (error: unknown) => this.fail(error);

  constructor(emitter: EmitterLike, name: string | symbol) {
    super(name);
    this.#emitter = emitter;
    this.#name = name;
  }

  protected override listen(): void {
    if (this.#name !== "error") this.#emitter.on("error", this.#failed);
    this.#emitter.on(this.#name, this.#heard);
  }

  protected override unlisten(): void {
    this.#remove(this.#name, this.#heard);
    if (this.#name !== "error") this.#remove("error", this.#failed);
  }

  #remove(name: string | symbol, listener: (...args: unknown[]) => void): void {
    const emitter = this.#emitter;
    if (typeof emitter.off === "function") emitter.off(name, listener);
    else emitter.removeListener?.(name, listener);
  }

  /** For reports. */
  override toString(): string {
    return `once("${String(this.#name)}")`;
  }
}

/** An event of an EventTarget. */
class Dispatch extends Listening {
  readonly #target: EventTargetLike;
  readonly #type: string;
  readonly #heard = (event: Event) => this.hear(event);

  constructor(target: EventTargetLike, type: string | symbol) {
    super(type);
    this.#target = target;
    this.#type = String(type);
  }

  protected override listen(): void {
    this.#target.addEventListener(this.#type, this.#heard);
  }

  protected override unlisten(): void {
    this.#target.removeEventListener(this.#type, this.#heard);
  }

  /** For reports. */
  override toString(): string {
    return `once("${this.#type}")`;
  }
}
