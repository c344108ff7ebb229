export {
  ConnectionError,
  JobCancelledError,
  JobRemovedError,
  UnknownFunctionError,
  WorkerLostError,
} from "./errors.ts";
export type {
  BackendOptions,
  JobOptions,
  RemoteExecutorOptions,
  RemoteFunction,
  ServeOptions,
} from "./options.ts";
export { reportProgress } from "./progress.ts";
export type { RemoteStatistics } from "./remote-executor.ts";
export { RemoteExecutor } from "./remote-executor.ts";
export { remoteFunction } from "./remote-function.ts";
export { noRetry } from "./retry.ts";
export { serve } from "./serve.ts";
