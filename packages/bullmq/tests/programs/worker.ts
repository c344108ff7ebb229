// A worker process: `worker.ts '{"connection": …, "queue": …}'`. Says "ready"; SIGTERM ends it.
import { type ServeOptions, serve } from "@heddle/bullmq";
import { run } from "heddle";
import * as functions from "./functions.ts";

const given: Partial<ServeOptions> & Pick<ServeOptions, "connection" | "queue"> = JSON.parse(
  process.argv[2] ?? "{}",
);
const end = new AbortController();
process.once("SIGTERM", () => end.abort());
await run(
  function* () {
    yield* serve({
      functions: { ...functions },
      retry: (error) => !(error instanceof SyntaxError),
      onReady: () => console.log("ready"),
      ...given,
    });
  },
  { signal: end.signal },
).catch((error: unknown) => {
  if (!end.signal.aborted) throw error;
});
console.log("ended");
