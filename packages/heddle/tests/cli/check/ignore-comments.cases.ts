import type { Case } from "./case.ts";

export const ignored: Case[] = [
  [
    "on the line before",
    `
    // heddle-ignore floating-coroutine: shows what happens
    work();`,
  ],
  [
    "behind the code",
    `
    work(); // heddle-ignore floating-coroutine`,
  ],
  [
    "above other comments",
    `
    // heddle-ignore floating-coroutine
    // biome-ignore lint/x: another tool's

    work();`,
  ],
  [
    "above a member of a class",
    `
    interface Listener { hear(ms: number): void }
    class Echo implements Listener {
      // heddle-ignore floating-coroutine
      *hear(ms: number) { yield* sleep(ms); }
    }`,
  ],
  [
    "as a block",
    `
    /* heddle-ignore floating-coroutine: reason */
    work();`,
  ],
  [
    "above the statement in which it is",
    `
    // heddle-ignore floating-coroutine
    items.forEach(
      (n) =>
        work(n),
    );`,
  ],
  [
    "several rules",
    `
    // heddle-ignore missing-star, floating-coroutine: both
    console.log(work(), () => { work(); });`,
  ],
  [
    "a catch, by a comment in it",
    `
    function* main() {
      try {
        yield* work();
      } catch {
        // heddle-ignore swallowed-cancellation: it is meant
      }
      try {
        yield* work();
      } catch (error) {
        // heddle-ignore swallowed-cancellation: it is meant
        console.log(error);
      }
    }`,
  ],
  [
    "a catch, by a comment above it, or above its try",
    `
    function* main() {
      try {
        yield* work();
        // heddle-ignore swallowed-cancellation: it is meant
      } catch {}
      // heddle-ignore swallowed-cancellation: it is meant
      try {
        yield* work();
      } catch {}
    }`,
  ],
];

export const heeded: Case[] = [
  [
    "another rule",
    `
    // heddle-ignore missing-star
    work(); //! floating-coroutine`,
  ],
  [
    "another line",
    `
    // heddle-ignore floating-coroutine
    work();
    work(); //! floating-coroutine`,
  ],
  [
    "a function around it is no statement of it",
    `
    // heddle-ignore floating-coroutine
    function f() {
      work(); //! floating-coroutine
    }`,
  ],
  [
    "a class around it is no statement of it",
    `
    // heddle-ignore floating-coroutine
    class A {
      listener: () => void = () => work(); //! floating-coroutine
    }`,
  ],
  [
    "a text that looks like one",
    `
    const text = "/* heddle-ignore floating-coroutine: reason */";
    work(); //! floating-coroutine`,
  ],
  [
    "no rule",
    `
    // heddle-ignore
    work(); //! floating-coroutine`,
  ],
];
