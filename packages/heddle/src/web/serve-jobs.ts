/*
 * The worker's side.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { becomeWorker } from "../executor/job-runner.ts";
import type { FromWorker, ToWorker } from "../executor/messages.ts";
import { type BundledModules, checkModules, functionLoader, referenceTo } from "./load-function.ts";
import {
  lockManager,
  READY,
  type ReadyMessage,
  START,
  type StartMessage,
} from "./start-message.ts";
import type { WebPort } from "./web-worker-like.ts";

/** The globals of a worker; a page has a document, too. */
interface WorkerGlobals {
  readonly document?: unknown;
  postMessage?(message: unknown): void;
  addEventListener?(type: "message", listener: (event: StartEvent) => void): void;
  removeEventListener?(type: "message", listener: (event: StartEvent) => void): void;
}

interface StartEvent {
  readonly data: Partial<StartMessage> | null | undefined;
}

/**
 * Make this Web Worker one of a ThreadPoolExecutor's: for a worker's file of your own, that is given to the
 * pool as its option `worker`. A bundle needs one: these lines, as an entry of its own. The names are those
 * that `moduleFunction` is given; in a bundle there are no URLs by which modules could be loaded.
 *
 * Never suspends. Throws RuntimeError where there is no Web Worker, TypeError for modules that are none.
 *
 * @example
 * // worker.ts
 * import { serveJobs } from "heddle/web";
 * serveJobs({ work: () => import("./work.ts") });
 *
 * // page.ts
 * const worker = () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
 * const pool = new ThreadPoolExecutor({ worker });
 * const sum = moduleFunction<typeof import("./work.ts").sum>("work", "sum");
 * yield* pool.submit(sum, 1, 2);
 */
export function serveJobs(modules: BundledModules = {}): void {
  checkModules("serveJobs()", modules);
  const scope = globalThis as WorkerGlobals;
  if (scope.document !== undefined || scope.postMessage === undefined) {
    throw new RuntimeError("serveJobs() is for the file of a Web Worker, and this is none");
  }
  const begin = ({ data }: StartEvent) => {
    if (data?.[START] === undefined) return;
    scope.removeEventListener?.("message", begin);
    serve(data[START], modules);
  };
  scope.addEventListener?.("message", begin);
  void holdLock().then((lock) => {
    const ready: ReadyMessage = { [READY]: lock };
    scope.postMessage?.(ready);
  });
}

/** Take a lock for as long as this worker lives; gives its name. */
function holdLock(): Promise<string | null> {
  return new Promise((resolve) => {
    const name = `heddle worker ${crypto.randomUUID?.()}`;
    const held = () => {
      resolve(name);
      return new Promise(() => {});
    };
    // Documents without an origin may not.
    const ask = async () => lockManager()?.request(name, held);
    ask().then(
      () => resolve(null),
      () => resolve(null),
    );
  });
}

function serve(port: WebPort, modules: BundledModules): void {
  const runner = becomeWorker({
    post: (message, transfer) => port.postMessage(message, transfer),
    load: functionLoader(modules),
    reference: referenceTo,
  });
  port.addEventListener("message", ({ data }) => runner.heard(data as ToWorker));
  const unread: FromWorker = { type: "unread" };
  port.addEventListener("messageerror", () => port.postMessage(unread, []));
  port.start();
}
