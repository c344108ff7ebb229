// A process that serves the functions of programs/functions.ts.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ServeOptions } from "@heddle/bullmq";

const path = (name: string) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));

/** Run a program as a process, on the sources. */
export function startProgram(name: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", path(name), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TSX_TSCONFIG_PATH: path("tsconfig.json"), NODE_OPTIONS: "" },
  });
}

export class WorkerProcess {
  readonly child: ChildProcess;
  /** All that it has written to stderr. */
  errors = "";
  readonly exited: Promise<unknown>;
  readonly ready: Promise<void>;

  constructor(options: Pick<ServeOptions, "connection" | "queue"> & Partial<ServeOptions>) {
    this.child = startProgram("worker.ts", [JSON.stringify(options)]);
    this.exited = once(this.child, "exit");
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    this.ready = this.#hear("ready");
    // Who waits for it hears of it; others wait for its end.
    this.ready.catch(() => undefined);
  }

  async #hear(what: string): Promise<void> {
    const { stdout } = this.child;
    if (stdout === null) throw new Error("a worker has no output");
    for await (const line of createInterface(stdout)) if (line === what) return;
    throw new Error(`the worker has ended before it was ${what}: ${this.errors}`);
  }

  /** Start one, and wait until it serves. */
  static async start(
    options: Pick<ServeOptions, "connection" | "queue"> & Partial<ServeOptions>,
  ): Promise<WorkerProcess> {
    const worker = new WorkerProcess(options);
    await worker.ready;
    return worker;
  }

  /** SIGTERM, and its exit status. */
  async end(): Promise<number | null> {
    this.child.kill("SIGTERM");
    if (this.child.exitCode === null && this.child.signalCode === null) await this.exited;
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    if (this.child.exitCode === null && this.child.signalCode === null) await this.exited;
  }
}
