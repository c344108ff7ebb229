// The same load as accept-load, on node:net.
import { connect } from "node:net";
import { CONNECTIONS, measureLoad, PORT } from "../measure/load.js";

/** 127.0.0.2 and so on, so that ports do not run out. Other systems than Linux have 127.0.0.1 only. */
const HOSTS = process.platform === "linux" ? 250 : 0;

let opened = 0;
let count = 0;
let again = true;

function open() {
  const localAddress = HOSTS ? { localAddress: `127.0.0.${2 + (opened % HOSTS)}` } : {};
  const byte = Buffer.of(opened++ & 255);
  const socket = connect({ port: PORT, host: "127.0.0.1", noDelay: true, ...localAddress });
  let echoed = false;
  socket.once("data", (data) => {
    if (!data.equals(byte)) throw new Error("an echo differs from its message");
    echoed = true;
    count++;
    socket.end();
    if (again) open();
  });
  socket.once("close", () => {
    if (!echoed) throw new Error("the server closed a connection");
  });
  socket.write(byte);
}

for (let i = 0; i < CONNECTIONS; i++) open();
await measureLoad(() => count);
again = false;
