import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

export default defineConfig({
  // Tests import packages by name and run their sources, so a test never sees a stale build.
  resolve: {
    alias: [
      { find: /^heddle$/, replacement: source("heddle/src/index.ts") },
      {
        find: /^heddle\/(node|testing|executor|web)$/,
        replacement: source("heddle/src/$1/index.ts"),
      },
      { find: /^@heddle\/bullmq$/, replacement: source("bullmq/src/index.ts") },
    ],
  },
  // Node 20 and 22 cannot parse `using`.
  oxc: { target: "es2022" },
  test: {
    include: [
      "packages/*/tests/**/*.test.ts",
      "{examples,bench,conformance,scripts}/tests/**/*.test.ts",
    ],
    // Types are tested beside values; `npm run typecheck` reports errors in all other files.
    typecheck: {
      enabled: true,
      // By its path: TypeScript 6, which `heddle check` needs, brings a `tsc` too.
      checker: fileURLToPath(new URL("node_modules/typescript/bin/tsc", import.meta.url)),
      include: ["packages/*/tests/**/*.test-d.ts"],
      ignoreSourceErrors: true,
    },
    // Signals, process.chdir and the collector are a process's own: threads would share them.
    pool: "forks",
    maxWorkers: 2,
    // Tests of errors that nobody collects call gc().
    execArgv: ["--expose-gc"],
    // Time is virtual: a test that takes this long hangs, or waits on a crowded machine's process.
    testTimeout: 15_000,
    hookTimeout: 15_000,
    unstubGlobals: true,
    restoreMocks: true,
  },
});
