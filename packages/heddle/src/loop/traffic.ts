/*
 * Who waits across the border between a loop and the world. Kept for virtual clocks alone.
 *
 *   outward   a task waits for a promise, a socket: only the world can wake it
 *   inward    code of a task awaits something of this loop natively, as async functions do
 *
 * Time must not jump over a wait for the world. An async function, seen from its task, is such a wait too;
 * but while its own code awaits this loop, it is this loop that it waits for. Whose code it is, is known
 * where the platform has an async context; elsewhere any inward wait makes up for any outward one.
 */

/** A multiset. */
class Tally {
  readonly #counts = new Map<object | null, number>();
  size = 0;

  add(who: object | null): void {
    this.#counts.set(who, this.count(who) + 1);
    this.size++;
  }

  remove(who: object | null): void {
    const count = this.count(who);
    if (count > 0) this.size--;
    if (count > 1) this.#counts.set(who, count - 1);
    else this.#counts.delete(who);
  }

  count(who: object | null): number {
    return this.#counts.get(who) ?? 0;
  }

  members(): Iterable<object | null> {
    return this.#counts.keys();
  }
}

/** @internal */
export class Traffic {
  readonly outward = new Tally();
  readonly inward = new Tally();
  /** There was any: let promises settle before time moves. */
  met = false;
  /** It can be told whose code awaits this loop. */
  readonly #known: boolean;

  constructor(known: boolean) {
    this.#known = known;
  }

  /** Does anybody wait for the world? */
  get outstanding(): boolean {
    if (!this.#known) return this.outward.size > this.inward.size;
    for (const who of this.outward.members()) if (this.inward.count(who) === 0) return true;
    return false;
  }
}
