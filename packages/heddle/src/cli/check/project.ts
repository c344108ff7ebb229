/*
 * Which compiler options a file is checked with.
 *
 * As in an editor: those of the nearest tsconfig.json that includes the file, on the way up from its
 * folder, or which refers to one that does (a tsconfig.json may be nothing but references). Where none
 * includes it, those of the nearest one: JavaScript is seldom included.
 *
 * The check only asks for types, so what it cannot make sense of in the options is passed over: a
 * project for a newer compiler has options that this one does not know. A file that cannot be read or
 * parsed is another matter.
 */
import { statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type ts from "@typescript/typescript6";
import { UsageError } from "../program-file.ts";
import type { TypeScript } from "./load-typescript.ts";

/** Files that are checked with the same options. */
export interface Project {
  options: ts.CompilerOptions;
  files: string[];
}

interface Config {
  path: string;
  options: ts.CompilerOptions;
  includes: ReadonlySet<string>;
  references: readonly string[];
  /** Why it cannot be used. */
  broken: string | undefined;
}

/** Paths as TypeScript has them. */
export const slashed = (path: string) => path.replaceAll("\\", "/");

/**
 * Sort `files` by their projects, or take the one of the tsconfig.json at `given` for all of them.
 * Throws UsageError if a tsconfig.json cannot be read or parsed.
 */
export function projectsOf(ts: TypeScript, files: readonly string[], given?: string): Project[] {
  const configs = new Configs(ts);
  const forAll = given === undefined ? undefined : configs.usable(namedConfig(given));
  const projects = new Map<Config | undefined, Project>();
  for (const file of files) {
    const config = forAll ?? configs.of(file);
    const options = config?.options ?? withoutConfig(ts);
    const project = projects.get(config) ?? { options, files: [] };
    project.files.push(file);
    projects.set(config, project);
  }
  return [...projects.values()];
}

function namedConfig(name: string): string {
  const path = resolve(name);
  const status = statSync(path, { throwIfNoEntry: false });
  const file = status?.isDirectory() ? join(path, "tsconfig.json") : path;
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new UsageError(`no such file: ${status?.isDirectory() ? `${name}/tsconfig.json` : name}`);
  }
  return file;
}

class Configs {
  readonly #ts: TypeScript;
  readonly #read = new Map<string, Config>();

  constructor(ts: TypeScript) {
    this.#ts = ts;
  }

  /** The config of a file; undefined if there is none above it. */
  of(file: string): Config | undefined {
    let nearest: Config | undefined;
    for (let folder = dirname(file); ; folder = dirname(folder)) {
      const path = join(folder, "tsconfig.json");
      if (this.#ts.sys.fileExists(path)) {
        const config = nearest === undefined ? this.usable(path) : this.#config(path);
        nearest ??= config;
        const owner = this.#owner(config, slashed(file));
        if (owner !== undefined) return owner;
      }
      if (folder === dirname(folder)) return nearest;
    }
  }

  usable(path: string): Config {
    const config = this.#config(path);
    if (config.broken !== undefined) throw new UsageError(config.broken);
    return config;
  }

  #owner(config: Config, file: string, seen = new Set<Config>()): Config | undefined {
    if (config.includes.has(file)) return config.broken === undefined ? config : undefined;
    seen.add(config);
    for (const path of config.references) {
      const reference = this.#config(path);
      const owner = seen.has(reference) ? undefined : this.#owner(reference, file, seen);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  #config(path: string): Config {
    const config = this.#read.get(path) ?? this.#parse(path);
    this.#read.set(path, config);
    return config;
  }

  #parse(path: string): Config {
    const ts = this.#ts;
    const source = ts.readJsonConfigFile(path, ts.sys.readFile);
    const { options, errors, fileNames, projectReferences } =
      ts.parseJsonSourceFileConfigFileContent(source, ts.sys, dirname(path), undefined, path);
    const all = [
      ...((source as { parseDiagnostics?: ts.Diagnostic[] }).parseDiagnostics ?? []),
      ...errors,
    ];
    const fatal = all.find(isFatal);
    return {
      path,
      options: forTypes(ts, options, all),
      includes: new Set(fileNames),
      references: projectReferences?.map((r) => ts.resolveProjectReferencePath(r)) ?? [],
      broken: fatal && describe(ts, fatal, path),
    };
  }
}

/** Not JSON, not readable, what it extends is not there, or extends itself. */
function isFatal({ code }: ts.Diagnostic): boolean {
  return code < 2000 || code === 5083 || code === 6053 || code === 18000;
}

function describe(ts: TypeScript, error: ts.Diagnostic, path: string): string {
  const message = ts.flattenDiagnosticMessageText(error.messageText, " ");
  const file = relative(process.cwd(), error.file?.fileName ?? path);
  if (error.file === undefined || error.start === undefined) return `${file}: ${message}`;
  const { line, character } = error.file.getLineAndCharacterOfPosition(error.start);
  return `${file}:${line + 1}:${character + 1}: ${message}`;
}

/** The options, without those that have to do with output. */
function forTypes(
  ts: TypeScript,
  options: ts.CompilerOptions,
  errors: readonly ts.Diagnostic[],
): ts.CompilerOptions {
  const given = { ...options, ...forAll };
  // A value that this compiler does not know (6046) is of a newer one.
  if (errors.some(({ code }) => code === 6046)) {
    delete given.lib;
    given.module ??= ts.ModuleKind.ESNext;
    given.moduleResolution ??= ts.ModuleResolutionKind.Bundler;
  }
  if (given.lib === undefined) given.target = ts.ScriptTarget.ESNext;
  return given;
}

/** What TypeScript would assume without a tsconfig.json is for programs of long ago. */
function withoutConfig(ts: TypeScript): ts.CompilerOptions {
  const major = Number.parseInt(ts.version, 10);
  return {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    // TypeScript 6 includes no @types package that is not asked for.
    ...(major >= 6 ? { types: ["*"] } : {}),
    ...forAll,
  };
}

const forAll: ts.CompilerOptions = {
  allowJs: true,
  checkJs: false,
  noEmit: true,
  skipLibCheck: true,
  composite: false,
  declaration: false,
  incremental: false,
};
