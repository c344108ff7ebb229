/*
 * Does anybody of a process group live, whose leader has ended and was reaped?
 *
 * As long as the group has members the system gives its id to nobody: a process that has it is the leader of
 * another group.
 *
 * The system counts those who have ended and whom nobody has reaped yet. What a process has started is
 * reaped, when that process has ended, by the first process of the machine or the container; many
 * containers have one that does it late or never. So on Linux it is looked up who these are.
 */
import { readdirSync, readFileSync } from "node:fs";

/** Throws nothing; where it cannot be told, it lives. */
export function groupLives(group: number): boolean {
  if (!exists(-group) || exists(group)) return false;
  if (process.platform !== "linux") return true;
  try {
    return readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && isLiving(pid, group));
  } catch {
    return true;
  }
}

/** A process, or a group if it is negative. */
function exists(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/** `/proc/PID/stat`: the id, the name in parentheses (anything may be in it), the state, parent, group. */
function isLiving(pid: string, group: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return false; // it has ended meanwhile
  }
  const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(itsGroup) === group && state !== "Z" && state !== "X";
}
