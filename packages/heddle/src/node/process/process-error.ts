/*
 * ProcessError: a process that did not do what it was run for.
 */

/** Characters of what it complained that the message shows, from its end. */
const SHOWN = 500;

/** What `runProcess` gives. Counterpart: `subprocess.CompletedProcess`. */
export interface CompletedProcess {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The status that it ended with; -9 if SIGKILL ended it. */
  readonly returncode: number;
  /** What it wrote; null unless stdout is `"pipe"`. */
  readonly stdout: Uint8Array | null;
  /** What it complained; null unless stderr is `"pipe"`. */
  readonly stderr: Uint8Array | null;
}

/** A process ended with another status than 0, or by a signal. Counterpart: `subprocess.CalledProcessError`. */
export class ProcessError extends Error implements CompletedProcess {
  override name = "ProcessError";
  readonly command: readonly string[];
  readonly returncode: number;
  readonly stdout: Uint8Array | null;
  readonly stderr: Uint8Array | null;

  constructor(completed: CompletedProcess, signal: string | null) {
    const { command, returncode, stdout, stderr } = completed;
    const how = signal === null ? `ended with status ${returncode}` : `was ended by ${signal}`;
    const complaint = stderr === null ? "" : new TextDecoder().decode(stderr).trim();
    const cut = complaint.length > SHOWN ? `…${complaint.slice(-SHOWN)}` : complaint;
    super(`${command[0]} ${how}${cut === "" ? "" : `: ${cut}`}`);
    this.command = command;
    this.returncode = returncode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}
