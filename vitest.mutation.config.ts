/*
 * The tests that Stryker runs (stryker.config.mjs): the core's, and those of what is built on it next.
 *
 * Left out are the tests that start processes: they bundle the sources anew for each, which takes
 * seconds, and a change that Stryker switches on here would not be on in there.
 */
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import base from "./vitest.config.ts";

/**
 * The first AsyncLocalStorage store of a process, and following an async function sets one, turns the
 * loop from its quick paths to those that carry stores along. These files set none, so they come first.
 */
const WITHOUT_STORES =
  /\/(queue|sync)\/|\/(async-functions|cancellation|deadlock|exception-\w+|future|gather|handle|lost-errors|missing-star|native-host|ready-queue|shield|slices|task-list|timer-heap|virtual-clock|wait)\.test\.ts$/;

class StoresLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const key = ({ moduleId }: TestSpecification) =>
      `${!WITHOUT_STORES.test(moduleId)} ${moduleId}`;
    return files.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}

export default defineConfig({
  ...base,
  test: {
    include: ["packages/heddle/tests/{context,loop,task,sync,queue,testing}/**/*.test.ts"],
    exclude: [
      "**/*-process.test.ts",
      // Loads the sources again within a test, so that what runs once would seem to be tested by it.
      "**/two-copies.test.ts",
    ],
    // The sources are loaded once for all the files of a run, of which there are thousands.
    isolate: false,
    sequence: { sequencer: StoresLast },
    pool: "threads",
    maxWorkers: 1,
    // Time is virtual: whoever takes so long hangs.
    testTimeout: 8_000,
    unstubGlobals: true,
    restoreMocks: true,
  },
});
