import type { Case } from "./case.ts";

export const modules: Case[] = [
  [
    "JavaScript, a module",
    `
    import { gather, sleep } from "heddle";
    /** @param {number} n */
    function* work(n) { yield* sleep(n); return n; }
    export default function* main() {
      work(1); //! floating-coroutine
      yield work(1); //! missing-star
      const [a] = gather([work(1)]); //! missing-star
      try { yield* work(1); } catch {} //! swallowed-cancellation
      yield* work(a);
    }`,
  ],
];

export const commonJs: Case[] = [
  [
    "JavaScript, CommonJS",
    `
    const { sleep } = require("heddle");
    const heddle = require("heddle");
    exports.default = function* main() {
      sleep(1); //! floating-coroutine
      heddle.sleep(1); //! floating-coroutine
      yield* sleep(1);
    };`,
  ],
];

export const tsx: Case[] = [
  [
    "TSX",
    `
    import { sleep } from "heddle";
    declare global { namespace JSX { interface IntrinsicElements { a: { onClick(): void } } } }
    const link = <a onClick={() => sleep(1)} />; //! floating-coroutine
    export { link };`,
  ],
];
