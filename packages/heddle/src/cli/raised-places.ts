/*
 * Where an error was met by those who waited for it.
 *
 * An error keeps the stack of the place where it was made. If that is another task, or no coroutine
 * at all (what Node's own calls reject with has no frame of the program), it does not say which
 * coroutines it has passed on its way out, as Python's traceback does. Futures tell of each error that
 * they raise, by a function under a registered symbol, so that any copy of heddle finds it.
 */

/** Enough for any chain of tasks; an error that is raised again and again is not noted for ever. */
const MOST = 16;

const places = new WeakMap<object, Error[]>();

function onRaise(error: unknown): void {
  if (typeof error !== "object" || error === null) return;
  const noted = places.get(error) ?? [];
  if (noted.length >= MOST) return;
  places.set(error, [...noted, new Error("raised here")]);
}

/** Note the places from now on. */
export function noteRaisedPlaces(): void {
  (globalThis as Record<symbol, unknown>)[Symbol.for("heddle.onRaise")] = onRaise;
}

/** The stacks of these places, in the order in which the error came by. */
export function stacksOfRaised(error: object): string[] {
  return (places.get(error) ?? []).map((place) => place.stack ?? "");
}
