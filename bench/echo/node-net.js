// A TCP echo server on bare node:net, with the backpressure that a careful program has; with
// BENCH_TLS=1 on bare node:tls. Prints its port; ends by itself after BENCH_LIFETIME seconds.
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { cert, key, TLS } from "../measure/certificate.js";
import { parameter } from "../measure/measure.js";

function echo(socket) {
  socket.on("data", (data) => {
    if (!socket.write(data)) socket.pause();
  });
  socket.on("drain", () => socket.resume());
}

setTimeout(() => process.exit(), parameter("LIFETIME", 60) * 1000);
const options = { noDelay: true };
const server = TLS ? createTlsServer({ ...options, cert, key }, echo) : createServer(options, echo);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
