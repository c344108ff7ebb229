/*
 * The async context of Node, Bun and Deno: what AsyncLocalStorage keeps for a program.
 *
 * A task must see at each step the stores that were set when it was made, and never those of whoever woke
 * the loop. An AsyncResource, made with the task, holds them; but that costs some 60 ns for a task and 20
 * for a step, and most programs have no store at all. So capturing begins with the first store:
 *
 *   stores that were there before heddle was loaded are seen on a new AsyncResource, which carries them
 *   (or the frame that holds them, on newer versions);
 *   later ones begin with a call of `run` or `enterWith`, which stand under watch until the first call.
 *
 * Where neither can be told or watched, everything is captured from the start.
 */
import { shared } from "../../coroutine/shared.ts";
import type { AsyncContext, CapturedContext } from "../host.ts";

interface AsyncHooks {
  AsyncResource?: new (
    type: string,
    options?: { requireManualDestroy: boolean },
  ) => CapturedContext;
  AsyncLocalStorage?: new () => Storage;
}

interface Storage {
  run<T>(store: object | undefined, fn: () => T): T;
}

interface Globals {
  process?: {
    versions?: { bun?: string };
    getBuiltinModule?(name: string): AsyncHooks | undefined;
  };
}

/** The methods of AsyncLocalStorage that set a store. */
const SETTERS = ["run", "enterWith", "withScope"];

class NativeAsyncContext implements AsyncContext {
  readonly exact = (globalThis as unknown as Globals).process?.versions?.bun === undefined;
  inUse: boolean;
  /** Made before the first store. */
  readonly #outside: CapturedContext;
  readonly #Resource: Required<AsyncHooks>["AsyncResource"];
  readonly #Storage: Required<AsyncHooks>["AsyncLocalStorage"];

  constructor(hooks: Required<AsyncHooks>) {
    this.#Resource = hooks.AsyncResource;
    this.#Storage = hooks.AsyncLocalStorage;
    this.#outside = this.capture();
    this.inUse = takeStoresOff(this.#outside);
    if (!this.inUse) this.inUse = !this.#watch(hooks.AsyncLocalStorage.prototype);
  }

  outside(): CapturedContext {
    return this.#outside.runInAsyncScope(this.capture, this);
  }

  capture(frame?: object): CapturedContext {
    const make = () => new this.#Resource("heddle", { requireManualDestroy: true });
    if (frame !== undefined) shared.frames ??= new this.#Storage();
    // The frame of whoever makes it must not come along: it is another task, and would be kept alive.
    const frames = shared.frames as Storage | undefined;
    return frames === undefined ? make() : frames.run(frame, make);
  }

  follow<T>(frame: object, fn: () => T): T {
    shared.frames ??= new this.#Storage();
    return (shared.frames as Storage).run(frame, fn);
  }

  /** Put the setters under watch until the first call. False if that cannot be done. */
  #watch(prototype: Record<string, unknown>): boolean {
    const undo: (() => void)[] = [];
    const begin = () => {
      this.inUse = true;
      for (const restore of undo) restore();
    };
    for (const name of SETTERS) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      if (descriptor === undefined) continue;
      const original = descriptor.value as (...args: unknown[]) => unknown;
      if (typeof original !== "function" || descriptor.configurable !== true) return false;
      const watched = function (this: unknown, ...args: unknown[]): unknown {
        begin();
        return original.apply(this, args);
      };
      Object.defineProperty(prototype, name, { ...descriptor, value: watched });
      undo.push(() => {
        if (prototype[name] === watched) Object.defineProperty(prototype, name, descriptor);
      });
    }
    return undo.length > 0;
  }
}

/**
 * Take the stores off a new resource, and tell whether there were any. Node keeps them on the resource
 * (the storage hook marks each one as soon as a store was ever set) or keeps their frame there.
 */
function takeStoresOff(resource: object): boolean {
  let found = false;
  for (const key of Object.getOwnPropertySymbols(resource)) {
    const isFrame = key.description === "context_frame";
    if (!isFrame && key.description !== "kResourceStore") continue;
    const kept = resource as Record<symbol, unknown>;
    if (!isFrame || kept[key] !== undefined) found = true;
    kept[key] = undefined;
  }
  return found;
}

/** The async context of this thread; undefined where there is none (browsers). To be made once. */
export function nativeAsyncContext(): AsyncContext | undefined {
  const hooks = (globalThis as unknown as Globals).process?.getBuiltinModule?.("node:async_hooks");
  if (hooks?.AsyncResource === undefined || hooks.AsyncLocalStorage === undefined) return undefined;
  return new NativeAsyncContext(hooks as Required<AsyncHooks>);
}
