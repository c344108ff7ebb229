/*
 * What TLS can be told, its checks, and what is made of it.
 *
 * All is checked, and every certificate read, when the call is made: not when the first client comes. That
 * costs up to a millisecond, so what was made of an object of options is kept for the next call with it.
 */
import { isIP } from "node:net";
import type { SecureContext, SecureContextOptions } from "node:tls";
import type {
  Certificate,
  SniAnswer,
  TlsClientOptions,
  TlsIdentity,
  TlsServerOptions,
} from "../../stream/tls.ts";
import { checkAmount, checkFlag, checkOptions, checkText } from "../options.ts";
import { bufferOf, checkIdentity, contextOf, IDENTITY } from "./tls-identity.ts";

/** TLS to be at the calling side, from options that were checked. */
export interface TlsClientPlan {
  readonly secureContext: SecureContext;
  /** Whose certificate it must be: a name or an address; undefined if nobody asks. */
  readonly host: string | undefined;
  /** What the server is told (SNI); not for addresses. */
  readonly servername: string | undefined;
  readonly alpnProtocols: string[] | undefined;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity:
    | ((host: string, certificate: Certificate) => Error | undefined)
    | undefined;
  readonly session: Buffer | undefined;
  readonly handshakeTimeout: number;
}

/** TLS to be at the side that is called. */
export interface TlsServerPlan {
  readonly identity: SecureContextOptions;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly alpnProtocols: string[] | undefined;
  readonly handshakeTimeout: number;
  /** What there is for a name that a client asks for. */
  readonly sni: ((servername: string) => unknown) | undefined;
  /** The context for what `sni` gave; undefined for the server's own. Throws TypeError or RangeError. */
  readonly sniContext: (answer: SniAnswer) => SecureContext | undefined;
}

const COMMON = [...IDENTITY, "alpnProtocols", "rejectUnauthorized", "handshakeTimeout"];
const CLIENT = [...COMMON, "servername", "checkServerIdentity", "session", "secureContext"];
const SERVER = [...COMMON, "requestCert", "sni"];

/** asyncio's. */
const HANDSHAKE_TIMEOUT = 60_000;

const clientContexts = new WeakMap<object, SecureContext>();
const serverPlans = new WeakMap<object, TlsServerPlan>();

/** The plan for `tls: …` of a connection to `host`; null without TLS. Throws TypeError or RangeError. */
export function checkClientTls(
  call: string,
  tls: unknown,
  host: string | undefined,
): TlsClientPlan | null {
  if (tls === undefined || tls === null || tls === false) return null;
  return clientPlan(`tls of ${call}`, tls === true ? {} : tls, host, []);
}

/** The plan for `tls: …` of a server; null without TLS. Throws TypeError or RangeError. */
export function checkServerTls(call: string, tls: unknown): TlsServerPlan | null {
  if (tls === undefined || tls === null || tls === false) return null;
  return serverPlan(`tls of ${call}`, tls === true ? {} : tls, []);
}

/** `call` is how errors call it; there may be `others` among the options. */
export function clientPlan(
  call: string,
  tls: unknown,
  host: string | undefined,
  others: string[],
): TlsClientPlan {
  checkOptions(call, tls, [...CLIENT, ...others]);
  const options = tls as TlsClientOptions;
  const { servername, rejectUnauthorized = true, checkServerIdentity, session } = options;
  const common = commonPlan(call, options);
  checkText(call, "servername", servername);
  if (checkServerIdentity !== undefined && typeof checkServerIdentity !== "function") {
    throw new TypeError(`${call}() needs a function (host, certificate) as checkServerIdentity`);
  }
  if (session !== undefined && !(session instanceof Uint8Array)) {
    throw new TypeError(`${call}() needs the bytes of a "session" event as session`);
  }
  const named = servername ?? host;
  if (named === undefined && rejectUnauthorized && checkServerIdentity === undefined) {
    throw new TypeError(
      `${call}() needs a servername: the name that the other side's certificate must be for`,
    );
  }
  return {
    ...common,
    secureContext: clientContext(call, options),
    host: named,
    // RFC 6066: no addresses.
    servername: named === undefined || isIP(named) !== 0 ? undefined : named,
    rejectUnauthorized,
    checkServerIdentity,
    session: session === undefined ? undefined : bufferOf(session),
  };
}

