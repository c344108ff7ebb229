// `Effect.yieldNow`: the fiber goes to the end of the scheduler's queue. The default scheduler runs
// one batch per setImmediate; with --microtask it is Effect's other mode, one batch per microtask.
import { Effect, Scheduler } from "effect";
import { measure, parameter } from "../measure/measure.js";

const tasks = parameter("TASKS", 1);
const scheduler = new Scheduler.MixedScheduler(
  process.argv.includes("--microtask") ? "sync" : "async",
);

const switches = Effect.fnUntraced(function* (count) {
  for (let i = 0; i < count; i++) yield* Effect.yieldNow;
});

await measure((n) => {
  const share = Math.floor(n / tasks);
  const main =
    tasks === 1
      ? switches(share)
      : Effect.all(
          Array.from({ length: tasks }, () => switches(share)),
          { concurrency: "unbounded", discard: true },
        );
  return Effect.runPromise(Effect.provideService(main, Scheduler.Scheduler, scheduler));
});
