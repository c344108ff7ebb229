/*
 * Which TypeScript checks.
 *
 * The project's own, so that the check sees the types as its compiler does. TypeScript 7 has no
 * JavaScript API any more; `@typescript/typescript6` is TypeScript 6 under a name that lives beside
 * it. heddle itself depends on neither: most of its users never check.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type ts from "@typescript/typescript6";
import { UsageError } from "../program-file.ts";

export type TypeScript = typeof ts;

/** Below it, heddle's types (`const` type parameters, AsyncDisposable) are not understood. */
const OLDEST: readonly [major: number, minor: number] = [5, 3];

/** TypeScript's API as it is installed for one of the folders, or else for this command. */
export async function loadTypeScript(
  folders: Iterable<string>,
  own: string = dirname(fileURLToPath(import.meta.url)),
): Promise<TypeScript> {
  const unfit: string[] = [];
  for (const folder of [...folders, own]) {
    const place = createRequire(join(folder, "package.json"));
    for (const name of ["typescript", "@typescript/typescript6"]) {
      const path = resolved(place, name);
      if (path === undefined) continue;
      const module = (await import(pathToFileURL(path).href)) as { default?: TypeScript };
      const api = module.default ?? (module as TypeScript);
      if (isFit(api)) return api;
      unfit.push(`${name} ${api.version}`);
    }
  }
  throw new UsageError(
    `check needs the API of TypeScript 5.3 to 6, and found ${unfit[0] ?? "none"}. ` +
      "Install it: npm install --save-dev @typescript/typescript6",
  );
}

function resolved(place: NodeJS.Require, name: string): string | undefined {
  try {
    return place.resolve(name);
  } catch {
    return undefined;
  }
}

function isFit(api: Partial<TypeScript>): boolean {
  if (typeof api.createProgram !== "function") return false;
  const [major = 0, minor = 0] = (api.version ?? "").split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
