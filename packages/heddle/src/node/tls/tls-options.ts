export interface TlsClientOptions {
  readonly ca?: string;
}
export interface TlsServerOptions {
  readonly key?: string;
}
export function checkClientTls(
  call: string,
  tls: unknown,
  _host: string | undefined,
): TlsClientOptions | null {
  return refuse(call, tls);
}
export function checkServerTls(call: string, tls: unknown): TlsServerOptions | null {
  return refuse(call, tls);
}
function refuse(call: string, tls: unknown): null {
  if (tls === undefined || tls === null || tls === false) return null;
  throw new TypeError(`${call}() cannot do TLS yet: there is no option "tls" in this version`);
}
