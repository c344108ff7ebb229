export type { Streams } from "./connect.ts";
export { openConnection, openUnixConnection } from "./open-connection.ts";
export type { OpenConnectionOptions, OpenUnixConnectionOptions } from "./open-connection.ts";
export { startServer, startUnixServer } from "./start-server.ts";
export type {
  ConnectionHandler,
  ServeOptions,
  StartServerOptions,
  StartUnixServerOptions,
} from "./start-server.ts";
export { Server } from "../stream/server.ts";
