/*
 * The programs that are checked: one for each project, and what they have in common read once.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type ts from "@typescript/typescript6";
import type { TypeScript } from "./load-typescript.ts";
import { type Project, slashed } from "./project.ts";

/** Texts by path that stand in for files, there or not. */
export type Overlay = ReadonlyMap<string, string>;

/** Makes the program of a project. Declarations that several share are parsed once. */
export function programMaker(
  ts: TypeScript,
  overlay: Overlay = new Map(),
): (project: Project) => ts.Program {
  const declarations = new Map<string, ts.SourceFile | undefined>();
  const folders = new Set(Array.from(overlay.keys(), (path) => slashed(dirname(path))));

  return ({ options, files }) => {
    const host = ts.createCompilerHost(options, true);
    const { getSourceFile, readFile, fileExists, directoryExists } = host;
    host.directoryExists = (path) => folders.has(path) || directoryExists?.(path) !== false;
    host.fileExists = (path) => overlay.has(path) || fileExists(path);
    host.readFile = (path) => overlay.get(path) ?? readFile(path);
    host.getSourceFile = (path, version, ...rest) => {
      if (!/\.d\.[cm]?ts$/.test(path)) return getSourceFile(path, version, ...rest);
      const format = typeof version === "object" ? version.impliedNodeFormat : undefined;
      const key = `${path} ${format}`;
      if (!declarations.has(key)) declarations.set(key, getSourceFile(path, version, ...rest));
      return declarations.get(key);
    };
    // The types of TypeScript do not stand in comments. Reading these took an eighth of the time.
    host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
    host.resolveModuleNameLiterals = resolver(ts, host, options);
    return ts.createProgram(files.map(slashed), options, host);
  };
}

/** As TypeScript resolves; where no heddle is installed, there is the command's own. */
function resolver(
  ts: TypeScript,
  host: ts.CompilerHost,
  options: ts.CompilerOptions,
): NonNullable<ts.CompilerHost["resolveModuleNameLiterals"]> {
  const cache = ts.createModuleResolutionCache(
    host.getCurrentDirectory(),
    (path) => host.getCanonicalFileName(path),
    options,
  );
  return (names, importer, redirect, importerOptions, source) =>
    names.map((name) => {
      const mode = ts.getModeForUsageLocation(source, name, importerOptions);
      const found = ts.resolveModuleName(
        name.text,
        importer,
        importerOptions,
        host,
        cache,
        redirect,
        mode,
      );
      return found.resolvedModule === undefined ? (ownModule(ts, name.text) ?? found) : found;
    });
}

const entries: Readonly<Record<string, string>> = {
  heddle: "index",
  "heddle/node": "node/index",
  "heddle/testing": "testing/index",
};

function ownModule(
  ts: TypeScript,
  name: string,
): ts.ResolvedModuleWithFailedLookupLocations | undefined {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry === undefined) return undefined;
  for (const extension of [ts.Extension.Dts, ts.Extension.Ts]) {
    const resolvedFileName = fileURLToPath(new URL(`../../${entry}${extension}`, import.meta.url));
    if (!existsSync(resolvedFileName)) continue;
    return {
      resolvedModule: {
        resolvedFileName: slashed(resolvedFileName),
        extension,
        isExternalLibraryImport: true,
      },
    };
  }
  return undefined;
}
