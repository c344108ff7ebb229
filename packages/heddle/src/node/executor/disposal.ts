/*
 * What `using` and `await using` do, for the helpers of compilers that lower them.
 */

/** A resource and how it is disposed. */
export interface Held {
  readonly value: unknown;
  /** None for null and undefined, which `await using` waits for all the same. */
  readonly dispose: ((this: unknown) => unknown) | null;
  readonly isAsync: boolean;
}

/** Remember to dispose `value`; gives it back. Throws TypeError when it has no such method. */
export function disposeLater<T>(stack: Held[], value: T, isAsync: boolean): T {
  if (value === null || value === undefined) {
    if (isAsync) stack.push({ value, dispose: null, isAsync });
    return value;
  }
  if (typeof value !== "object" && typeof value !== "function") {
    throw new TypeError(`using needs an object, null or undefined; got ${typeof value}`);
  }
  stack.push({ value, dispose: disposerOf(value, isAsync), isAsync });
  return value;
}

function disposerOf(value: object, isAsync: boolean): (this: unknown) => unknown {
  const later: unknown = isAsync ? Reflect.get(value, Symbol.asyncDispose) : undefined;
  const dispose = later ?? Reflect.get(value, Symbol.dispose);
  if (typeof dispose !== "function") {
    const names = isAsync ? "Symbol.asyncDispose or Symbol.dispose" : "Symbol.dispose";
    throw new TypeError(`using needs an object with a method ${names}`);
  }
  if (!isAsync || later !== undefined) return (...args) => Reflect.apply(dispose, value, args);
  // What a method that is not asynchronous returns is not waited for.
  return () => {
    Reflect.apply(dispose, value, []);
  };
}

/**
 * Dispose all, the last first, and throw `error` in the end if there is one. Gives a promise if one of them is
 * asynchronous. An error on the way comes as a SuppressedError that holds the earlier one.
 */
export function disposeAll(stack: Held[], error: unknown, hasError: boolean): Promise<void> | void {
  const fail = (later: unknown) => {
    error = hasError ? suppressed(later, error) : later;
    hasError = true;
  };
  const next = (): Promise<void> | void => {
    for (let held = stack.pop(); held !== undefined; held = stack.pop()) {
      try {
        const result = held.dispose?.call(held.value);
        if (!held.isAsync) continue;
        return Promise.resolve(result).then(next, (failure: unknown) => {
          fail(failure);
          return next();
        });
      } catch (failure) {
        fail(failure);
      }
    }
    if (hasError) throw error;
  };
  return next();
}

/** Node 20 and 22 have no SuppressedError of their own. */
function suppressed(error: unknown, earlier: unknown): Error {
  const message = "An error was suppressed during disposal";
  const native: unknown = Reflect.get(globalThis, "SuppressedError");
  if (typeof native === "function") return Reflect.construct(native, [error, earlier, message]);
  return Object.assign(new Error(message), {
    name: "SuppressedError",
    error,
    suppressed: earlier,
  });
}
