/*
 * heddle as it is published: packed by npm, unpacked into the node_modules of a small program, which
 * imports it as its users do. The tests run the sources; this shows that the build, the exports and
 * the list of packed files hold together, on each runtime and without a bundler.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { runChild, tail } from "./child.ts";
import { runPage } from "./chromium.ts";
import { UsageError } from "./options.ts";
import { commandOf, type Runtime } from "./runtimes.ts";
import { root } from "./sources.ts";

const LIMIT = 30_000;

/** What the program prints. */
const EXPECTED = ["received 1, 2, 3", "timed out after its clean-up", "the group gave 42"];

/** Pack heddle into `folder`, and lay the program beside it. */
export function unpackHeddle(folder: string): void {
  if (!existsSync(join(root, "packages/heddle/dist/index.js"))) {
    throw new UsageError("heddle is not built: packages/heddle/dist is missing; npm run build");
  }
  const target = join(folder, "node_modules/heddle");
  mkdirSync(target, { recursive: true });
  const options = { cwd: root, stdio: "pipe", shell: process.platform === "win32" } as const;
  execFileSync(
    "npm",
    ["pack", "--workspace=heddle", "--silent", "--pack-destination", folder],
    options,
  );
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) as string;
  execFileSync("tar", ["-xzf", archive, "-C", "node_modules/heddle", "--strip-components=1"], {
    cwd: folder,
    stdio: "pipe",
  });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  copyFileSync(
    join(root, "scripts/runtimes/inside/packed-program.mjs"),
    join(folder, "program.mjs"),
  );
}

/** Run the program; gives what went wrong. */
export async function tryPacked(runtime: Runtime, folder: string): Promise<string | undefined> {
  const command = [...commandOf(runtime), join(folder, "program.mjs")];
  const ended = await runChild(command, { cwd: folder, limit: LIMIT });
  return verdict(ended.stdout.trimEnd().split("\n"), ended.fault, ended.stderr);
}

/** Run the program in a page, the package's files served as they are. */
export async function tryPackedInPage(
  browser: Browser,
  folder: string,
): Promise<string | undefined> {
  const printed: string[] = [];
  const fault = await runPage(browser, {
    serve: (path) => (existsSync(join(folder, path)) ? join(folder, path) : undefined),
    module: "/program.mjs",
    imports: { heddle: "/node_modules/heddle/dist/index.js" },
    print: (line) => printed.push(line),
    limit: LIMIT,
  });
  return verdict(printed, fault, "");
}

function verdict(lines: readonly string[], fault: string | undefined, stderr: string) {
  const printed = lines.map((line) => line.trimEnd());
  if (fault === undefined && printed.join("\n") === EXPECTED.join("\n")) return undefined;
  const how = fault ?? "ended well";
  return `the program ${how}, having printed:\n${tail([...printed, stderr].join("\n"))}\nexpected:\n${EXPECTED.join("\n")}`;
}
