// Processor time, for loads that tell how busy a server was. Linux only: NaN elsewhere.
import { readFileSync } from "node:fs";

/** Processor seconds of a process so far, in hundredths of a second. */
export function processorSeconds(id) {
  if (process.platform !== "linux") return Number.NaN;
  const fields = readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
