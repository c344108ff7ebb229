// Starts one contestant's program and reads the line that it prints. Every program ends by itself;
// what does not end in time is killed, by the process that was started here and no other.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Launch } from "./toolchains.ts";

/** What a program prints: `ms` is what `n` operations took in its best round. */
export interface Line {
  readonly n: number;
  readonly ms: number;
  readonly extra: {
    readonly bytes?: number;
    readonly growth?: number;
    readonly late?: number;
    readonly ns?: Readonly<Record<string, number>>;
    /** To be printed beside the results. */
    readonly note?: string;
    readonly serverCpu?: number;
    readonly loadCpu?: number;
    readonly serverMicros?: number;
  };
}

export type Environment = Readonly<Record<string, string | number | undefined>>;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs a program to its end and returns its line; rejects with its error output. */
export function runProgram(launch: Launch, parameters: Environment, limit: number): Promise<Line> {
  const child = start(launch, parameters);
  return new Promise((resolve, reject) => {
    let out = "";
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`killed: it had not ended after ${limit / 1000} s`));
    }, limit);
    child.stdout?.on("data", (data) => {
      out += data;
    });
    const errors = collectErrors(child);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      const line = out.split("\n").find((text) => text.startsWith("{"));
      if (status === 0 && line) resolve(JSON.parse(line));
      else
        reject(new Error(`ended with ${signal ?? `status ${status}`}: ${errors() || "no result"}`));
    });
  });
}

/**
 * Starts a server, which prints its port, runs the load on it and stops it. The line is the load's.
 */
export async function runServer(
  server: Launch,
  load: Launch,
  parameters: Environment,
  limit: number,
): Promise<Line> {
  const child = start(server, { ...parameters, LIFETIME: Math.ceil(limit / 1000) });
  const errors = collectErrors(child);
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout?.once("data", (data) => resolve(Number(data)));
      child.once("error", reject);
      child.once("close", () =>
        reject(new Error("the server ended before it had printed its port:")),
      );
    });
    return await runProgram(load, { ...parameters, PORT: port, SERVER: child.pid }, limit);
  } catch (error) {
    throw new Error(`${(error as Error).message} ${errors()}`.trim());
  } finally {
    child.kill();
  }
}

function start({ command, args }: Launch, parameters: Environment): ChildProcess {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    // One thread for everybody; Go is the only one that would take more.
    GOMAXPROCS: "1",
    PYTHONPATH: join(import.meta.dirname, "../measure"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  for (const name of Object.keys(env)) {
    if (name.startsWith("BENCH_") || name === "NODE_OPTIONS") delete env[name];
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) env[`BENCH_${name}`] = String(value);
  }
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.on("close", () => running.delete(child));
  return child;
}

/** The last lines of the error output without JavaScript's stack frames, once they are asked for. */
function collectErrors(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (data) => {
    text = (text + data).slice(-4000);
  });
  return () => {
    const lines = text.split("\n").filter((line) => line.trim() && !/^\s+at /.test(line));
    return lines.slice(-8).join("\n");
  };
}
