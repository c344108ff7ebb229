/*
 * Runtimes from npm, each installed into a folder of its own. The program is in a package made for one
 * kind of machine. `bun` and `deno` name theirs as optional dependencies, of which npm takes the one
 * that fits; `node` fetches its own by a script, so here it is named outright. No package's script runs.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./sources.ts";

/** Where a runtime is installed: git ignores it, and `npm ci` removes it. */
const folderOf = (name: string) => join(root, "node_modules/.cache/heddle-runtimes", name);

/** The program of a runtime that was installed before. */
export function findInstalled(name: string): string | undefined {
  const modules = join(folderOf(name), "node_modules");
  const exe = process.platform === "win32" ? ".exe" : "";
  switch (name) {
    case "bun":
      return within(join(modules, "@oven"), `bin/bun${exe}`);
    case "deno":
      return within(join(modules, "@deno"), `deno${exe}`);
    default:
      return within(modules, `bin/node${exe}`);
  }
}

/** Where one of the packages in `folder` has a file of this name. */
function within(folder: string, name: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((entry) => join(folder, entry, name))
    .find((path) => existsSync(path));
}

/** Fetch a runtime; gives what prevented it. */
export function install(name: string): string | undefined {
  const folder = folderOf(name);
  mkdirSync(folder, { recursive: true });
  // Without this npm would take the nearest project above for the one to install into.
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const spec = specOf(name);
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, error, stderr } = spawnSync(
    "npm",
    ["install", "--prefix", folder, ...quiet, spec],
    {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    },
  );
  if (error) return `npm could not be started (${error.message})`;
  if (status === 0 && findInstalled(name) !== undefined) return undefined;
  const [reason = `status ${status}`] = /(?<=^npm error (?!code)).+$/m.exec(stderr) ?? [];
  return status === 0
    ? `${spec} has no program for ${process.platform} ${process.arch}`
    : `npm could not install ${spec} (${reason}): try again with a network`;
}

/** What npm is asked for: the newest of one major version. */
function specOf(name: string): string {
  if (name === "bun") return "bun@1";
  if (name === "deno") return "deno@2";
  const { platform, arch } = process;
  const system = platform === "win32" ? "win" : platform;
  const prefix = platform === "darwin" && arch === "arm64" ? "node-bin" : "node";
  return `${prefix}-${system}-${arch}@${name.slice("node".length)}`;
}
