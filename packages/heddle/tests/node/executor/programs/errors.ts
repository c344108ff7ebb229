// Errors that workers throw.
import { QueueEmpty, TimeoutError } from "heddle";

export class PaymentError extends RangeError {
  override name = "PaymentError";
  readonly cents: number;

  constructor(message: string, cents: number, options?: ErrorOptions) {
    super(message, options);
    this.cents = cents;
  }
}

export function failsToPay(): never {
  const root = new QueueEmpty("no coins");
  const middle = new TypeError("purse", { cause: root });
  throw new PaymentError("cannot pay", 250, { cause: middle });
}

export class UnknownHereError extends TypeError {
  override name = "UnknownHereError";
}

export function* failsUnknown(): Generator<never, never> {
  throw new UnknownHereError("who am I");
}

export function throwsWord(): never {
  throw "a word";
}

export function throwsNothing(): never {
  throw undefined;
}

export async function throwsMany(): Promise<never> {
  throw new AggregateError([new RangeError("one"), new TimeoutError("two")], "many");
}
