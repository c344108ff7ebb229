// A server that ends gracefully. A request is one line with a
// number: so many milliseconds of work. On Ctrl-C or SIGTERM
// nobody is accepted any more, and what has begun gets a
// second to end.
//
//   $ echo 500 | nc 127.0.0.1 PORT
import type {
  Coroutine,
  StreamReader,
  StreamWriter,
} from "heddle";
import { sleep } from "heddle";
import { signals, startServer } from "heddle/node";

const GRACE = 1000;

let inProgress = 0;

function* answer(
  reader: StreamReader,
  writer: StreamWriter,
): Coroutine<void> {
  inProgress++;
  try {
    const line = yield* reader.readline();
    const ms = Number(new TextDecoder().decode(line));
    if (ms >= 0) yield* sleep(ms);
    writer.write(ms >= 0 ? "done\n" : "not a number\n");
    yield* writer.drain();
  } finally {
    // Also when the grace is over, and we are cancelled.
    writer.close();
    inProgress--;
  }
}

export default function* main(): Coroutine<void> {
  const where = { host: "127.0.0.1", port: 0 };
  const server = yield* startServer(answer, where);
  console.log(
    `port ${server.sockets[0]?.port}, Ctrl-C to end`,
  );
  using stop = signals("SIGINT", "SIGTERM");
  yield* stop.next();
  console.log(`stopping, ${inProgress} in progress`);
  const cut = yield* server.shutdown(GRACE);
  console.log(`${cut} cut off`);
  // Main ends normally, so the status is 0. `run` cancels the
  // handlers that are left, and waits for them.
}
