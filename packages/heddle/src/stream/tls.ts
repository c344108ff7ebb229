/*
 * TLS without a platform: what it can be told. The engine is the platform's (node/tls/).
 */
import type { Awaitable, Coroutine } from "../coroutine/types.ts";
import type { StreamingProtocol } from "./network.ts";
import type { Transport } from "./transport.ts";

/** A certificate, a key or several of them: PEM as text or bytes. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** "TLSv1.2", say. */
type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** What a certificate says. */
export interface Certificate {
  /** Whose it is: `subject.CN` is the common name. */
  readonly subject: { readonly [name: string]: string | string[] | undefined };
  /** Who vouches for it. */
  readonly issuer: { readonly [name: string]: string | string[] | undefined };
  /** The names that it is for: "DNS:example.com, IP Address:127.0.0.1". */
  readonly subjectaltname?: string | undefined;
  readonly valid_from: string;
  readonly valid_to: string;
  readonly serialNumber: string;
  /** SHA-256 of it, in hexadecimal, for pinning. */
  readonly fingerprint256: string;
  /** The certificate itself, in DER. */
  readonly raw: Uint8Array;
}

/** What TLS is made of, at either side. */
export interface TlsIdentity {
  /** The certificate of this side, followed by those between it and the authority (PEM). */
  cert?: Pem;
  /** Its private key (PEM). */
  key?: Pem;
  /** Certificate and key in one (PKCS #12), instead of `cert` and `key`. */
  pfx?: string | Uint8Array;
  /** The passphrase of `key` or `pfx`. */
  passphrase?: string;
  /** The authorities that are trusted (PEM), instead of those of the platform. */
  ca?: Pem;
  /** The oldest version of TLS that is spoken; "TLSv1.2" if not given. */
  minVersion?: TlsVersion;
  /** The newest one; "TLSv1.3" if not given. */
  maxVersion?: TlsVersion;
  /** OpenSSL's list of ciphers. */
  ciphers?: string;
}

interface TlsCommon extends TlsIdentity {
  /** Application protocols that this side speaks, the preferred one first (ALPN): ["h2", "http/1.1"]. */
  alpnProtocols?: readonly string[];
  /**
   * Milliseconds that the handshake may take, after which a TimeoutError is thrown; 60,000 if not given.
   * Counterpart: `ssl_handshake_timeout`.
   */
  handshakeTimeout?: number;
}

/** TLS at the side that calls. An object that is used again is not looked at again: change nothing in it. */
export interface TlsClientOptions extends TlsCommon {
  /** The name that the certificate must be for, and that the server is told (SNI); the host if not given. */
  servername?: string;
  /** False: accept any certificate. Whoever sits in between can then read all. True if not given. */
  rejectUnauthorized?: boolean;
  /** Instead of the usual comparison of names: returns, or throws, an Error if the certificate is not `host`'s. */
  checkServerIdentity?: (host: string, certificate: Certificate) => Error | undefined;
  /** A session to resume: what a "session" event of the `tls.TLSSocket` gave. */
  session?: Uint8Array;
  /** A `tls.SecureContext` made before, instead of certificates, versions and ciphers. */
  secureContext?: object;
}

/** What `sni` may give for a name: options, a `tls.SecureContext`, or nothing for the server's own certificate. */
export type SniAnswer = TlsIdentity | object | null | undefined;

/** TLS at the side that is called. An object that is used again is not looked at again: change nothing in it. */
export interface TlsServerOptions extends TlsCommon {
  /** Ask clients for a certificate; false if not given. */
  requestCert?: boolean;
  /** With `requestCert`, false: serve clients without a valid one too ("authorized" says which). True if not given. */
  rejectUnauthorized?: boolean;
  /**
   * Certificates by the name that the client asks for (SNI): a record ("*.example.com" is any name of one more
   * part), or a function, which may be async or a coroutine. Other clients get `cert`. Versions, ciphers and
   * protocols are the server's; so is `ca`, if none is given here.
   */
  sni?:
    | Readonly<Record<string, TlsIdentity>>
    | ((servername: string) => SniAnswer | PromiseLike<SniAnswer> | Awaitable<SniAnswer>);
}

/** For `startTls`: the options of one side or the other. */
export type StartTlsOptions =
  | (TlsClientOptions & { serverSide?: false })
  | (TlsServerOptions & { serverSide: true });

/** For `StreamWriter.startTls`, which knows its side. */
export type StreamTlsOptions = TlsClientOptions & TlsServerOptions & { serverSide?: boolean };

/**
 * What a StreamWriter is made with that can change to TLS. It checks the options at once, then makes an open
 * connection secure and gives the transport that takes the place of `transport`. Without `serverSide`,
 * who accepted the connection is the server.
 */
export type TlsUpgrade = (
  transport: Transport,
  protocol: StreamingProtocol,
  options: StreamTlsOptions,
) => Coroutine<Transport>;
