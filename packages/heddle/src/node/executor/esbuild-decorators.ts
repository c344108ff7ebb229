/*
 * esbuild's decorators, those of JavaScript and the experimental ones of TypeScript.
 *
 * What the code around expects: a class has a list, begun by `__decoratorStart`. Its first three entries are
 * the initializers that `addInitializer` gave, of the class, of static members and of the others; the fourth
 * is the metadata. Each field and accessor appends two: those through which its first value goes, and what its
 * `addInitializer` gave. `__runInitializers(list, n, self, value)` runs entry n >> 1: all of them for their
 * effect if n is odd, and passing the value on if it is even.
 *
 * What is decorated is a number: 0 class, 1 method, 2 getter, 3 setter, 4 accessor, 5 field; + 8 static,
 * + 16 private. For a private member `extra` is its function, or the WeakMap of an accessor's values.
 */

import {
  __name,
  __privateGet,
  __privateIn,
  __privateMethod,
  __privateSet,
  __publicField,
} from "./esbuild-helpers.ts";

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Members = WeakMap<object, unknown> | WeakSet<object>;
type Accessor = { get(this: object): unknown; set(this: object, value: unknown): void };
type List = unknown[] & {
  0?: Callable[] | undefined;
  1?: Callable[] | undefined;
  2?: Callable[] | undefined;
  3?: object | undefined;
};

const CLASS = 0;
const METHOD = 1;
const GETTER = 2;
const SETTER = 3;
const ACCESSOR = 4;
const FIELD = 5;
const kinds = ["class", "method", "getter", "setter", "accessor", "field"];

/** Node has none yet: a symbol that is registered is the same wherever the class goes. */
const metadataKey = (): symbol => {
  const native: unknown = Reflect.get(Symbol, "metadata");
  return typeof native === "symbol" ? native : Symbol.for("Symbol.metadata");
};

export function __decoratorStart(base: object | null | undefined): List {
  const inherited: unknown = base ? Reflect.get(base, metadataKey()) : null;
  return [undefined, undefined, undefined, Object.create(isObject(inherited) ? inherited : null)];
}

export function __decoratorMetadata(list: List, target: object): void {
  __publicField(target, metadataKey(), list[3]);
}

/** What `__runInitializers` does with esbuild's arguments. */
export function runListed(list: unknown[], flags: number, self: unknown, value: unknown): unknown {
  const entry = list[flags >> 1];
  for (const initialize of Array.isArray(entry) ? entry : []) {
    if (flags & 1) Reflect.apply(initialize, self, []);
    else value = Reflect.apply(initialize, self, [value]);
  }
  return value;
}

/** Decorates a member, or the class; gives what replaces the class, or a private member. */
export function __decorateElement(
  list: List,
  flags: number,
  name: string | symbol,
  decorators: readonly unknown[],
  of: object,
  extra?: object,
): unknown {
  const kind = flags & 7;
  const isStatic = (flags & 8) !== 0;
  const isPrivate = (flags & 16) !== 0;
  const isOwnEntry = kind === ACCESSOR || kind === FIELD;
  const initializers: Callable[] = [];
  const added: Callable[] = isOwnEntry ? [] : addedBy(list, kind === CLASS ? 0 : isStatic ? 1 : 2);
  if (isOwnEntry) list.push(initializers, added);
  if (kind === CLASS) __name(of, String(name));

  const home: object = isStatic || isPrivate ? of : Reflect.get(of, "prototype");
  // What the decorators get, one the result of the other: a function, a getter with its setter, or nothing.
  let value: unknown = of;
  if (kind !== CLASS) value = isPrivate ? extra : memberOf(kind, home, name);
  if (kind === ACCESSOR && isMembers(extra)) value = accessorOf(extra);
  if (kind === FIELD) value = undefined;
  const access = isPrivate ? privateAccess(kind, of, () => value) : publicAccess(kind, name);

  for (const decorator of [...decorators].reverse()) {
    let isDone = false;
    const context = {
      kind: kinds[kind],
      name,
      metadata: list[3],
      addInitializer(initialize: unknown) {
        if (isDone) throw new TypeError("addInitializer() after the decorator has returned");
        added.push(expectFunction(initialize, "addInitializer()"));
      },
      ...(kind !== CLASS && { static: isStatic, private: isPrivate, access }),
    };
    const given = expectFunction(decorator, "a decorator").call(undefined, value, context);
    isDone = true;
    if (given === undefined) continue;
    if (kind === FIELD) initializers.unshift(expectFunction(given, "a decorator's result"));
    else if (kind === ACCESSOR) value = replaced(value, given, initializers);
    else value = expectFunction(given, "a decorator's result");
  }

  if (kind === CLASS) {
    if (isObject(value)) __decoratorMetadata(list, value);
    return value;
  }
  if (isPrivate) return value;
  if (kind !== FIELD) {
    const slot = { [METHOD]: "value", [GETTER]: "get", [SETTER]: "set" }[kind];
    const change = slot === undefined ? value : { [slot]: value };
    const before = Object.getOwnPropertyDescriptor(home, name) ?? { configurable: true };
    Object.defineProperty(home, name, { ...before, ...(isObject(change) && change) });
  }
  return of;
}

