/*
 * One pipe of a child process: tells the transport of the process what it hears.
 */
import { Protocol } from "../../stream/protocol.ts";

export interface PipeListener {
  pipeReceived(fd: number, data: Uint8Array): void;
  pipeLost(fd: number, error: Error | null): void;
  tell(call: "pauseWriting" | "resumeWriting"): void;
}

export class ChildPipe extends Protocol {
  readonly #process: PipeListener;
  readonly #fd: number;

  constructor(process: PipeListener, fd: number) {
    super();
    this.#process = process;
    this.#fd = fd;
  }

  override dataReceived(data: Uint8Array): void {
    this.#process.pipeReceived(this.#fd, data);
  }

  /** Of stdin, which nothing is received from, Node says that it has ended. */
  override eofReceived(): boolean {
    return this.#fd === 0;
  }

  override connectionLost(error: Error | null): void {
    this.#process.pipeLost(this.#fd, error);
  }

  override pauseWriting(): void {
    this.#process.tell("pauseWriting");
  }

  override resumeWriting(): void {
    this.#process.tell("resumeWriting");
  }
}
