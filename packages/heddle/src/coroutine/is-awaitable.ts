/*
 * What can stand after `yield*` in a coroutine.
 */
import type { Awaitable, Coroutine } from "./types.ts";

/** Is this what a `function*` returned? Counterpart: `asyncio.iscoroutine`. */
export function isCoroutine(value: unknown): value is Coroutine<unknown> {
  return Object.prototype.toString.call(value) === "[object Generator]";
}

/**
 * Can this stand after `yield*` in a coroutine? Iterable collections cannot: a coroutine that yields
 * their items would hand them to its task. Counterpart: `inspect.isawaitable`.
 */
export function isAwaitable(value: unknown): value is Awaitable<unknown> {
  if (typeof value !== "object" || value === null) return false;
  // Generators, futures and the like: by far the most, told by two looks (createTask is hot).
  const iterable = value as Partial<Awaitable<unknown>> & { throw?: unknown };
  if (typeof iterable[Symbol.iterator] !== "function") return false;
  return typeof iterable.throw === "function" || !isCollection(value);
}

function isCollection(value: object): boolean {
  return (
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    value instanceof Map ||
    value instanceof Set
  );
}
