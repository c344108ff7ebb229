/*
 * The core's tests, and which of them cannot run without Node.
 *
 * Nobody keeps a list. esbuild follows the imports of each test file. One that reaches a module of
 * Node, by itself, by a helper or by a package, cannot run in a browser; in Bun and Deno it can if the
 * module is theirs as well and knows nothing of files and processes, since a bundle lies elsewhere than
 * its sources. One that asks vitest to load modules anew or to replace them needs vitest's own loader,
 * which no bundle has. Globals are not looked for: a test that uses `Buffer` or `setImmediate` without
 * asking whether they exist fails in Chromium.
 */
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { fromSources, root } from "./sources.ts";

/** The rooms whose tests make up the core's suite: all but `node` and `cli`. */
const ROOMS = [
  "coroutine",
  "context",
  "loop",
  "task",
  "sync",
  "queue",
  "stream",
  "interop",
  "executor",
  "introspection",
  "testing",
];

/** Calls to vitest's module loader. */
const LOADER = /\bvi\s*\.\s*(resetModules|mock|doMock|unmock|doUnmock|importActual|importMock)\b/;

/** Where bundles run. */
export type Platform = "server" | "browser";

/** Modules of Node that mean the same in Bun and Deno. */
const ON_SERVERS =
  /^(assert|async_hooks|buffer|crypto|events|os|path|perf_hooks|process|stream|timers\/promises|util|worker_threads)$/;

export interface TestFiles {
  /** Every test file of the core, relative to the project's root, with forward slashes. */
  readonly all: readonly string[];
  /** Those that cannot run on a platform, each with the reason. */
  readonly leftOut: Readonly<Record<Platform, ReadonlyMap<string, string>>>;
}

export async function findTestFiles(): Promise<TestFiles> {
  const all = ROOMS.flatMap((room) => testsIn(`packages/heddle/tests/${room}`)).sort();
  return { all, leftOut: await findNeeds(all) };
}

function testsIn(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // a room without tests
    throw error;
  }
  return names
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`);
}

/** The runner is replaced where there is no Node: what it imports says nothing about a test. */
const withoutRunner: Plugin = {
  name: "without-runner",
  setup(build) {
    build.onResolve({ filter: /^vitest$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** Which of these files cannot run on each platform, and why. */
export async function findNeeds(files: readonly string[]): Promise<TestFiles["leftOut"]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...files],
    outdir: "unwritten",
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    loader: { ".node": "empty" },
    logLevel: "error",
    plugins: [fromSources, withoutRunner],
  });
  const needs = { server: new Map<string, string>(), browser: new Map<string, string>() };
  for (const file of files) {
    const loader = LOADER.exec(readFileSync(join(root, file), "utf8"));
    for (const platform of ["server", "browser"] as const) {
      const need = loader ? `calls vi.${loader[1]}()` : wayToNode(metafile, file, platform);
      if (need !== undefined) needs[platform].set(file, need);
    }
  }
  return needs;
}

/** The shortest chain of imports from a file to what only Node has, in words. */
function wayToNode({ inputs }: Metafile, file: string, platform: Platform): string | undefined {
  const importerOf = new Map<string, string | undefined>([[file, undefined]]);
  // A Map goes on to what is added while it is walked: breadth first.
  for (const path of importerOf.keys()) {
    for (const { path: target, external } of inputs[path]?.imports ?? []) {
      if (!external) {
        if (!importerOf.has(target)) importerOf.set(target, path);
      } else if (isBuiltin(target)) {
        const name = target.replace(/^node:/, "");
        if (platform === "server" && ON_SERVERS.test(name)) continue;
        const way: string[] = [];
        for (let at = path; at !== file; at = importerOf.get(at) as string) way.push(named(at));
        return [`imports node:${name}`, ...new Set(way)].join(" < ");
      }
    }
  }
  return undefined;
}

/** A package's file by the package's name: where npm put it says nothing. */
function named(path: string): string {
  return /.*\/node_modules\/((@[^/]+\/)?[^/]+)/.exec(`/${path}`)?.[1] ?? path;
}
