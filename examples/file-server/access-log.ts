// One line for each request, in the form that all tools for logs know. Lines are written a few times in
// a second: a system call for each would cost more than the request.
import { getRunningLoop } from "heddle";

/** Milliseconds. */
const DELAY = 100;
/** Characters that are written at once. */
const MUCH = 64 * 1024;

export class AccessLog {
  readonly #write: (lines: string) => void;
  #lines = "";
  #scheduled = false;
  #second = 0;
  #time = "";

  constructor(write: (lines: string) => void) {
    this.#write = write;
  }

  add(client: string, request: string, status: number, bytes: number): void {
    const quoted = request.replace(/["\\]|[^ -~]/g, escapeChar);
    this.#lines += `${client} - - [${this.#now()}] "${quoted}" ${status} ${bytes}\n`;
    if (this.#lines.length > MUCH) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      getRunningLoop().callLater(DELAY, () => this.flush());
    }
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#lines === "") return;
    this.#write(this.#lines);
    this.#lines = "";
  }

  /** 22/Nov/2026:16:05:09 +0000 */
  #now(): string {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const [, day, month, year, time] = new Date(second * 1000).toUTCString().split(" ");
      this.#time = `${day}/${month}/${year}:${time} +0000`;
    }
    return this.#time;
  }
}

const escapeChar = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
