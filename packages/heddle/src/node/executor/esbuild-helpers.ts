/*
 * The helpers that esbuild, and tsx with it, writes into code for ES2020 and later, and some for older
 * targets. They are ours: what each has to do follows from the code that esbuild makes around it. The names of
 * the exports are those of the helpers.
 */

import { disposeAll, disposeLater, type Held } from "./disposal.ts";

/** `keepNames`: a function or class has the name that it had before it was renamed. */
export function __name<T extends object>(target: T, value: string): T {
  return Object.defineProperty(target, "name", { value, configurable: true });
}

export function __using<T>(stack: Held[], value: T, isAsync?: boolean): T {
  return disposeLater(stack, value, isAsync === true);
}

export function __callDispose(stack: Held[], error: unknown, hasError?: boolean): unknown {
  return disposeAll(stack, error, hasError === true);
}

export function __publicField<T>(target: object, key: PropertyKey, value: T): T {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return value;
}

type Members = WeakMap<object, unknown> | WeakSet<object>;
type Getter = (this: object) => unknown;
type Setter = (this: object, value: unknown) => void;

function check(target: object, members: Members, action: string): void {
  if (!members.has(target)) throw new TypeError(`Cannot ${action}: the object's class has none`);
}

export function __privateIn(members: Members, target: unknown): boolean {
  if (target === null || (typeof target !== "object" && typeof target !== "function")) {
    throw new TypeError('Cannot use the "in" operator on a value that is no object');
  }
  return members.has(target);
}

export function __privateAdd(target: object, members: Members, value?: unknown): void {
  if (members.has(target)) throw new TypeError("Cannot add the same private member twice");
  if (members instanceof WeakSet) members.add(target);
  else members.set(target, value);
}

export function __privateGet(target: object, members: Members, getter?: Getter): unknown {
  check(target, members, "read a private field");
  if (getter) return getter.call(target);
  return members instanceof WeakMap ? members.get(target) : undefined;
}

export function __privateSet<T>(target: object, members: Members, value: T, setter?: Setter): T {
  check(target, members, "write a private field");
  if (setter) setter.call(target, value);
  else if (members instanceof WeakMap) members.set(target, value);
  return value;
}

export function __privateMethod<T>(target: object, members: Members, method: T): T {
  check(target, members, "call a private method");
  return method;
}

/** For `this.#count++`: a property that reads and writes the private one. */
export function __privateWrapper(
  target: object,
  members: Members,
  setter?: Setter,
  getter?: Getter,
): { _: unknown } {
  return {
    get _() {
      return __privateGet(target, members, getter);
    },
    set _(value) {
      __privateSet(target, members, value, setter);
    },
  };
}

/** `{ a, ...rest }`: what is not in `taken`. */
export function __objRest(source: object, taken: readonly PropertyKey[]): object {
  const rest = { ...source };
  for (const key of taken) Reflect.deleteProperty(rest, key);
  return rest;
}

export function __spreadValues(target: object, source: object | null | undefined): object {
  for (const [key, value] of Object.entries(Object.getOwnPropertyDescriptors(source ?? {}))) {
    if (value.enumerable) __publicField(target, key, Reflect.get(source ?? {}, key));
  }
  for (const key of Object.getOwnPropertySymbols(source ?? {})) {
    if (Object.prototype.propertyIsEnumerable.call(source, key)) {
      __publicField(target, key, Reflect.get(source ?? {}, key));
    }
  }
  return target;
}

export function __spreadProps(target: object, source: object): object {
  return Object.defineProperties(target, Object.getOwnPropertyDescriptors(source));
}

export const __pow: (base: number, exponent: number) => number = Math.pow;

/** An async function as a generator that yields what it awaits. */
export function __async(
  self: unknown,
  args: readonly unknown[] | null,
  body: (this: unknown, ...args: unknown[]) => Generator<unknown, unknown, unknown>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const generator = body.apply(self, [...(args ?? [])]);
    const step = (advance: () => IteratorResult<unknown, unknown>) => {
      try {
        const { done, value } = advance();
        if (done) resolve(value);
        else {
          Promise.resolve(value).then(
            (given) => step(() => generator.next(given)),
            (error) => step(() => generator.throw(error)),
          );
        }
      } catch (error) {
        reject(error);
      }
    };
    step(() => generator.next());
  });
}
