/*
 * What stands in a job: JSON that other tools can read, and that loses nothing.
 *
 * Plain JSON values stay as they are. What JSON would drop or change becomes a tagged object,
 * `{ "$": "Date", "value": … }`: undefined (in arrays, and as the whole value), Date, BigInt, Map, Set,
 * Uint8Array, NaN, Infinity and -0. An object that has a key "$" of its own is tagged too. Everything
 * else (functions, symbols, instances of classes, cycles) is refused with its path, instead of arriving
 * as something else. As in JSON, a property that is undefined is left out.
 */

const TAG = "$";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A copy of `value` as JSON. `what` names it for the error, such as "argument 2 of resize()". Throws
 * TypeError, which names the path, for what cannot be sent.
 */
export function toJson(value: unknown, what: string): Json {
  return encode(value, what, "", []);
}

function encode(value: unknown, what: string, path: string, above: object[]): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : tag("number", text(value));
    case "bigint":
      return tag("bigint", String(value));
    case "undefined":
      return { [TAG]: "undefined" };
    case "object":
      if (value === null) return null;
      return encodeObject(value, what, path, above);
    default:
      return refuse(`a ${typeof value}`, what, path);
  }
}

function encodeObject(value: object, what: string, path: string, above: object[]): Json {
  if (above.includes(value)) return refuse("an object that contains itself", what, path);
  const inside = [...above, value];
  const each = (item: unknown, key: string) => encode(item, what, path + key, inside);
  if (Array.isArray(value)) return Array.from(value, (item, index) => each(item, `[${index}]`));
  if (value instanceof Date) return tag("Date", text(value.getTime()));
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return tag("Uint8Array", bytes.toString("base64"));
  }
  if (value instanceof Map) {
    return tag(
      "Map",
      Array.from(value, ([key, item], index) => [
        each(key, `.key(${index})`),
        each(item, `.value(${index})`),
      ]),
    );
  }
  if (value instanceof Set) {
    return tag(
      "Set",
      Array.from(value, (item, index) => each(item, `.value(${index})`)),
    );
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const name = value.constructor?.name || "a class";
    return refuse(`an instance of ${name}`, what, path);
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const copy = Object.fromEntries(entries.map(([key, item]) => [key, each(item, `.${key}`)]));
  return Object.hasOwn(copy, TAG) ? tag("Object", copy) : copy;
}

function tag(name: string, value: Json): Json {
  return { [TAG]: name, value };
}

function text(number: number): string {
  return Object.is(number, -0) ? "-0" : String(number);
}

function refuse(kind: string, what: string, path: string): never {
  throw new TypeError(
    `${what}${path === "" ? "" : ` contains, at ${path.replace(/^\./, "")},`} ${path === "" ? "is " : ""}` +
      `${kind}, which cannot be stored in a job. Jobs hold JSON, undefined, Date, BigInt, Map, Set and ` +
      "Uint8Array: send plain data",
  );
}

/** The value that `toJson` was given. Changes `json`, which must be fresh from JSON.parse. */
export function fromJson(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) {
    for (let index = 0; index < json.length; index++) json[index] = fromJson(json[index]);
    return json;
  }
  const fields = json as Record<string, unknown>;
  if (!Object.hasOwn(fields, TAG)) return decodeFields(fields);
  const { value } = fields;
  switch (fields[TAG]) {
    case "undefined":
      return undefined;
    case "number":
      return Number(value);
    case "bigint":
      return BigInt(value as string);
    case "Date":
      return new Date(Number(value));
    case "Uint8Array":
      return new Uint8Array(Buffer.from(value as string, "base64"));
    case "Map":
      return new Map(fromJson(value) as [unknown, unknown][]);
    case "Set":
      return new Set(fromJson(value) as unknown[]);
    case "Object":
      return decodeFields(value as Record<string, unknown>);
    default:
      // Not of ours: another tool's data.
      return decodeFields(fields);
  }
}

function decodeFields(fields: Record<string, unknown>): unknown {
  for (const key of Object.keys(fields)) fields[key] = fromJson(fields[key]);
  return fields;
}
