/**
 * How far a long run has come, on stderr: a bar on a terminal, elsewhere a line now and then.
 */
import { SingleBar } from "cli-progress";

/** Milliseconds between two lines where there is no terminal. */
const pause = 15_000;

export interface Progress {
  /** So many are done, and so many of them are to be named: different, say, or found. */
  update(done: number, named: number): void;
  end(): void;
}

/** Shows `what` out of `total`, with how many are `named` so. */
export function showProgress(
  what: string,
  named: string,
  total: number,
  stream = process.stderr,
): Progress {
  const show = stream.isTTY ? bar : lines;
  return show(what, named, total, stream);
}

function bar(what: string, named: string, total: number, stream: NodeJS.WriteStream): Progress {
  const single = new SingleBar({
    stream,
    format: `${what} {bar} {value}/{total}, {count} ${named}, {eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    clearOnComplete: true,
    hideCursor: true,
  });
  single.start(total, 0, { count: 0 });
  return {
    update: (done, count) => single.update(done, { count }),
    end: () => single.stop(),
  };
}

function lines(what: string, named: string, total: number, stream: NodeJS.WriteStream): Progress {
  let last = performance.now();
  return {
    update(done, count) {
      if (performance.now() - last < pause) return;
      last = performance.now();
      stream.write(`${what}: ${done} of ${total}, ${count} ${named}\n`);
    },
    end: () => {},
  };
}
