/*
 * What tsx makes of a function, what the function gives here, and where a refused one stands: as JSON.
 */
import { createRequire } from "node:module";
import { sourceOf } from "../../../../src/node/executor/inline-function.ts";

const { cache } = createRequire(import.meta.url);
const loaded = () =>
  ["acorn", "eslint-scope", "tslib"].filter((name) =>
    Object.keys(cache).some((path) => path.includes(`/node_modules/${name}/`)),
  );
const loadedAtFirst = loaded();

const work = () => {
  const log: string[] = [];
  const inner = () => {};
  class Inner {
    #label = "body";
    read() {
      return this.#label;
    }
  }
  log.push(inner.name, Inner.name);
  {
    using _held = { [Symbol.dispose]: () => log.push("disposed") };
    log.push(new Inner().read());
  }
  return log;
};

const outer = 5;

function refused(): string {
  try {
    return sourceOf(
      (x: number) =>
        // The next line is what the error names.
        x + outer,
      "toThread",
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const source = sourceOf(work, "toThread");
console.log(
  JSON.stringify({ source, here: work(), refusal: refused(), loadedAtFirst, loadedThen: loaded() }),
);
