// Programs of others that servers are tried with. A test without its program is skipped, and says so.
import { spawnSync } from "node:child_process";

const known = new Map<string, boolean>();

/** Can `program` be started? If not, says once how to get it: it is in Debian's package `from`. */
export function installed(program: string, from: string): boolean {
  const before = known.get(program);
  if (before !== undefined) return before;
  const found = spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
  known.set(program, found);
  if (!found) {
    console.warn(`${program} is not installed, its tests are skipped: apt-get install ${from}`);
  }
  return found;
}
