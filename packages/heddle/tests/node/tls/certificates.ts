import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of one of the certificates that certificates/make.sh makes. */
export const pathOf = (file: string): string =>
  fileURLToPath(new URL(`certificates/${file}`, import.meta.url));

const read = (file: string): string => readFileSync(pathOf(file), "utf8");

const identity = (name: string) => ({ cert: read(`${name}.pem`), key: read(`${name}.key.pem`) });

/** The authority of all but "self-signed". */
export const ca = read("ca.pem");
export const localhost = identity("localhost");
export const otherHost = identity("other-host");
export const expired = identity("expired");
export const selfSigned = identity("self-signed");
export const client = identity("client");
/** The key of localhost, behind a passphrase. */
export const locked = { key: read("locked.key.pem"), passphrase: "open sesame" };
export const pfx = { pfx: readFileSync(pathOf("localhost.pfx")), passphrase: "open sesame" };
