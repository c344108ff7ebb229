// What the embedding program's own timers, promises, immediates and I/O are late while `busy` never
// stops: four watchers wait for one thing each, over and over, and the longest of all waits is printed,
// with the longest and the 99th percentile of each kind beside it. The clock starts with `busy`, whose
// code is cold then: nothing is left out.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { note, parameter, print } from "./measure.js";

/** Awaits in a row that make one chain of promises. */
const LINKS = 10;

/** What never came, because `busy` let nothing in, counts as late as it was when the time was over. */
export class Watch {
  #due = Number.POSITIVE_INFINITY;
  #delays = [];

  get isWaiting() {
    return this.#due < Number.POSITIVE_INFINITY;
  }

  begin(due = performance.now()) {
    this.#due = due;
  }

  end() {
    this.#delays.push(Math.max(0, performance.now() - this.#due));
    this.#due = Number.POSITIVE_INFINITY;
  }

  result() {
    if (this.isWaiting) this.end();
    const sorted = this.#delays.sort((a, b) => a - b);
    const latest = sorted.at(-1) ?? 0;
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    return { count: sorted.length, latest, p99 };
  }
}

/** A timer of 1 ms. */
function watchTimers(over) {
  const watch = new Watch();
  const again = () => {
    watch.begin(performance.now() + 1);
    setTimeout(() => {
      watch.end();
      if (!over()) again();
    }, 1);
  };
  again();
  return watch;
}

function watchImmediates(over) {
  const watch = new Watch();
  const again = () => {
    watch.begin();
    setImmediate(() => {
      watch.end();
      if (!over()) again();
    });
  };
  again();
  return watch;
}

/** One byte to a TCP server in this process, and back: a wait for I/O each way. */
async function watchIo(over) {
  const watch = new Watch();
  const pings = new Watch();
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("data", (data) => {
      watch.end();
      watch.begin();
      socket.write(data);
    });
    // At the end a ping may be under way.
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect({ port: server.address().port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const ping = () => {
    pings.begin();
    watch.begin();
    socket.write("x");
  };
  socket.on("data", () => {
    watch.end();
    pings.end();
    if (!over()) ping();
  });
  const close = () => {
    socket.destroy();
    server.close();
  };
  ping();
  return { watch, pings, close };
}

/** A chain that begins in the middle of the busy program's work, where promises have most to wait for. */
async function followPromises(watch) {
  watch.begin();
  for (let i = 0; i < LINKS; i++) await null;
  watch.end();
}

export async function measureLateness(busy) {
  const seconds = parameter("SECONDS", 1);
  let end = Number.POSITIVE_INFINITY;
  const over = () => performance.now() >= end;
  const { watch: io, pings, close } = await watchIo(over);
  const promises = new Watch();
  const watches = { timers: watchTimers(over), promises, immediates: watchImmediates(over), io };
  end = performance.now() + seconds * 1000;
  const began = { wall: performance.now(), processor: process.cpuUsage() };
  await busy(() => {
    if (!promises.isWaiting) followPromises(promises);
    return over();
  });
  const results = Object.entries(watches).map(([kind, watch]) => ({ kind, ...watch.result() }));
  const pinged = pings.result();
  const { user, system } = process.cpuUsage(began.processor);
  const share = (user + system) / 1000 / (performance.now() - began.wall);
  close();

  const latest = Math.max(...results.map((result) => result.latest));
  const waits = results.reduce((sum, { count }) => sum + count, 0);
  const texts = results.map((result) => `${result.kind} ${inWords(result)}`);
  // Never idle, it uses a whole core where nobody takes it away; then these are others' delays too.
  const disturbed = share < 0.9 ? `; it had ${share.toFixed(2)} of a core only` : "";
  note(`${texts.join(", ")}; a ping there and back takes ${inWords(pinged)}${disturbed}`);
  print(waits, latest, { late: latest });
}

const inWords = ({ latest, p99 }) => `${latest.toFixed(1)} (p99 ${p99.toFixed(1)})`;
