/*
 * Signals by name and by number.
 */
import { constants } from "node:os";

const numbers: Readonly<Record<string, number>> = constants.signals;

/** The number of a signal. */
export function signalNumber(name: string): number {
  return numbers[name] ?? 0;
}

/** The name of a signal, for its number too; 0 asks whether there is the process. Throws RangeError for one that there is not. */
export function checkSignal(call: string, signal: unknown): NodeJS.Signals | 0 {
  if (signal === 0) return 0;
  if (typeof signal === "number") {
    for (const [name, number] of Object.entries(numbers)) {
      if (number === signal) return name as NodeJS.Signals;
    }
  } else if (typeof signal === "string" && Object.hasOwn(numbers, signal)) {
    return signal as NodeJS.Signals;
  }
  const got = typeof signal === "string" ? JSON.stringify(signal) : String(signal);
  throw new RangeError(`${call}(): there is no signal ${got}: use "SIGTERM", say`);
}
