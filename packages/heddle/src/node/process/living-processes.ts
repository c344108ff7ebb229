/*
 * The processes that were started and have not ended, so that none outlives this process by an
 * accident: `process.exit()` in the middle of a run (a second Ctrl-C) leaves no time for it to end them.
 */
interface Living {
  /** Send SIGKILL, to all of it. */
  killAll(): void;
}

const living = new Set<Living>();
let watching = false;

export function born(process_: Living): void {
  living.add(process_);
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const each of living) each.killAll();
  });
}

export function ended(process_: Living): void {
  living.delete(process_);
}
