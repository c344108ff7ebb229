/*
 * Where the project lies, and how vitest finds the sources of its packages: by the aliases of
 * vitest.config.ts, which esbuild is given here too.
 */
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import config from "../../vitest.config.ts";

/** The project's folder, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The limits of the project's tests, in milliseconds. */
export const { testTimeout = 5000, hookTimeout = 10_000 } = config.test ?? {};

/** In vitest.config.ts these are a list of patterns, which its type does not say. */
const aliases = config.resolve?.alias as readonly { find: RegExp; replacement: string }[];

/** Resolves `heddle`, `heddle/testing` and the like as vitest does. */
export const fromSources: Plugin = {
  name: "from-sources",
  setup(build) {
    for (const { find, replacement } of aliases) {
      build.onResolve({ filter: find }, ({ path }) => ({ path: path.replace(find, replacement) }));
    }
  },
};
