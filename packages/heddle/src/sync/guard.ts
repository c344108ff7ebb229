/*
 * What `acquire()` gives: a guard for `using`, which releases once.
 *
 * A guard knows the holding that it stands for. Disposing it twice, or after `release()` was called
 * by hand (perhaps somebody else holds the lock by then), does nothing.
 */
export class Guard implements Disposable {
  #release: (() => void) | null;

  /** @internal */
  constructor(release: () => void) {
    this.#release = release;
  }

  /** @internal It was released by hand. */
  _spend(): void {
    this.#release = null;
  }

  [Symbol.dispose](): void {
    const release = this.#release;
    this.#release = null;
    release?.();
  }
}
