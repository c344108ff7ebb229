// Starts an HTTP server for the load to work on. Prints its port; ends by itself after BENCH_LIFETIME
// seconds.
import { createServer } from "node:http";
import { parameter } from "./measure.js";

export function serve(answer) {
  setTimeout(() => process.exit(), parameter("LIFETIME", 60) * 1000);
  const server = createServer(answer);
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}