/** TypeScript's experimental decorators: of a class without a kind, of a field 2, of other members 1. */
export function __decorateClass(
  decorators: readonly unknown[],
  target: object,
  key?: PropertyKey,
  kind = 0,
): unknown {
  let result: unknown;
  if (kind === 0) result = target;
  else if (kind === 1 && key !== undefined) result = Object.getOwnPropertyDescriptor(target, key);
  for (const decorator of [...decorators].reverse()) {
    if (!decorator) continue;
    const decorate = expectFunction(decorator, "a decorator");
    const given = kind === 0 ? decorate(result) : decorate(target, key, result);
    result = given || result;
  }
  if (kind !== 0 && key !== undefined && isObject(result)) {
    Object.defineProperty(target, key, result);
  }
  return result;
}

export function __decorateParam(index: number, decorator: Callable): Callable {
  return (target, key) => decorator(target, key, index);
}

function addedBy(list: List, entry: 0 | 1 | 2): Callable[] {
  list[entry] ??= [];
  return list[entry];
}

function memberOf(kind: number, home: object, name: PropertyKey): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(home, name);
  if (kind === GETTER) return descriptor?.get;
  return kind === SETTER ? descriptor?.set : descriptor?.value;
}

function accessorOf(values: Members): Accessor {
  return {
    get() {
      return __privateGet(this, values);
    },
    set(value) {
      __privateSet(this, values, value);
    },
  };
}

/** What an accessor's decorator gave, in the place of what it stands for. */
function replaced(accessor: unknown, given: unknown, initializers: Callable[]): object {
  if (!isObject(given)) throw new TypeError("an accessor's decorator must give an object");
  const { get, set, init }: { get?: unknown; set?: unknown; init?: unknown } = given;
  const what = "what an accessor's decorator gives";
  if (init !== undefined) initializers.unshift(expectFunction(init, what));
  return {
    ...(isObject(accessor) && accessor),
    ...(get !== undefined && { get: expectFunction(get, what) }),
    ...(set !== undefined && { set: expectFunction(set, what) }),
  };
}

function publicAccess(kind: number, name: PropertyKey): object {
  return {
    has: (target: object) => name in target,
    ...(kind !== SETTER && { get: (target: object) => Reflect.get(target, name, target) }),
    ...(kind >= SETTER && {
      set: (target: object, value: unknown) => {
        Reflect.set(target, name, value, target);
      },
    }),
  };
}

/** `current` is what has come of the member, which is known when the class is complete. */
function privateAccess(kind: number, of: object, current: () => unknown): object {
  if (!isMembers(of)) return {};
  const part = (own: number, name: "get" | "set") => {
    const value = current();
    if (kind === own && typeof value === "function")
      return (self: object, ...args: unknown[]) => Reflect.apply(value, self, args);
    if (kind !== ACCESSOR || !isObject(value)) return undefined;
    return (self: object, ...args: unknown[]) =>
      Reflect.apply(Reflect.get(value, name), self, args);
  };
  return {
    has: (target: unknown) => __privateIn(of, target),
    ...(kind !== SETTER && {
      get(target: object) {
        if (kind === METHOD) return __privateMethod(target, of, current());
        const get = part(GETTER, "get");
        return __privateGet(target, of, get && (() => get(target)));
      },
    }),
    ...(kind >= SETTER && {
      set(target: object, value: unknown) {
        const set = part(SETTER, "set");
        __privateSet(target, of, value, set && (() => set(target, value)));
      },
    }),
  };
}

const isObject = (value: unknown): value is object =>
  value !== null && (typeof value === "object" || typeof value === "function");

const isMembers = (value: unknown): value is Members =>
  value instanceof WeakMap || value instanceof WeakSet;

const isCallable = (value: unknown): value is Callable => typeof value === "function";

function expectFunction(value: unknown, what: string): Callable {
  if (isCallable(value)) return value;
  throw new TypeError(`${what} must be a function; got ${value === null ? "null" : typeof value}`);
}
