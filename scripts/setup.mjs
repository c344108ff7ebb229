// Brings a clone to where `npm test`, `npm start`, `npm run bench` and `npm run conformance` can run:
// their pre-scripts call this. It installs when node_modules does not hold what the lock file names,
// builds when a package's dist is missing or older than what it is made from, says so in one line on
// stderr, and does nothing else. With nothing to do it is silent and takes some 50 ms.
//
// Plain JavaScript, and Node's own modules only: it runs before anything is installed. The lock file
// is compared by content, for its time changes with every checkout and `npm ci` takes seconds.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockedPackages = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages;
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

function isInstalled() {
  if (!existsSync(join(root, "node_modules/.package-lock.json"))) return false;
  const installed = lockedPackages("node_modules/.package-lock.json");
  return Object.entries(lockedPackages("package-lock.json")).every(
    ([path, { version, link, optional }]) =>
      !path.includes("node_modules/") ||
      // Other platforms' binaries are locked too, and not installed here.
      optional ||
      (existsSync(join(root, path)) && (link || installed[path]?.version === version)),
  );
}

/** Whether a package's dist is at least as new as its newest source, folder or setting. */
function isBuilt(folder) {
  const built = modified(join(folder, "dist/.tsbuildinfo"));
  if (built === undefined) return false;
  const inputs = ["tsconfig.json", "package.json", "../../tsconfig.base.json"];
  // Folders count as well: theirs is the time that changes when a file is removed.
  const sources = readdirSync(join(folder, "src"), { recursive: true });
  for (const source of [".", ...sources]) inputs.push(join("src", source));
  return inputs.every((input) => (modified(join(folder, input)) ?? 0) <= built);
}

function npm(...args) {
  const { status, error } = spawnSync("npm", args, {
    cwd: root,
    // stdout belongs to the program that the script is about to start.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (error) console.error(`setup: npm could not be started: ${error.message}`);
  if (status !== 0) process.exit(status || 1);
}

if (!isInstalled()) {
  console.error("setup: node_modules is missing or not what package-lock.json names: npm ci");
  npm("ci", "--no-audit", "--no-fund", "--loglevel=error");
}

const packages = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name))
  .filter((folder) => existsSync(join(folder, "tsconfig.json")) && existsSync(join(folder, "src")));

if (!packages.every(isBuilt)) {
  console.error("setup: dist is missing or older than its sources: npm run build");
  const start = new Date();
  npm("run", "build", "--silent");
  // The compiler leaves its stamp alone when what it would write has not changed.
  for (const folder of packages) utimesSync(join(folder, "dist/.tsbuildinfo"), start, start);
}
