export { Context, ContextVar, copyContext, LookupError, Token } from "./context/context.ts";
export { GeneratorExit, RuntimeError, StopIteration } from "./coroutine/errors.ts";
export type { GeneratorObject } from "./coroutine/generator-object.ts";
export { generator, primed } from "./coroutine/generator-object.ts";
export { isAwaitable, isCoroutine } from "./coroutine/is-awaitable.ts";
export type {
  Awaitable,
  Coroutine,
  Suspension,
  ThenableAwaitable,
  ThenableCoroutine,
} from "./coroutine/types.ts";
export { asyncGenerator } from "./interop/async-generator.ts";
export { fromAbortSignal } from "./interop/from-abort-signal.ts";
export { fromPromise } from "./interop/from-promise.ts";
export { fromReadableStream } from "./interop/from-readable-stream.ts";
export type { AsyncIterableLike } from "./interop/iterate.ts";
export { iterate } from "./interop/iterate.ts";
export type { Iteration } from "./interop/iteration.ts";
export type { EmitterLike, EventOf, EventTargetLike } from "./interop/once.ts";
export { once } from "./interop/once.ts";
export type { Emit } from "./interop/production.ts";
export { scoped } from "./interop/scoped.ts";
export { toReadableStream } from "./interop/to-readable-stream.ts";
export type {
  CallGraphOptions,
  FutureCallGraph,
  PrintCallGraphOptions,
} from "./introspection/call-graph.ts";
export { captureCallGraph, formatCallGraph, printCallGraph } from "./introspection/call-graph.ts";
export type { CodePlace } from "./loop/code-place.ts";
export type { ExceptionContext, ExceptionHandler } from "./loop/exception-reporter.ts";
export { Handle, TimerHandle } from "./loop/handle.ts";
export type { Host } from "./loop/host.ts";
export {
  BrokenResourceError,
  ClosedResourceError,
  EndOfChannel,
  WouldBlock,
} from "./queue/channel-errors.ts";
export { QueueEmpty, QueueFull, QueueShutDown } from "./queue/errors.ts";
export { LifoQueue } from "./queue/lifo-queue.ts";
export type { MemoryChannelStatistics } from "./queue/memory-channel.ts";
export {
  MemoryReceiveChannel,
  MemorySendChannel,
  openMemoryChannel,
} from "./queue/memory-channel.ts";
export type { Compare } from "./queue/priority-queue.ts";
export { PriorityQueue } from "./queue/priority-queue.ts";
export { Queue } from "./queue/queue.ts";
export { ConnectionResetError, IncompleteReadError, LimitOverrunError } from "./stream/errors.ts";
export {
  BaseProtocol,
  BufferedProtocol,
  DatagramProtocol,
  Protocol,
  SubprocessProtocol,
} from "./stream/protocol.ts";
export type { StreamReaderOptions } from "./stream/stream-reader.ts";
export { StreamReader } from "./stream/stream-reader.ts";
export { StreamWriter } from "./stream/stream-writer.ts";
export type {
  DatagramTarget,
  ExtraInfo,
  SocketAddress,
  WriteBufferLimits,
} from "./stream/transport.ts";
export {
  BaseTransport,
  DatagramTransport,
  ReadTransport,
  SubprocessTransport,
  Transport,
  WriteTransport,
} from "./stream/transport.ts";
export { Barrier, BrokenBarrierError } from "./sync/barrier.ts";
export { Condition } from "./sync/condition.ts";
export { Event } from "./sync/event.ts";
export type { Guard } from "./sync/guard.ts";
export { Lock } from "./sync/lock.ts";
export { BoundedSemaphore, Semaphore } from "./sync/semaphore.ts";
export { AsCompleted, asCompleted } from "./task/as-completed.ts";
export type { AwaitableOrPromise, Runnable } from "./task/as-coroutine.ts";
export type { CancelScopeOptions } from "./task/cancel-scope.ts";
export {
  CancelScope,
  cancelScope,
  checkpoint,
  failAfter,
  moveOnAfter,
} from "./task/cancel-scope.ts";
export { allTasks, createTask } from "./task/create-task.ts";
export { getEventLoop, getRunningLoop } from "./task/current-loop.ts";
export { currentEffectiveDeadline } from "./task/effective-deadline.ts";
export {
  CancelledError,
  DeadlockError,
  ExceptionGroup,
  InvalidStateError,
  isCancelled,
  rethrowIfCancelled,
  TimeoutError,
} from "./task/errors.ts";
export type { TaskFactory, TaskOptions } from "./task/event-loop.ts";
export { EventLoop, eagerTaskFactory, ensureFuture } from "./task/event-loop.ts";
export type { Executor, ResultOf } from "./task/executor.ts";
export { BrokenExecutorError } from "./task/executor.ts";
export { Future, isFuture } from "./task/future.ts";
export { gather } from "./task/gather.ts";
export type { PrintStackOptions, StackOptions } from "./task/introspector.ts";
export type { RunOptions } from "./task/run.ts";
export { run } from "./task/run.ts";
export type { RunnerOptions } from "./task/runner.ts";
export { Runner } from "./task/runner.ts";
export { shield } from "./task/shield.ts";
export { sleep } from "./task/sleep.ts";
export { currentTask, Task } from "./task/task.ts";
export { TaskGroup, taskGroup } from "./task/task-group.ts";
export { Timeout, timeout, timeoutAt } from "./task/timeout.ts";
export type { ReturnWhen, WaitOptions } from "./task/wait.ts";
export { wait } from "./task/wait.ts";
export { waitFor } from "./task/wait-for.ts";
