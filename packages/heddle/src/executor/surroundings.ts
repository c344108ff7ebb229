/*
 * What a pool asks of its platform.
 */
import type { FunctionReference } from "./messages.ts";
import type { OpenLink } from "./worker-link.ts";

/** A function, as everybody may hand it over. */
export type AnyFunction = (...args: never[]) => unknown;

/** A function that was found or made again from its reference. */
export type Found = (...args: readonly unknown[]) => unknown;

export interface Surroundings {
  /** Start a worker. */
  readonly open: OpenLink;
  /** How a worker finds this function. Throws TypeError where it cannot. `call`: for messages. */
  reference(fn: AnyFunction, call: string): FunctionReference;
  /** Find a function that a worker wants to have run here. */
  load(reference: FunctionReference): Found | Promise<Found>;
  /** Milliseconds, real ones: workers live in the world, whatever the loop's clock says. */
  now(): number;
  /** Call `fn` after so many real milliseconds, unless the returned function is called. */
  after(ms: number, fn: () => void): () => void;
}
