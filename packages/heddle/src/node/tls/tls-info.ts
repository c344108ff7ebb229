/*
 * What is known of a connection by TLS.
 */
import type { TLSSocket } from "node:tls";
import type { ExtraInfo } from "../../stream/transport.ts";

type TlsInfo = Pick<
  ExtraInfo,
  "peercert" | "authorized" | "cipher" | "alpnProtocol" | "servername"
>;

/** `name` of a TLS socket; undefined for what is not known, or not any more. */
export function tlsInfo(socket: TLSSocket, name: string): TlsInfo[keyof TlsInfo] | undefined {
  switch (name) {
    case "peercert": {
      // Node gives {} if there is none.
      const certificate = socket.getPeerCertificate();
      return certificate?.raw === undefined ? undefined : certificate;
    }
    case "authorized":
      return socket.authorized;
    case "cipher": {
      const cipher = socket.getCipher();
      const version = socket.getProtocol();
      return cipher?.name === undefined || version === null
        ? undefined
        : { name: cipher.name, version };
    }
    case "alpnProtocol":
      return socket.alpnProtocol || undefined;
    case "servername":
      return (socket as { servername?: string | false | null }).servername || undefined;
    default:
      return undefined;
  }
}
