/*
 * What a simulated network can be told, and its checks.
 */

/**
 * Milliseconds that a packet takes: always as many, from min to max by chance, or what the function says for
 * the names of two hosts.
 */
export type Latency =
  | number
  | readonly [min: number, max: number]
  | ((from: string, to: string) => number);

export interface SimulatedNetworkOptions {
  /** Of this network's chances. If not given they come from the loop: `runVirtual(main, { seed })`. */
  seed?: number;
  /** Milliseconds that a packet takes from one host to another, or to itself; 1 if not given. */
  latency?: Latency;
  /** Bytes per millisecond from one host to another, for all connections together; Infinity if not given. */
  bandwidth?: number;
  /** The probability, from 0 to 1, that a packet is lost: a stream sends it again later; 0 if not given. */
  loss?: number;
  /** The probability that a datagram comes twice; 0 if not given. */
  duplication?: number;
  /** The probability that a datagram is held back, for 1 to 3 times its latency more; 0 if not given. */
  reordering?: number;
  /** Bytes of the largest segment that a stream is cut into; 1460 if not given, as on Ethernet. */
  segmentSize?: number;
  /** Cut streams at random places, into segments of 1 byte to `segmentSize`. */
  fragment?: boolean;
  /** Bytes that one end of a connection has taken and not seen acknowledged, at most; 65,536 if not given. */
  sendBuffer?: number;
  /** Bytes that have come to one end and that its program has not read, at most; 65,536 if not given. */
  receiveBuffer?: number;
  /** Milliseconds after which a connect without an answer fails (ETIMEDOUT); 127,000 if not given, as on Linux. */
  connectTimeout?: number;
  /** Milliseconds after which a connection fails whose data is not acknowledged (ETIMEDOUT); 15 minutes if not given. */
  retransmissionTimeout?: number;
}

export type Settings = Required<Omit<SimulatedNetworkOptions, "seed">>;

export const DEFAULTS: Settings = {
  latency: 1,
  bandwidth: Number.POSITIVE_INFINITY,
  loss: 0,
  duplication: 0,
  reordering: 0,
  segmentSize: 1460,
  fragment: false,
  sendBuffer: 65_536,
  receiveBuffer: 65_536,
  connectTimeout: 127_000,
  retransmissionTimeout: 900_000,
};

const PROBABILITY = { lowest: 0, highest: 1, unit: "a probability from 0 to 1" };
const BYTES = { lowest: 1, highest: 2 ** 31, unit: "a whole number of bytes, at least 1" };
const TIME = { lowest: 0, highest: Number.POSITIVE_INFINITY, unit: "milliseconds, at least 0" };

const RANGES: Record<string, { lowest: number; highest: number; unit: string }> = {
  loss: PROBABILITY,
  duplication: PROBABILITY,
  reordering: PROBABILITY,
  segmentSize: BYTES,
  sendBuffer: BYTES,
  receiveBuffer: BYTES,
  connectTimeout: TIME,
  retransmissionTimeout: TIME,
  latency: { ...TIME, highest: Number.MAX_VALUE },
  bandwidth: {
    lowest: Number.MIN_VALUE,
    highest: Number.POSITIVE_INFINITY,
    unit: "bytes per millisecond, more than 0",
  },
  rate: { lowest: 0, highest: Number.POSITIVE_INFINITY, unit: "bytes per millisecond, at least 0" },
};

/** Throws TypeError or RangeError unless `value` can be the setting `name`. */
export function checkSetting(name: string, value: unknown): void {
  if (name === "fragment") {
    if (typeof value !== "boolean")
      throw new TypeError(`fragment must be true or false, got ${value}`);
    return;
  }
  if (name === "latency" && typeof value === "function") return;
  if (name === "latency" && Array.isArray(value)) {
    const [min, max] = value as unknown[];
    if (value.length === 2) {
      checkNumber(name, min);
      checkNumber(name, max);
      if ((min as number) <= (max as number)) return;
    }
    throw new RangeError(`latency must be [min, max] in milliseconds, got [${value.join(", ")}]`);
  }
  checkNumber(name, value);
}

function checkNumber(name: string, value: unknown): void {
  const { lowest, highest, unit } = RANGES[name] as (typeof RANGES)[string];
  if (typeof value !== "number")
    throw new TypeError(`${name} must be ${unit}, got ${String(value)}`);
  const whole = unit === BYTES.unit;
  if (value >= lowest && value <= highest && (!whole || Number.isInteger(value))) return;
  throw new RangeError(`${name} must be ${unit}, got ${value}`);
}

/** The options with what is not given; throws for what cannot be. */
export function checkedSettings(options: SimulatedNetworkOptions): Settings {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("new SimulatedNetwork() needs an object of options, or nothing");
  }
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(options)) {
    if (name === "seed" || value === undefined) continue;
    if (!(name in DEFAULTS)) {
      const known = ["seed", ...Object.keys(DEFAULTS)].join(", ");
      throw new TypeError(`new SimulatedNetwork() has no option "${name}"; there are: ${known}`);
    }
    checkSetting(name, value);
    settings[name] = value;
  }
  return settings as unknown as Settings;
}
