// The same load as echo-load, on node:net or, with BENCH_TLS=1, node:tls.
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { TLS } from "../measure/certificate.js";
import { CONNECTIONS, measureLoad, PORT } from "../measure/load.js";
import { note, parameter } from "../measure/measure.js";

const message = Buffer.alloc(parameter("BYTES", 1024));
for (let i = 0; i < message.length; i++) message[i] = i + (i >> 8);
let count = 0;
let again = true;

function open() {
  const options = { port: PORT, host: "127.0.0.1", noDelay: true };
  // The server's certificate is its own.
  const socket = TLS ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
  let received = 0;
  socket.on("data", (data) => {
    if (!data.equals(message.subarray(received, received + data.length))) {
      throw new Error("an echo differs from its message");
    }
    received += data.length;
    if (received < message.length) return;
    received = 0;
    count++;
    if (again) socket.write(message);
    else socket.destroy();
  });
  socket.once("close", () => {
    if (again) throw new Error("the server closed a connection");
  });
  socket.once("secureConnect", () =>
    note(`${socket.getProtocol()}, ${socket.getCipher().standardName}`),
  );
  socket.write(message);
}

for (let i = 0; i < CONNECTIONS; i++) open();
await measureLoad(() => count);
again = false;
