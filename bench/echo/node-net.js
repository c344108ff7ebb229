// A TCP echo server on bare node:net, with the backpressure that a careful program has. Prints its
// port; ends by itself after BENCH_LIFETIME seconds.
import { createServer } from "node:net";
import { parameter } from "../measure/measure.js";

function echo(socket) {
  socket.on("data", (data) => {
    if (!socket.write(data)) socket.pause();
  });
  socket.on("drain", () => socket.resume());
}

setTimeout(() => process.exit(), parameter("LIFETIME", 60) * 1000);
const server = createServer({ noDelay: true }, echo);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
