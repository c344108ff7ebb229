/*
 * Certificates, keys, versions and ciphers: what a `tls.SecureContext` is made of, and what is wrong with it.
 */
import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { Pem, TlsIdentity } from "../../stream/tls.ts";
import { checkText } from "../options.ts";

/** The names of these options. */
export const IDENTITY = [
  "cert",
  "key",
  "pfx",
  "passphrase",
  "ca",
  "minVersion",
  "maxVersion",
  "ciphers",
];
const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** What is Node's to know of it. */
export function checkIdentity(call: string, options: TlsIdentity): SecureContextOptions {
  const { cert, key, pfx, passphrase, ca, minVersion, maxVersion, ciphers } = options;
  checkPem(call, "cert", cert, true);
  checkPem(call, "ca", ca, true);
  checkPem(call, "key", key, false);
  if (pfx !== undefined && typeof pfx !== "string" && !(pfx instanceof Uint8Array)) {
    throw new TypeError(`${call}() needs bytes as its pfx`);
  }
  if (passphrase !== undefined && typeof passphrase !== "string") {
    throw new TypeError(`${call}() needs a string as its passphrase`);
  }
  checkText(call, "ciphers", ciphers);
  for (const [name, version] of Object.entries({ minVersion, maxVersion })) {
    if (version === undefined || VERSIONS.includes(version)) continue;
    throw new TypeError(`${call}() needs one of ${VERSIONS.join(", ")} as ${name}, got ${version}`);
  }
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion) {
    throw new RangeError(
      `${call}() needs a minVersion that is not newer than its maxVersion, got ${minVersion} and ${maxVersion}`,
    );
  }
  return {
    ...(cert === undefined ? {} : { cert: buffersOf(cert) }),
    ...(key === undefined ? {} : { key: buffersOf(key) }),
    ...(ca === undefined ? {} : { ca: buffersOf(ca) }),
    ...(pfx === undefined ? {} : { pfx: typeof pfx === "string" ? pfx : bufferOf(pfx) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;
const KEY = /-----BEGIN (?:\w+ )*PRIVATE KEY-----/;

/** OpenSSL says "no start line", or, of authorities, nothing at all. */
function checkPem(call: string, name: string, pem: Pem | undefined, isCertificate: boolean): void {
  if (pem === undefined) return;
  const all: readonly unknown[] = Array.isArray(pem) ? pem : [pem];
  const what = isCertificate ? "CERTIFICATE" : "PRIVATE KEY";
  for (const each of all) {
    const text = each instanceof Uint8Array ? bufferOf(each).toString("latin1") : each;
    if (typeof text !== "string") {
      throw new TypeError(
        `${call}() needs PEM (a string, bytes or an array of them) as its ${name}`,
      );
    }
    if (!(isCertificate ? CERTIFICATE : KEY).test(text)) {
      const path = text.length < 200 && !text.includes("\n") ? ": the contents of the file" : "";
      throw new TypeError(
        `${call}() needs PEM as its ${name}, which has a line "-----BEGIN ${what}-----"${path}`,
      );
    }
    if (isCertificate) checkCertificates(call, name, text);
  }
}

function checkCertificates(call: string, name: string, text: string): void {
  for (const part of text.split(/(?=-----BEGIN )/)) {
    if (!CERTIFICATE.test(part)) continue;
    try {
      new X509Certificate(part);
    } catch (cause) {
      throw new TypeError(`${call}() has a certificate that cannot be read in its ${name}`, {
        cause,
      });
    }
  }
}

export function contextOf(call: string, identity: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(identity);
  } catch (error) {
    throw unusable(call, error as Error & { code?: string });
  }
}

const UNUSABLE: Record<string, string> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "its key is not that of its cert",
  ERR_OSSL_BAD_DECRYPT: "its passphrase is missing or wrong",
  ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED: "its passphrase is missing or wrong",
  ERR_OSSL_BAD_PASSWORD_READ: "its passphrase is missing or wrong",
  ERR_OSSL_UNSUPPORTED: "its key cannot be read",
  ERR_SSL_NO_CIPHER_MATCH: "OpenSSL knows none of its ciphers",
};

function unusable(call: string, cause: Error & { code?: string }): TypeError {
  const { code = "", message } = cause;
  const meaning = UNUSABLE[code];
  const why = meaning === undefined ? message : `${meaning} (${code})`;
  const error = new TypeError(`${call}() cannot be used: ${why}`, { cause });
  return code === "" ? error : Object.assign(error, { code });
}

function buffersOf(pem: Pem): (string | Buffer)[] {
  const all = Array.isArray(pem) ? (pem as (string | Uint8Array)[]) : [pem as string | Uint8Array];
  return all.map((each) => (typeof each === "string" ? each : bufferOf(each)));
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
