export { Server } from "../stream/server.ts";
export type { Streams } from "./connect.ts";
export type { OpenConnectionOptions, OpenUnixConnectionOptions } from "./open-connection.ts";
export { openConnection, openUnixConnection } from "./open-connection.ts";
export type {
  ConnectionHandler,
  ServeOptions,
  StartServerOptions,
  StartUnixServerOptions,
} from "./start-server.ts";
export { startServer, startUnixServer } from "./start-server.ts";
