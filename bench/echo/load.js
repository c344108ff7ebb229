// The same load as load/main.go, on node:net, for machines without Go. It costs more than that one: a
// server faster than node:net is limited by it (see the shares that are printed).
import { connect } from "node:net";
import { parameter, print } from "../measure/measure.js";
import { processorSeconds } from "../measure/processor.js";

const WINDOWS = 5;
const message = Buffer.from(Array.from({ length: parameter("BYTES", 1024) }, (_, i) => i % 256));
const seconds = parameter("SECONDS", 1);
const port = parameter("PORT", 0);
const server = parameter("SERVER", 0);
let count = 0;
let again = true;

function open() {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let received = [];
  let length = 0;
  socket.on("data", (data) => {
    received.push(data);
    length += data.length;
    if (length < message.length) return;
    const echo = received.length === 1 ? data : Buffer.concat(received);
    if (!echo.equals(message)) throw new Error("an echo differs from its message");
    received = [];
    length = 0;
    count++;
    if (again) socket.write(message);
    else socket.destroy();
  });
  socket.write(message);
}

const pause = (share) => new Promise((resolve) => setTimeout(resolve, share * 1000));

function loadCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

for (let i = 0; i < parameter("CONNECTIONS", 64); i++) open();
await pause(seconds / 3);
const start = performance.now();
const before = { its: processorSeconds(server), load: loadCpu(), count };
let best = { n: 0, ms: Number.POSITIVE_INFINITY };
for (let i = 0; i < WINDOWS; i++) {
  const from = performance.now();
  const already = count;
  await pause(seconds / WINDOWS);
  const round = { n: count - already, ms: performance.now() - from };
  if (round.ms / round.n < best.ms / Math.max(1, best.n)) best = round;
}
const elapsed = (performance.now() - start) / 1000;
const its = processorSeconds(server) - before.its;
print(best.n, best.ms, {
  serverCpu: its / elapsed,
  loadCpu: (loadCpu() - before.load) / elapsed,
  serverMicros: (its * 1e6) / (count - before.count),
});
again = false;
