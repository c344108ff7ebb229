export { registerContextVar } from "../executor/context-variables.ts";
export { registerErrorClass } from "../executor/error-crossing.ts";
export { isWorker } from "../executor/job-runner.ts";
export { jobSignal } from "../executor/job-signal.ts";
export type { LatencySummary } from "../executor/latencies.ts";
export type { MapOptions, Mapped } from "../executor/map-over.ts";
export { moduleFunction } from "../executor/module-function.ts";
export type { PoolExecutor, ShutdownOptions } from "../executor/pool-executor.ts";
export type { PoolOptions } from "../executor/pool-options.ts";
export type { PoolStatistics } from "../executor/pool-statistics.ts";
export { runCoroutineThreadsafe, ThreadsafeCall } from "../executor/run-coroutine-threadsafe.ts";
export type { Transferable } from "../executor/transfer.ts";
export { transfer } from "../executor/transfer.ts";
export { Server } from "../stream/server.ts";
export type {
  Certificate,
  Pem,
  SniAnswer,
  StartTlsOptions,
  TlsClientOptions,
  TlsIdentity,
  TlsServerOptions,
} from "../stream/tls.ts";
export type { ConnectOptions } from "./connection-options.ts";
export type {
  ConnectAcceptedSocketOptions,
  Connected,
  CreateConnectionOptions,
  CreateUnixConnectionOptions,
} from "./create-connection.ts";
export {
  connectAcceptedSocket,
  createConnection,
  createUnixConnection,
} from "./create-connection.ts";
export type { CreateServerOptions, CreateUnixServerOptions } from "./create-server.ts";
export { createServer, createUnixServer } from "./create-server.ts";
export type { DatagramEndpointOf } from "./datagram/create-datagram-endpoint.ts";
export { createDatagramEndpoint } from "./datagram/create-datagram-endpoint.ts";
export type { DatagramEndpointOptions, GivenAddress } from "./datagram/datagram-options.ts";
export type { Datagram, DatagramStatistics, SendAddress } from "./datagram/datagram-socket.ts";
export { DatagramSocket } from "./datagram/datagram-socket.ts";
export type { OpenDatagramOptions } from "./datagram/open-datagram.ts";
export { openDatagram } from "./datagram/open-datagram.ts";
export type { ProcessPoolOptions } from "./executor/process-pool-executor.ts";
export { ProcessPoolExecutor } from "./executor/process-pool-executor.ts";
export type { ThreadPoolOptions } from "./executor/thread-pool-executor.ts";
export { ThreadPoolExecutor } from "./executor/thread-pool-executor.ts";
export { runInExecutor, toThread } from "./executor/to-thread.ts";
export type { AddressInfo, GetaddrinfoOptions } from "./getaddrinfo.ts";
export { getaddrinfo } from "./getaddrinfo.ts";
export type { NameInfo } from "./getnameinfo.ts";
export { getnameinfo } from "./getnameinfo.ts";
export type { OpenConnectionOptions, OpenUnixConnectionOptions } from "./open-connection.ts";
export { openConnection, openUnixConnection } from "./open-connection.ts";
export type { Streams } from "./open-streams.ts";
export { connectReadPipe, connectWritePipe } from "./pipe/connect-pipe.ts";
export type { NodeStreamOptions } from "./pipe/node-streams.ts";
export { fromNodeDuplex, fromNodeReadable, fromNodeWritable } from "./pipe/node-streams.ts";
export type { StdinReader } from "./pipe/standard-streams.ts";
export { stderrWriter, stdinReader, stdoutWriter } from "./pipe/standard-streams.ts";
export { toNodeDuplex, toNodeReadable, toNodeWritable } from "./pipe/to-node-stream.ts";
export type {
  CreateSubprocessExecOptions,
  CreateSubprocessShellOptions,
} from "./process/create-subprocess.ts";
export { createSubprocessExec, createSubprocessShell } from "./process/create-subprocess.ts";
export type { ProcessOutput } from "./process/process.ts";
export { Process } from "./process/process.ts";
export type { CompletedProcess } from "./process/process-error.ts";
export { ProcessError } from "./process/process-error.ts";
export type { ShellOptions, SubprocessOptions } from "./process/process-options.ts";
export type { RunProcessOptions } from "./process/run-process.ts";
export { runProcess } from "./process/run-process.ts";
export type { Stdio } from "./process/stdio.ts";
export type { Subprocess } from "./process/subprocess-exec.ts";
export { subprocessExec, subprocessShell } from "./process/subprocess-exec.ts";
export type { SendfileOptions } from "./sendfile.ts";
export { sendfile } from "./sendfile.ts";
export type { ServeOptions } from "./serve-options.ts";
export type { SignalReceiver } from "./signals.ts";
export { addSignalHandler, removeSignalHandler, signals } from "./signals.ts";
export type {
  ConnectionHandler,
  StartServerOptions,
  StartUnixServerOptions,
} from "./start-server.ts";
export { startServer, startUnixServer } from "./start-server.ts";
export { startTls } from "./tls/start-tls.ts";
