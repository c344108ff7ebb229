// A progress bar on the last line of the terminal, as a coroutine: run it as a task, cancel it when
// the work is done. It writes to stderr, so that results on stdout can be piped, and writes nothing
// where stderr is no terminal.
import { type Coroutine, sleep } from "heddle";

export interface Progress {
  done: number;
  /** 0 while nobody knows. */
  total: number;
  text: string;
}

const WIDTH = 30;
const CLEAR = "\r\x1b[K";

export function* progressBar(job: { progress(): Progress }): Coroutine<void> {
  const { stderr } = process;
  if (!stderr.isTTY) return;
  try {
    while (true) {
      const line = draw(job.progress()).slice(0, stderr.columns - 1);
      stderr.write(`${CLEAR}${line}`);
      yield* sleep(80);
    }
  } finally {
    stderr.write(CLEAR); // also when we are cancelled
  }
}

function draw({ done, total, text }: Progress): string {
  const share = total === 0 ? 0 : Math.min(done / total, 1);
  const filled = Math.round(share * WIDTH);
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${percent} %  ${text}`;
}
