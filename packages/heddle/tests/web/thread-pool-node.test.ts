/*
 * heddle/web in a real browser: each test of pages/thread-pool.ts runs in a page of Chromium, and shows up
 * here by its name. What its workers load is bundled as a program with several entries would be.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { bundleTests } from "../../../../scripts/runtimes/bundle.ts";
import { findChromium, runPage, withChromium } from "../../../../scripts/runtimes/chromium.ts";
import { Heard } from "../../../../scripts/runtimes/heard.ts";
import { fromSources, root } from "../../../../scripts/runtimes/sources.ts";
import type { TestOutcome } from "../../../../scripts/runtimes/summary.ts";

const PAGES = "packages/heddle/tests/web/pages";
/** Milliseconds: some seconds of work, on a machine that may be crowded. */
const LIMIT = 60_000;
const chromium = findChromium();

const folder = mkdtempSync(join(tmpdir(), "heddle-web-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function runTests(program: string): Promise<TestOutcome[]> {
  const file = `${PAGES}/thread-pool.ts`;
  const bundle = await bundleTests([file], folder, { platform: "browser" });
  await build({
    absWorkingDir: root,
    entryPoints: [
      "packages/heddle/src/web/web-worker.ts",
      ...["work", "state", "own-worker", "silent-worker", "throwing-worker"].map(
        (name) => `${PAGES}/${name}.ts`,
      ),
    ],
    entryNames: "[name]",
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    logLevel: "error",
    plugins: [fromSources],
  });
  writeFileSync(join(folder, "syntax-error.js"), "export const = 1;");
  const heard = new Heard(file);
  const fault = await withChromium(program, (browser) =>
    runPage(browser, {
      serve: (path) => (existsSync(join(folder, path)) ? join(folder, path) : undefined),
      module: `/tests.mjs?file=${encodeURIComponent(file)}`,
      hear: (line) => heard.hear(line),
      limit: LIMIT,
    }),
  );
  return heard.outcomes(fault && `the page ${fault}`).map((outcome) => ({
    ...outcome,
    errors: outcome.errors.map(bundle.located),
  }));
}

/** The build, as files that are served as they are. */
async function runUnbundled(program: string): Promise<string[]> {
  const printed: string[] = [];
  const fault = await withChromium(program, (browser) =>
    runPage(browser, {
      serve: (path) => {
        const file = path.startsWith("/heddle/")
          ? join(root, "packages/heddle/dist", path.slice("/heddle/".length))
          : join(root, PAGES, path);
        return existsSync(file) ? file : undefined;
      },
      module: "/unbundled-page.mjs",
      imports: { heddle: "/heddle/index.js", "heddle/web": "/heddle/web/index.js" },
      print: (line) => printed.push(line),
      limit: LIMIT,
    }),
  );
  return fault === undefined ? printed : [...printed, fault];
}

describe.skipIf(!chromium)("in Chromium (skipped where it is not on the PATH)", async () => {
  const outcomes = chromium === undefined ? [] : await runTests(chromium);

  test("the build, without a bundler: an import map is enough", async () => {
    expect(await runUnbundled(chromium ?? "")).toEqual(["doubled: 42"]);
  });

  test("the page's tests ran", () => expect(outcomes.length).toBeGreaterThan(20));

  for (const { name, state, errors } of outcomes) {
    test(name || "the page", () => {
      expect(errors.join("\n")).toBe("");
      expect(state).toBe("passed");
    });
  }
});
