// Where the figures were taken, for the head of the report.
import { existsSync, readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  /** The load average of the last minute before the run: what others were doing. */
  readonly load: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() || "unknown",
    cores: processors.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${distribution()}${type()} ${release()}`,
    load: loadavg()[0]!.toFixed(2),
  };
}

function distribution(): string {
  const file = "/etc/os-release";
  if (!existsSync(file)) return "";
  const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync(file, "utf8"))?.[1];
  return name ? `${name}, ` : "";
}
