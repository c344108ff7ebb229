// A worker of remote-map.ts, a process of its own: worker.ts '{ "connection": …, "queue": … }'
import { type BackendOptions, serve } from "@heddle/bullmq";
import { type Coroutine, isCancelled } from "heddle";
import { addSignalHandler } from "heddle/node";
import { renderTile } from "./tile.ts";

export default function* main(): Coroutine<void> {
  const place = JSON.parse(process.argv[2] ?? "{}") as BackendOptions;
  const serving = serve({
    ...place,
    functions: { renderTile },
    concurrency: 2,
    // After so long without a sign of life the others take over what this one has begun.
    lease: 2000,
    onReady: () => console.log("ready"),
  });
  // Whoever ends it is to wait until it has given back what it has begun.
  addSignalHandler("SIGTERM", () => void serving.cancel());
  try {
    yield* serving;
  } catch (error) {
    if (!isCancelled(error) || !serving.cancelled()) throw error;
  }
}
