// `npm run house`: applies the rules in house/rules.ts to every file that git tracks or would track.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkHouse } from "./house/rules.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The paths of the project's own files, with forward slashes. */
function listFiles(): string[] {
  if (existsSync(join(root, ".git"))) {
    const options = { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 } as const;
    const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
    return execFileSync("git", list, options).split("\0");
  }
  const made = /(^|\/)(node_modules|dist|coverage)(\/|$)/;
  const found = readdirSync(root, { recursive: true, encoding: "utf8" });
  return found.map((path) => path.replaceAll("\\", "/")).filter((path) => !made.test(path));
}

const files = new Map<string, string>();
for (const path of listFiles()) {
  const file = join(root, path);
  if (!path || !statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
  const text = readFileSync(file, "utf8");
  if (!text.includes("\0")) files.set(path, text);
}

const broken = checkHouse(files);
for (const line of broken) console.error(line);
console.error(`house: ${files.size} files checked, ${broken.length} faults`);
process.exitCode = broken.length === 0 ? 0 : 1;