export function serverPlan(call: string, tls: unknown, others: string[]): TlsServerPlan {
  checkOptions(call, tls, [...SERVER, ...others]);
  const options = tls as TlsServerOptions;
  const known = serverPlans.get(options);
  if (known !== undefined) return known;
  const { cert, key, pfx, requestCert = false, rejectUnauthorized = true, sni } = options;
  const common = commonPlan(call, options);
  checkFlag(call, "requestCert", requestCert);
  if (pfx === undefined && (cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? "a cert" : "its key";
    throw new TypeError(`${call}() needs ${missing}, too: a server proves who it is by both`);
  }
  if (pfx === undefined && cert === undefined && sni === undefined) {
    throw new TypeError(
      `${call}() needs a cert and its key (or a pfx, or sni): who is the server?`,
    );
  }
  const identity = checkIdentity(call, options);
  contextOf(call, identity);
  const contexts = new SniContexts(identity);
  const plan: TlsServerPlan = {
    ...common,
    identity,
    requestCert,
    rejectUnauthorized,
    sni: sniOf(call, sni, contexts),
    sniContext: (answer) => contexts.of("the answer of sni", answer),
  };
  serverPlans.set(options, plan);
  return plan;
}

function commonPlan(
  call: string,
  options: TlsClientOptions | TlsServerOptions,
): { alpnProtocols: string[] | undefined; handshakeTimeout: number } {
  const { alpnProtocols, handshakeTimeout = HANDSHAKE_TIMEOUT, rejectUnauthorized } = options;
  checkFlag(call, "rejectUnauthorized", rejectUnauthorized);
  checkAmount(call, "handshakeTimeout", handshakeTimeout, 1);
  const isProtocol = (name: unknown) =>
    typeof name === "string" && name !== "" && Buffer.byteLength(name) < 256;
  if (
    alpnProtocols !== undefined &&
    !(Array.isArray(alpnProtocols) && alpnProtocols.length > 0 && alpnProtocols.every(isProtocol))
  ) {
    throw new TypeError(
      `${call}() needs an array of names of 1 to 255 bytes as alpnProtocols: ["h2", "http/1.1"]`,
    );
  }
  return { handshakeTimeout, alpnProtocols: alpnProtocols && [...alpnProtocols] };
}

// ---- certificates

function clientContext(call: string, options: TlsClientOptions): SecureContext {
  const { secureContext } = options;
  if (secureContext !== undefined) {
    const twice = IDENTITY.find((name) => options[name as keyof TlsIdentity] !== undefined);
    if (twice !== undefined) {
      throw new TypeError(`${call}() has ${twice} in its secureContext: give one of the two`);
    }
    if (!isSecureContext(secureContext)) {
      throw new TypeError(`${call}() needs what tls.createSecureContext() gives as secureContext`);
    }
    return secureContext;
  }
  let context = clientContexts.get(options);
  if (context === undefined) {
    context = contextOf(call, checkIdentity(call, options));
    clientContexts.set(options, context);
  }
  return context;
}

/** The contexts of a server's other names. Clients are judged by the server's authorities there, too. */
class SniContexts {
  readonly #made = new WeakMap<object, SecureContext>();
  readonly #server: SecureContextOptions;

  constructor(server: SecureContextOptions) {
    this.#server = server;
  }

  of(call: string, answer: SniAnswer): SecureContext | undefined {
    if (answer === undefined || answer === null) return undefined;
    if (typeof answer === "object" && isSecureContext(answer)) return answer;
    let context = this.#made.get(answer);
    if (context === undefined) {
      checkOptions(call, answer, IDENTITY);
      const { ca } = this.#server;
      context = contextOf(call, { ...(ca && { ca }), ...checkIdentity(call, answer) });
      this.#made.set(answer, context);
    }
    return context;
  }
}

function isSecureContext(value: object): value is SecureContext {
  return typeof (value as Partial<SecureContext>).context === "object";
}

function sniOf(call: string, sni: unknown, contexts: SniContexts): TlsServerPlan["sni"] {
  if (sni === undefined || typeof sni === "function") return sni as TlsServerPlan["sni"];
  if (typeof sni !== "object" || sni === null) {
    throw new TypeError(
      `${call}() needs certificates by name, or a function (servername), as sni, got ${typeof sni}`,
    );
  }
  const byName = new Map<string, SecureContext>();
  for (const [name, identity] of Object.entries(sni)) {
    const context = contexts.of(`sni["${name}"] in ${call}`, identity as TlsIdentity);
    if (context !== undefined) byName.set(name.toLowerCase(), context);
  }
  return (servername) => {
    const name = servername.toLowerCase();
    return byName.get(name) ?? byName.get(`*${name.slice(name.indexOf("."))}`);
  };
}
