/*
 * The options that pools of threads, of processes and of Web Workers have in common.
 */

export interface PoolOptions {
  /** At most so many workers, each with one job at a time; as many as there are processors if not given. */
  maxWorkers?: number;
  /** Jobs that may wait for a worker; beyond that `start` waits. Infinity if not given. */
  maxQueue?: number;
  /** Milliseconds that a cancelled job has to unwind, before its worker is killed and replaced; 1,000 if not given. */
  grace?: number;
  /**
   * Milliseconds after which a worker without a job is ended, which gives its memory back; the next job starts
   * another. Never if not given.
   */
  idleTimeout?: number;
  /** Shown in errors and in the names of threads; the class and a number if not given. */
  name?: string;
}

export type PoolPlan = Required<PoolOptions>;

const NAMES = ["maxWorkers", "maxQueue", "grace", "idleTimeout", "name"];

/** The options with what was not given, or an error that says what is wrong. `more`: further names. */
export function planPool(
  options: PoolOptions,
  className: string,
  defaults: PoolPlan,
  more: readonly string[],
): PoolPlan {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(
      `new ${className}() takes an object of options, such as { maxWorkers: 2 }, got ${String(options)}`,
    );
  }
  const known = [...NAMES, ...more];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(
      `new ${className}(): there is no option "${name}"; there are ${known.join(", ")}`,
    );
  }
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  const plan = { ...defaults, ...given };
  const { maxWorkers, maxQueue, grace, idleTimeout, name } = plan;
  const check = (isRight: boolean, option: string, expected: string, value: unknown) => {
    if (isRight) return;
    const got = typeof value === "string" ? JSON.stringify(value) : String(value);
    throw new RangeError(`new ${className}(): ${option} must be ${expected}, got ${got}`);
  };
  check(
    Number.isInteger(maxWorkers) && maxWorkers > 0,
    "maxWorkers",
    "a whole number from 1",
    maxWorkers,
  );
  const isCount = maxQueue === Number.POSITIVE_INFINITY || Number.isInteger(maxQueue);
  check(isCount && maxQueue >= 0, "maxQueue", "a whole number from 0, or Infinity", maxQueue);
  const isTime = (ms: unknown) => typeof ms === "number" && ms >= 0;
  check(isTime(grace), "grace", "milliseconds from 0, or Infinity", grace);
  check(isTime(idleTimeout), "idleTimeout", "milliseconds from 0, or Infinity", idleTimeout);
  check(typeof name === "string" && name !== "", "name", "a string", name);
  return plan;
}
