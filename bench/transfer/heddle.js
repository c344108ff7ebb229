// pyperformance's asyncio_tcp, and with BENCH_TLS=1 its asyncio_tcp_ssl: a server sends pieces of 10 MiB
// by streams to a client in the same process, which reads until the end. BENCH_N is how many MiB.
import { run } from "heddle";
import { openConnection, startServer } from "heddle/node";
import { cert, key, TLS } from "../measure/certificate.js";
import { measure } from "../measure/measure.js";
import { expectAll, PIECE, piecesOf } from "../measure/transfer.js";

function* transfer(pieces) {
  const data = Buffer.alloc(PIECE, "x");
  const server = yield* startServer(
    function* (_reader, writer) {
      for (let i = 0; i < pieces; i++) {
        writer.write(data);
        yield* writer.drain();
      }
      writer.close();
      yield* writer.waitClosed();
    },
    { host: "127.0.0.1", port: 0, ...(TLS && { tls: { cert, key } }) },
  );
  const { port } = server.sockets[0];
  const tls = TLS && { tls: { ca: cert } };
  const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, ...tls });
  let bytes = 0;
  for (;;) {
    const data = yield* reader.read(PIECE);
    if (data.length === 0) break;
    bytes += data.length;
  }
  writer.close();
  yield* writer.waitClosed();
  server.close();
  yield* server.waitClosed();
  return bytes;
}

await measure(async (n) => {
  const pieces = piecesOf(n);
  expectAll(await run(() => transfer(pieces)), pieces);
});
