// Starts an example in a process of its own, as a person would.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Ending {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface Program {
  ended: Promise<Ending>;
  /** Settles as soon as stdout contains `text`; fails if the program ends without it. */
  printed(text: string): Promise<string>;
  /** Ctrl-C. */
  interrupt(): void;
  /** SIGTERM. */
  terminate(): void;
}

/** `heddle run examples/NAME.ts ARGS` */
export function startExample(name: string, ...args: string[]): Program {
  return start([`${root}packages/heddle/bin/heddle.js`, "run", `examples/${name}.ts`, ...args]);
}

/** What `npm start -- ARGS` starts. */
export function startTour(args: string[], env: Record<string, string> = {}): Program {
  return start(["--import", "tsx", "examples/tour/main.ts", ...args], env);
}

function start(args: string[], env: Record<string, string> = {}): Program {
  const { INIT_CWD: _where, FORCE_COLOR: _colour, ...inherited } = process.env;
  const child = spawn(process.execPath, args, { cwd: root, env: { ...inherited, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ending: Ending = { status: null, stdout: "", stderr: "" };
  let onOutput = () => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ending.stdout += text;
    onOutput();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    ending.stderr += text;
  });
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ ...ending, status }));
  });
  return {
    ended,
    interrupt: () => void child.kill("SIGINT"),
    terminate: () => void child.kill("SIGTERM"),
    printed: (text) =>
      new Promise((resolve, reject) => {
        onOutput = () => {
          if (ending.stdout.includes(text)) resolve(ending.stdout);
        };
        onOutput();
        const missed = () => new Error(`it ended without printing "${text}": ${ending.stderr}`);
        ended.then(() => reject(missed()), reject);
      }),
  };
}
