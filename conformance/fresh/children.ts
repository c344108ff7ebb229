/**
 * The child processes that run programs on CPython and on heddle.
 *
 * They are processes, not threads of this one: a program that makes either side loop for ever, or
 * brings it down, costs a child, which is replaced, and the program is named. A child works on one job
 * at a time; jobs wait in line.
 */
import { type ChildProcess, fork } from "node:child_process";
import { CPythonUnavailable } from "./cpython.ts";
import type { Job, Programs, Reply, Result, Side } from "./messages.ts";

/** The child did not come back from a job. */
export class Lost extends Error {
  override name = "Lost";
  /** What it was at. */
  readonly side: Side;
  /** CPython's trace, if the job was one program and CPython came to its end. */
  readonly expected: readonly string[];

  constructor(side: Side, how: string, expected: readonly string[]) {
    super(how);
    this.side = side;
    this.expected = expected;
  }
}

const childModule = new URL("child.ts", import.meta.url);

interface Waiting {
  readonly programs: Programs;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Runs jobs, wherever. */
export interface Runner {
  /** Rejects with Lost if a side never came to its end, or went down. */
  run(programs: Programs): Promise<Result>;
}

export class Children implements Runner {
  /** Milliseconds that either side may take for one job. */
  readonly #limit: number;
  readonly #module: URL;
  readonly #waiting: Waiting[] = [];
  readonly #idle: Child[] = [];
  readonly #all = new Set<Child>();
  #closed = false;
  /** The version of CPython; empty until the first child is there. */
  version = "";

  private constructor(limit: number, module: URL) {
    this.#limit = limit;
    this.#module = module;
  }

  /** Resolves when the first one is ready. Rejects with CPythonUnavailable. */
  static async start(count: number, limit = 20_000, module = childModule): Promise<Children> {
    const children = new Children(limit, module);
    try {
      await Promise.race(Array.from({ length: count }, () => children.#add()));
    } catch (error) {
      children.close();
      throw error;
    }
    return children;
  }

  run(programs: Programs): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ programs, resolve, reject });
      this.#hand();
    });
  }

  /** Ends all of them. */
  close(): void {
    this.#closed = true;
    for (const child of this.#all) child.end();
    for (const { reject } of this.#waiting.splice(0)) reject(new Error("the children were ended"));
  }

  async #add(): Promise<void> {
    const child = new Child(this.#limit, this.#module);
    this.#all.add(child);
    try {
      this.version = await child.ready;
    } catch (error) {
      this.#all.delete(child);
      throw error;
    }
    this.#idle.push(child);
    this.#hand();
  }

  /** Gives waiting jobs to idle children. */
  #hand(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      void this.#work(this.#idle.pop() as Child, this.#waiting.shift() as Waiting);
    }
  }

  async #work(child: Child, { programs, resolve, reject }: Waiting): Promise<void> {
    try {
      const result = await child.run(programs);
      this.#idle.push(child);
      resolve(result);
    } catch (error) {
      this.#all.delete(child);
      child.end();
      reject(error);
      if (this.#closed) return;
      this.#add().catch((why) => {
        if (this.#all.size > 0) return;
        for (const waiting of this.#waiting.splice(0)) waiting.reject(why);
      });
    }
    this.#hand();
  }
}

/** One of them. */
class Child {
  readonly #process: ChildProcess;
  readonly #limit: number;
  /** Resolves with the version of CPython. */
  readonly ready: Promise<string>;
  #side: Side = "CPython";
  #expected: readonly string[] = [];
  #number = 0;
  #watch: NodeJS.Timeout | undefined;
  #job: { resolve(result: Result): void; reject(error: unknown): void } | undefined;

  constructor(limit: number, module: URL) {
    this.#limit = limit;
    this.#process = fork(module, { execArgv: ["--import", import.meta.resolve("tsx")] });
    this.ready = new Promise((resolve, reject) => {
      this.#process.on("message", (reply: Reply) => {
        if (reply.kind === "ready") resolve(reply.version);
        else if (reply.kind === "unavailable") reject(new CPythonUnavailable(reply.reason));
        else this.#hear(reply);
      });
      this.#process.on("exit", (status, signal) => {
        const how = `ended (${signal ?? `status ${status}`})`;
        reject(new CPythonUnavailable(`the process for CPython ${how} before it was ready`));
        this.#lose(`the process ${how}`);
      });
    });
  }

  run(programs: Programs): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#job = { resolve, reject };
      this.#number++;
      if (!this.#process.connected) {
        this.#lose("the process had ended");
        return;
      }
      this.#await();
      this.#process.send({ number: this.#number, programs } satisfies Job);
    });
  }

  end(): void {
    clearTimeout(this.#watch);
    this.#process.kill("SIGKILL");
  }

  #hear(reply: Reply): void {
    if (reply.kind === "begins") {
      this.#side = reply.side;
      this.#expected = reply.expected ?? [];
      this.#await();
    } else if (reply.kind === "done" && reply.number === this.#number) {
      clearTimeout(this.#watch);
      const job = this.#job;
      this.#job = undefined;
      job?.resolve(reply.result);
    }
  }

  /** Something new has begun: it has the whole time. */
  #await(): void {
    clearTimeout(this.#watch);
    const late = () => {
      this.#lose(`it had not ended after ${this.#limit / 1000} s`);
      this.end();
    };
    this.#watch = setTimeout(late, this.#limit);
  }

  #lose(how: string): void {
    clearTimeout(this.#watch);
    const job = this.#job;
    this.#job = undefined;
    job?.reject(new Lost(this.#side, how, this.#expected));
  }
}
