/*
 * Mutation testing of the core: `npm run mutation`, or one file of it by
 * `npm run mutation -- --mutate packages/heddle/src/task/timeout.ts`.
 *
 * Stryker changes the sources in small ways and runs the tests that reach each change. A change that no
 * test sees shows a test that is missing, or code that is not needed.
 */

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutation.config.ts", related: false },
  plugins: ["@stryker-mutator/vitest-runner"],
  mutate: ["packages/heddle/src/{loop,task}/**/*.ts"],
  mutator: {
    // Nearly all strings here are messages for people, of which the tests look at the telling words only.
    excludedMutations: ["StringLiteral"],
  },
  coverageAnalysis: "perTest",
  // What runs once, when a module is loaded, would need a new process and all tests for each change.
  ignoreStatic: true,
  // The core needs none of these, and they would be copied for each run.
  ignorePatterns: ["bench", "conformance", "docs", "examples", "packages/*/dist"],
  // Stryker would rewrite its paths by TypeScript's API, which TypeScript 7 has not; vitest reads none.
  tsconfigFile: "none",
  concurrency: 2,
  // A mutant that loops for ever is stopped by the number of its hits, or after this.
  timeoutMS: 5_000,
  timeoutFactor: 2,
  incremental: true,
  incrementalFile: "node_modules/.cache/stryker/incremental.json",
  // Not below node_modules, where vitest takes modules for foreign and loads them once and for all.
  tempDirName: ".stryker-tmp",
  cleanTempDir: "always",
  reporters: ["clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: "node_modules/.cache/stryker/mutation.json" },
  thresholds: { high: 90, low: 85, break: 85 },
};
