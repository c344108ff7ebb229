/*
 * What a test may have left behind: descriptors and children of this process. Linux only.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { allTasks, getEventLoop } from "heddle";
import { expect, onTestFinished } from "vitest";

/** Pipes and sockets: what a child is connected by. */
function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return /^(pipe|socket|\/dev\/null)/.test(target) ? [`${fd} ${target}`] : [];
    } catch {
      return [];
    }
  });
}

/** The processes whose parent is `parent`, zombies too: "123 Z (sh)". */
export function children(parent: number = process.pid): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const [, name, state, ppid] = /^\d+ (\(.*\)) (\S) (\d+)/s.exec(
        readFileSync(`/proc/${pid}/stat`, "utf8"),
      ) as unknown as [string, string, string, string];
      return Number(ppid) === parent ? [`${pid} ${state} ${name}`] : [];
    } catch {
      return [];
    }
  });
}

/** Is there a process of that id, a zombie not counted? */
export function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Wait until `condition` holds: what the system does in its own time. */
export async function eventually(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !condition(); i++) await pause(10);
  expect(condition()).toBe(true);
}

/** When the test ends, there are no more children, descriptors and tasks than now. */
export function leavesNothing(): void {
  const before = { descriptors: descriptors().length, children: children() };
  onTestFinished(async () => {
    // Node closes descriptors in a later turn of its loop.
    for (let i = 0; i < 50 && descriptors().length > before.descriptors; i++) await pause(2);
    expect(children().filter((child) => !before.children.includes(child))).toEqual([]);
    expect(descriptors().length).toBeLessThanOrEqual(before.descriptors);
    expect([...allTasks(getEventLoop())].length).toBe(0);
  });
}
