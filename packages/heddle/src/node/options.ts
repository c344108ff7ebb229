/*
 * Options are checked: a name that is not known is an error, not a wish that nobody hears.
 */

import { isIP } from "node:net";

/** Throws TypeError unless `options` is an object with no other keys than `known`. */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${call}() needs an object of options (${known.join(", ")})`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue;
    throw new TypeError(`${call}() has no option "${name}"; there are: ${known.join(", ")}`);
  }
}

/** Throws unless `port` is a port that can be connected to (or, from 0, listened on). */
export function checkPort(call: string, port: unknown, lowest: 0 | 1): void {
  if (typeof port !== "number") {
    throw new TypeError(`${call}() needs a number as its port, got ${describe(port)}`);
  }
  if (!Number.isInteger(port) || port < lowest || port > 65_535) {
    throw new RangeError(`${call}() needs a port from ${lowest} to 65535, got ${port}`);
  }
}

/** Throws unless `text` is undefined or a string that is not empty. */
export function checkText(call: string, name: string, text: unknown): void {
  if (text === undefined) return;
  if (typeof text !== "string" || text === "") {
    throw new TypeError(`${call}() needs a string as its ${name}, got ${describe(text)}`);
  }
}

/** Throws unless `amount` is undefined or a number of at least `lowest`. */
export function checkAmount(call: string, name: string, amount: unknown, lowest: number): void {
  if (amount === undefined) return;
  if (typeof amount !== "number") {
    throw new TypeError(`${call}() needs a number as its ${name}, got ${describe(amount)}`);
  }
  if (!(amount >= lowest)) {
    throw new RangeError(`${call}() needs a ${name} of at least ${lowest}, got ${amount}`);
  }
}

/** Throws unless `count` is undefined or a whole number of at least `lowest`. */
export function checkCount(call: string, name: string, count: unknown, lowest: number): void {
  checkAmount(call, name, count, lowest);
  if (count === undefined || Number.isSafeInteger(count)) return;
  throw new RangeError(`${call}() needs a whole number as its ${name}, got ${String(count)}`);
}

/** Throws unless `address` is undefined or an IP address. */
export function checkAddress(call: string, name: string, address: unknown): void {
  checkText(call, name, address);
  if (address === undefined || isIP(address as string) !== 0) return;
  throw new RangeError(`${call}() needs an IP address as its ${name}, got ${describe(address)}`);
}

/** Throws unless `flag` is undefined, true or false. */
export function checkFlag(call: string, name: string, flag: unknown): void {
  if (flag === undefined || typeof flag === "boolean") return;
  throw new TypeError(`${call}() needs true or false as ${name}, got ${describe(flag)}`);
}

/** Throws unless `factory` can be called for a protocol. */
export function checkFactory(call: string, factory: unknown): void {
  if (typeof factory === "function") return;
  throw new TypeError(
    `${call}() needs a function that makes the protocol first: () => new MyProtocol()`,
  );
}

/** Throws unless `protocol` has these methods; `base` is the class to extend. */
export function checkProtocol(
  call: string,
  protocol: unknown,
  methods: readonly string[],
  base: string,
): void {
  const missing = methods.find((name) => typeof (protocol as never)?.[name] !== "function");
  if (missing === undefined) return;
  throw new TypeError(
    `the protocol that ${call}() was given has no ${missing}(): extend ${base}, ` +
      "and return a new object for each connection",
  );
}

export function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
