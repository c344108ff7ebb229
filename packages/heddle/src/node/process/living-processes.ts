/*
 * The processes that were started and are not over, so that none outlives this process by an accident:
 *
 * - `process.exit()` in the middle of a run (a second Ctrl-C) leaves no time for it to end them;
 * - a signal that nobody listens to ends this process at once. A terminal sends it to the processes of this
 *   one's group as well, but not to groups of their own: those are ended here before.
 */
interface Living {
  readonly hasGroup: boolean;
  /** Send SIGKILL, to all of it. */
  killAll(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const living = new Set<Living>();
let watching = false;

export function born(process_: Living): void {
  living.add(process_);
  if (living.size === 1) for (const signal of SIGNALS) listen(signal);
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const each of living) each.killAll();
  });
}

export function ended(process_: Living): void {
  if (!living.delete(process_) || living.size > 0) return;
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function listen(signal: NodeJS.Signals): void {
  process.off(signal, onSignal);
  process.prependListener(signal, onSignal);
}

/**
 * Others, too, end the process if nobody else listens (`heddle run`, Node's libraries): this listener comes
 * first, and goes, so that it is nobody else to them.
 */
function onSignal(signal: NodeJS.Signals): void {
  process.off(signal, onSignal);
  if (process.listenerCount(signal) > 0) {
    setImmediate(() => {
      if (living.size > 0) listen(signal);
    }).unref();
    return;
  }
  for (const each of living) if (each.hasGroup || signal === "SIGTERM") each.killAll();
  process.kill(process.pid, signal);
}
