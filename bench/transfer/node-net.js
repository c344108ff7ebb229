// The same on bare node:net, or node:tls, with backpressure.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { cert, key, TLS } from "../measure/certificate.js";
import { measure } from "../measure/measure.js";
import { expectAll, PIECE, piecesOf } from "../measure/transfer.js";

async function transfer(pieces) {
  const data = Buffer.alloc(PIECE, "x");
  const serve = (socket) => {
    let sent = 0;
    const send = () => {
      while (sent < pieces) {
        sent++;
        if (!socket.write(data)) return;
      }
      socket.end();
    };
    socket.on("drain", send);
    send();
  };
  const options = { noDelay: true };
  const server = TLS
    ? createTlsServer({ ...options, cert, key }, serve)
    : createServer(options, serve);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const to = { port: server.address().port, host: "127.0.0.1", noDelay: true };
  const socket = TLS ? connectTls({ ...to, ca: cert }) : connect(to);
  let bytes = 0;
  socket.on("data", (data) => {
    bytes += data.length;
  });
  await once(socket, "close");
  server.close();
  await once(server, "close");
  return bytes;
}

await measure(async (n) => {
  const pieces = piecesOf(n);
  expectAll(await transfer(pieces), pieces);
});
