// The same load as idle-load, on node:net. Reads /proc, so Linux only.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { PORT, SERVER } from "../measure/load.js";
import { note, parameter, print } from "../measure/measure.js";

/** As many as fit into anybody's queue of connections to be accepted. */
const AT_ONCE = 50;
/** Descriptors that either process has for other things. */
const OTHERS = 200;
/** One connection more for so many. */
const OF_MORE = 20;

async function open() {
  const socket = connect({ port: PORT, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.on("close", () => {
    throw new Error("the server closed a connection");
  });
  return socket;
}

async function ask(socket, byte) {
  socket.write(Buffer.of(byte));
  const [answer] = await once(socket, "data");
  if (!answer.equals(Buffer.of(byte))) throw new Error("an echo differs from its message");
}

/**
 * Opens n connections, which the server has accepted when this resolves: when the last of some answers,
 * those before it were accepted, too.
 */
async function openMany(n) {
  const sockets = [];
  while (sockets.length < n) {
    const some = Math.min(AT_ONCE, n - sockets.length);
    for (let i = 0; i < some; i++) sockets.push(await open());
    await ask(sockets.at(-1), "p".charCodeAt(0));
  }
  return sockets;
}

/** The server's resident bytes when it has collected its garbage. */
async function resident() {
  await ask(control, "g".charCodeAt(0));
  return number(SERVER, "status", /VmRSS:\s+(\d+)/) * 1024;
}

/** How many descriptors a process may have. */
const descriptors = (id) => number(id, "limits", /Max open files\s+(\d+)/);

function number(id, file, pattern) {
  return Number(pattern.exec(readFileSync(`/proc/${id}/${file}`, "utf8"))?.[1]);
}

const wanted = parameter("N", 10_000);
const limit = Math.min(descriptors(SERVER), descriptors(process.pid));
const room = Math.floor(((limit - OTHERS) * OF_MORE) / (OF_MORE + 1));
const n = Math.min(wanted, room);
if (n <= 0) throw new Error("the limit of descriptors (ulimit -n) is too low for idle connections");
if (n < wanted) {
  note(`${n} connections: the limit of descriptors (ulimit -n) allows no more`);
}
const control = await open();
// With the first ones comes what the server needs once.
await openMany(Math.floor(n / OF_MORE));
const before = await resident();
const start = performance.now();
const idle = await openMany(n);
const ms = performance.now() - start;
const bytes = ((await resident()) - before) / n;
for (let i = 0; i < n; i += AT_ONCE) {
  await Promise.all(idle.slice(i, i + AT_ONCE).map((socket, byte) => ask(socket, byte)));
}
print(n, ms, { bytes });
process.exit(0);
