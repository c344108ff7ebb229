/*
 * Errors of TLS, in words.
 *
 * OpenSSL's are a code and three words in capitals. The code stays, as Node has it: programs compare it. The
 * message says who could not be spoken to and what to do.
 */
import { ConnectionResetError } from "../../stream/errors.ts";

interface CodedError extends Error {
  code?: string;
  /** OpenSSL's words; of ERR_TLS_CERT_ALTNAME_INVALID, which names do not fit. */
  reason?: string;
}

const UNKNOWN_AUTHORITY =
  "nobody who is trusted here vouches for its certificate. If it is to be trusted, give the " +
  "authority's certificate as `ca` (or the other side leaves out one in between)";
const NOT_TLS = "the other side does not speak TLS, or not on this port";
const NO_VERSION = "the two sides have no version of TLS in common (minVersion, maxVersion)";
const NO_CIPHER =
  "the two sides have no cipher in common, or the server has no certificate for this name";
const NO_PROTOCOL = "the two sides have no application protocol in common (alpnProtocols)";
const WANTS_CERTIFICATE = "the other side requires a certificate: give `cert` and `key`";
const NOT_ACCEPTED = "the other side does not accept this side's certificate";

const MEANINGS: Record<string, string> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet (or this machine's clock is wrong)",
  CERT_REVOKED: "its certificate was revoked",
  CERT_SIGNATURE_FAILURE: "its certificate has a wrong signature",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "its certificate is self-signed. If it is to be trusted, give it as `ca`",
  INVALID_PURPOSE: "its certificate is for something else (a client's, given by a server?)",
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_HTTP_REQUEST: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_UNKNOWN_PROTOCOL: NOT_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: NO_VERSION,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: NO_VERSION,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: NO_VERSION,
  ERR_SSL_NO_SHARED_CIPHER: NO_CIPHER,
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: NO_CIPHER,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: NO_CIPHER,
  ERR_SSL_NO_APPLICATION_PROTOCOL: NO_PROTOCOL,
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: NO_PROTOCOL,
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    "it gave no certificate, which is required (requestCert)",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: NOT_ACCEPTED,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: `${NOT_ACCEPTED}: it has expired`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: NOT_ACCEPTED,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: `${NOT_ACCEPTED}: it does not know the authority`,
};

/** After the handshake: bytes that are no record of TLS, or not the ones that were sent. */
const CORRUPT =
  /^ERR_SSL_(?:BAD_RECORD_TYPE|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|DECRYPTION_FAILED_OR_BAD_RECORD_MAC)$/;

/** The error for a handshake that failed: `doing` says what, "no secure connection to localhost:443". */
export function handshakeError(failure: unknown, doing: string): unknown {
  const error = failure as CodedError;
  if (!(failure instanceof Error) || typeof error.code !== "string") return failure;
  const { code } = error;
  if (code === "ECONNRESET" || code === "EPIPE") {
    const message = `${doing}: the other side closed the connection during the handshake (${code})`;
    return new ConnectionResetError(message, { code, cause: error });
  }
  return Object.assign(new Error(`${doing}: ${meaningOf(error)} (${code})`, { cause: error }), {
    code,
  });
}

/** What a protocol hears of an error of TLS that ended its connection; other errors stay what they are. */
export function tlsLoss(error: CodedError): Error {
  const { code } = error;
  if (code === undefined || !(code.startsWith("ERR_SSL_") || code in MEANINGS)) return error;
  const why = CORRUPT.test(code) ? "what came is not TLS, or was changed" : meaningOf(error);
  const message = `TLS ended the connection: ${why} (${code})`;
  return Object.assign(new Error(message, { cause: error }), { code });
}

function meaningOf(error: CodedError): string {
  const { code = "", reason, message } = error;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return `its certificate is for another host: ${reason ?? message}`;
  }
  // Alerts that are older than TLS: OpenSSL has given them a new name in version 3.3.
  return MEANINGS[code.replace("SSL/TLS_ALERT", "SSLV3_ALERT")] ?? reason ?? message;
}
