// Requests over 64 connections that are kept alive, each sent when the one before was answered: by wrk
// where there is one, else by this process, which costs more than wrk.
import { spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";
import { note, parameter, print } from "../measure/measure.js";
import { processorSeconds } from "../measure/processor.js";

const CONNECTIONS = 64;
const seconds = parameter("SECONDS", 1);
const port = parameter("PORT", 0);
const server = parameter("SERVER", 0);

/** Load for some seconds, whole ones: wrk knows no others. The count of answers and what they took. */
function loadByWrk(seconds) {
  const child = spawn("wrk", [
    "-t1",
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    `http://127.0.0.1:${port}/`,
  ]);
  let out = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      const [, n] = /(\d+) requests in/.exec(out) ?? [];
      const [, rate] = /Requests\/sec:\s*([\d.]+)/.exec(out) ?? [];
      const bad = /Non-2xx|Socket errors/.exec(out);
      if (n && rate && !bad) resolve({ n: Number(n), ms: (Number(n) / Number(rate)) * 1000 });
      else reject(new Error(`wrk did not get its answers:\n${out}`));
    });
  });
}

const REQUEST = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;

async function loadByOwn(seconds) {
  let n = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let answer = "";
    socket.setEncoding("latin1").on("data", (data) => {
      answer += data;
      if (!answer.endsWith("hello\n")) return;
      if (!answer.startsWith("HTTP/1.1 200")) throw new Error(`not an answer: ${answer}`);
      answer = "";
      n++;
      socket.write(REQUEST);
    });
    socket.write(REQUEST);
    return socket;
  });
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const ms = performance.now() - start;
  for (const socket of sockets) socket.destroy();
  return { n, ms };
}

const hasWrk = spawnSync("wrk", ["--version"]).error === undefined;
const load = hasWrk ? loadByWrk : loadByOwn;
if (!hasWrk) note("loaded by bench/http/load.js: apt-get install wrk for a lighter load");

const windows = Math.max(1, Math.floor(seconds));
const window = hasWrk ? 1 : seconds / windows;
if (seconds > 1) await load(1);
const before = processorSeconds(server);
const start = performance.now();
let count = 0;
let best = { n: 0, ms: Number.POSITIVE_INFINITY };
for (let i = 0; i < windows; i++) {
  const round = await load(window);
  count += round.n;
  if (round.ms / round.n < best.ms / Math.max(1, best.n)) best = round;
}
const its = processorSeconds(server) - before;
print(best.n, best.ms, {
  serverCpu: (its * 1000) / (performance.now() - start),
  serverMicros: (its * 1e6) / count,
});
process.exit();
