// A web server of the files in a directory: HTTP/1.1 on
// streams, without node:http.
//
//   $ npx heddle run examples/file-server.ts docs 8080
//   $ curl http://127.0.0.1:8080/guide/
//
// Ctrl-C or SIGTERM: what is being sent gets some seconds to
// end. Requests are logged on stderr.
import { realpath } from "node:fs/promises";
import {
  type Coroutine,
  Event,
  fromPromise,
  getRunningLoop,
  isCancelled,
  TimeoutError,
  waitFor,
} from "heddle";
import { type Server, startServer } from "heddle/node";
import { AccessLog } from "./file-server/access-log.ts";
import { type Limits, Site } from "./file-server/site.ts";
import { chooseFolder } from "./parts/choose-folder.ts";
import { orUsage, portOf } from "./parts/usage.ts";

const USAGE =
  "heddle run examples/file-server.ts [FOLDER] [PORT]";

const LIMITS: Limits = {
  idle: 5000,
  head: 10_000,
  progress: 30_000,
};
const HEAD_BYTES = 16 * 1024;

/** Milliseconds to end in. */
const GRACE = 5000;

export interface FileServer {
  port: number;
  site: Site;
  /** Ends what is going on, for `grace` milliseconds. */
  stop(grace: number): Coroutine<void>;
}

/** `port` 0 finds a free one. `log` gets lines. */
export function* startFileServer(
  folder: string,
  port: number,
  log: (lines: string) => void = () => {},
  limits: Partial<Limits> = {},
): Coroutine<FileServer> {
  const root = yield* fromPromise(realpath(folder));
  const lines = new AccessLog(log);
  const site = new Site(root, lines, {
    ...LIMITS,
    ...limits,
  });
  const server = yield* startServer(
    (reader, writer) => site.serve(reader, writer),
    {
      host: "127.0.0.1",
      port,
      backlog: 511,
      limit: HEAD_BYTES,
    },
  );
  return {
    port: server.sockets[0]!.port,
    site,
    *stop(grace) {
      site.stop();
      yield* closeWithin(server, grace);
      lines.flush();
    },
  };
}

function* closeWithin(server: Server, ms: number) {
  server.close();
  try {
    yield* waitFor(server.waitClosed(), ms);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    server.abortClients();
  }
}

export default function* main(): Coroutine<void> {
  const [, , given = ".", wanted = "8080"] = process.argv;
  const port = orUsage(USAGE, () => portOf(wanted));
  if (port === undefined) return;
  const folder = yield* chooseFolder(given);
  if (folder === undefined) return;
  const log = (lines: string) => process.stderr.write(lines);
  const server = yield* startFileServer(folder, port, log);
  console.log(`listening on 127.0.0.1:${server.port}`);

  const stopping = new Event();
  const stop = () => stopping.set();
  getRunningLoop().addSignalHandler("SIGTERM", stop);
  try {
    yield* stopping.wait();
  } catch (error) {
    // Ctrl-C cancels main, once: what follows may wait.
    if (!isCancelled(error)) throw error;
  }
  console.log("stopping");
  yield* server.stop(GRACE);
}
