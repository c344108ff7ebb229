import {
  type AddressInfo,
  connect,
  createServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import type { Coroutine, ExceptionContext, StreamReader, StreamWriter } from "heddle";
import { fromPromise, getRunningLoop } from "heddle";
import {
  type ConnectionHandler,
  openConnection,
  type Server,
  startServer,
  type TlsClientOptions,
  type TlsServerOptions,
} from "heddle/node";
import { echo } from "../serving.ts";
import { ca, localhost } from "./certificates.ts";

const host = "127.0.0.1";

/** A TLS server on a free port of the loopback interface, which is localhost by default. */
export function* serveTls(
  tls: TlsServerOptions = {},
  handler: ConnectionHandler = echo,
): Coroutine<{ server: Server; port: number }> {
  const own = tls.pfx === undefined && tls.sni === undefined ? localhost : {};
  const server = yield* startServer(handler, { host, port: 0, tls: { ...own, ...tls } });
  return { server, port: server.sockets[0]?.port ?? 0 };
}

/** Whoever is called must be localhost by the tests' authority, if `tls` says nothing else. */
export function* dialTls(
  port: number,
  tls: TlsClientOptions = {},
): Coroutine<[StreamReader, StreamWriter]> {
  return yield* openConnection({ host, port, tls: { ca, servername: "localhost", ...tls } });
}

/** What the running loop's exception handler is told from now on. */
export function reports(): ExceptionContext[] {
  const told: ExceptionContext[] = [];
  getRunningLoop().setExceptionHandler((_, context) => told.push(context));
  return told;
}

/** What a report says, and why. */
export function reasons(told: ExceptionContext[]): [string, unknown, string][] {
  return told.map(({ message, exception }) => {
    const { code, message: why } = exception as Error & { code?: string };
    return [message.replace(/:\d+/, ":PORT"), code, why.replace(/:\d+/, ":PORT")];
  });
}

/** Somebody in between: passes all on to `port` until it is told to do otherwise. */
export function* between(
  port: number,
): Coroutine<{ port: number; inbound: Socket[]; outbound: Socket[]; server: NetServer }> {
  const inbound: Socket[] = [];
  const outbound: Socket[] = [];
  const server = createServer((socket) => {
    const further = connect({ port, host });
    inbound.push(socket.on("error", () => {}));
    outbound.push(further.on("error", () => {}));
    socket.pipe(further);
    further.pipe(socket);
  });
  yield* fromPromise(new Promise<void>((ready) => server.listen(0, host, ready)));
  return { port: (server.address() as AddressInfo).port, inbound, outbound, server };
}
