/*
 * What `acquire()` gives: a guard for `using`, which releases once.
 *
 * A guard stands for one holding. Disposing it twice, or after `release()` was called by hand (perhaps
 * somebody else holds the lock by then), does nothing.
 */
export class Guard implements Disposable {
  #release: ((guard: Guard) => void) | null;

  /** @internal `release` decides whether the holding of this guard still lasts. */
  constructor(release: (guard: Guard) => void) {
    this.#release = release;
  }

  [Symbol.dispose](): void {
    const release = this.#release;
    this.#release = null;
    release?.(this);
  }
}
