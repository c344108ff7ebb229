/*
 * All tests that run on a platform, as one module for runtimes without vitest: heddle's sources, the
 * tests, vitest's own `expect` and `vi`, and inside/run-tests.ts, which runs the one file that it is
 * asked for. Nothing of a file is executed before that: esbuild makes each dynamic import a function
 * of the bundle.
 */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { build } from "esbuild";
import type { Settings } from "./inside/run-tests.ts";
import { fromSources, hookTimeout, root, testTimeout } from "./sources.ts";
import type { Platform } from "./test-files.ts";

export interface Bundle {
  readonly path: string;
  /** The same text, its places in the bundle replaced by places in the sources. */
  located(text: string): string;
}

/** `require` for a module: esbuild leaves calls of it in what packages have in CommonJS. */
const REQUIRE = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

/** Bundle these test files into `folder`. */
export async function bundleTests(
  files: readonly string[],
  folder: string,
  { platform, grep }: { platform: Platform; grep?: string | undefined },
): Promise<Bundle> {
  const settings: Settings = { grep: grep ?? null, testTimeout, hookTimeout };
  const loaders = files.map((file) => `${quote(file)}: () => import(${quote(`./${file}`)}),`);
  const path = join(folder, "tests.mjs");
  await build({
    stdin: {
      contents: `import { runTests } from "./scripts/runtimes/inside/run-tests.ts";
        await runTests({ ${loaders.join("\n")} }, ${JSON.stringify(settings)});`,
      resolveDir: root,
    },
    absWorkingDir: root,
    outfile: path,
    bundle: true,
    platform: platform === "browser" ? "browser" : "node",
    banner: platform === "browser" ? {} : { js: REQUIRE },
    format: "esm",
    target: "es2022",
    sourcemap: "external",
    sourcesContent: false,
    // The tests read the names of functions and classes, and a bundle renames those that collide.
    keepNames: true,
    logLevel: "error",
    plugins: [fromSources],
  });
  return { path, located: locator(path) };
}

const quote = (text: string) => JSON.stringify(text);

function locator(path: string): (text: string) => string {
  let map: SourceMap | undefined;
  const place = /[^\s()@]*\btests\.mjs(?:\?[^\s():]*)?:(\d+):(\d+)/g;
  return (text) =>
    text.replace(place, (whole, line: string, column: string) => {
      map ??= new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8")));
      const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
      if (!("originalSource" in entry)) return whole;
      const source = relative(root, resolve(dirname(path), entry.originalSource));
      return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
}
