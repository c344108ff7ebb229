/*
 * Loading functions in a worker. What loads TypeScript in the main thread does not reach into its workers on
 * every Node, and where Node itself strips types it knows no `using` and no enums: so tsx does it, from the
 * first such module on.
 */
import type { FunctionReference } from "../../executor/messages.ts";
import type { Found } from "../../executor/surroundings.ts";
import { loadFunction } from "./load-function.ts";

const TYPESCRIPT = /\.[cm]?tsx?(?:[?#]|$)/;

let registering: Promise<unknown> | null = null;
let isRegistered = false;

export function loadInWorker(reference: FunctionReference): Found | Promise<Found> {
  if (isRegistered || !("url" in reference) || !TYPESCRIPT.test(reference.url)) {
    return loadFunction(reference);
  }
  registering ??= import("tsx/esm/api").then(({ register }) => {
    register();
    isRegistered = true;
  });
  return registering.then(() => loadFunction(reference));
}
