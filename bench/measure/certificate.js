// The certificate of localhost and its key, for programs that speak TLS. Self-signed, known to
// everybody: good for a benchmark and for nothing else.
import { readFileSync } from "node:fs";
import { parameter } from "./measure.js";

const read = (name) => readFileSync(new URL(`../tls/${name}`, import.meta.url));

/** Whether this program is to speak TLS. */
export const TLS = parameter("TLS", 0) === 1;

export const cert = read("cert.pem");
export const key = read("key.pem");
