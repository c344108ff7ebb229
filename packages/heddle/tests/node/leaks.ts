import { existsSync, readdirSync } from "node:fs";
import { allTasks, getEventLoop, type Runnable, run } from "heddle";
import { expect } from "vitest";

const FOLDER = "/proc/self/fd";

/** The open descriptors of this process; NaN where there is no /proc. */
function descriptors(): number {
  return existsSync(FOLDER) ? readdirSync(FOLDER).length : Number.NaN;
}

/** Descriptors are closed a turn of the native loop after the end of what had them. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Run `main`; afterwards there are as many descriptors and tasks as before. */
export async function runWithoutLeak(main: Runnable<unknown>): Promise<void> {
  await settled();
  const before = descriptors();
  await run(main);
  await settled();
  expect({ descriptors: descriptors(), tasks: allTasks(getEventLoop()).size }).toEqual({
    descriptors: before,
    tasks: 0,
  });
}
