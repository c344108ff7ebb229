// The same on bare node:net. Prints its port; ends by itself after BENCH_LIFETIME seconds.
import { createServer } from "node:net";
import { parameter } from "../measure/measure.js";
import { collectGarbage } from "../measure/memory.js";

const COLLECT = 0x67;

function answer(socket) {
  socket.on("data", (data) => {
    if (data[0] === COLLECT) collectGarbage();
    if (!socket.write(data)) socket.pause();
  });
  socket.on("drain", () => socket.resume());
}

setTimeout(() => process.exit(), parameter("LIFETIME", 60) * 1000);
const server = createServer({ noDelay: true }, answer);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
