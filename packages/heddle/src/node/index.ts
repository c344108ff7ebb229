export { Server } from "../stream/server.ts";
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
export type { OpenConnectionOptions, OpenUnixConnectionOptions } from "./open-connection.ts";
export { openConnection, openUnixConnection } from "./open-connection.ts";
export type { Streams } from "./open-streams.ts";
export type { ServeOptions } from "./serve-options.ts";
export type {
  ConnectionHandler,
  StartServerOptions,
  StartUnixServerOptions,
} from "./start-server.ts";
export { startServer, startUnixServer } from "./start-server.ts";
