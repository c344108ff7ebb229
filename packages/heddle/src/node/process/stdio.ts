/*
 * What a child's stdin, stdout and stderr are connected to.
 */
import type { Stream } from "node:stream";

/** Something that is open and has a descriptor: a `FileHandle`, an `fs.WriteStream`. */
interface WithDescriptor {
  readonly fd: number;
}

/**
 * - `"inherit"` (and null, and nothing): what this process has. Counterpart: None.
 * - `"pipe"`: a pipe to this process. Counterpart: `asyncio.subprocess.PIPE`. (Node makes it of a pair of sockets:
 *   programs that open `/dev/stdout` or `/dev/stderr` once more are refused by the system, with ENXIO.)
 * - `"ignore"`: nothing, `/dev/null`. Counterpart: `DEVNULL`.
 * - a descriptor, something that has one (`FileHandle`), or a Node stream over one: that.
 */
export type Stdio = "pipe" | "inherit" | "ignore" | null | number | WithDescriptor | Stream;

/** What Node is told. */
export type NodeStdio = "pipe" | "inherit" | "ignore" | number | Stream;

const WORDS: readonly unknown[] = ["pipe", "inherit", "ignore"];

/** Throws TypeError for what a process cannot be connected to. */
export function nodeStdio(call: string, name: string, stdio: unknown): NodeStdio {
  if (stdio === undefined || stdio === null) return "inherit";
  if (WORDS.includes(stdio)) return stdio as NodeStdio;
  if (typeof stdio === "number" && Number.isInteger(stdio) && stdio >= 0) return stdio;
  if (typeof stdio === "object") {
    const { fd } = stdio as { fd?: unknown };
    if (typeof fd === "number" && fd >= 0) return fd;
    if (fd === null || fd === -1) {
      throw new TypeError(
        `${call}(): what was given as ${name} is not open: for a file stream await its "open" event first`,
      );
    }
    if ((stdio as { _handle?: unknown })._handle) return stdio as Stream;
  }
  const merge = name === "stderr" ? ' or "stdout"' : "";
  const got = typeof stdio === "string" ? JSON.stringify(stdio) : String(stdio);
  throw new TypeError(
    `${call}(): ${name} is "pipe", "inherit", "ignore", a descriptor, a FileHandle, a stream over a descriptor` +
      `${merge}; got ${got}`,
  );
}
