/** When a program that has ended is started again. */
export type Restart = "always" | "on-failure" | "never";

/** What a service is. Times are in milliseconds. */
export interface Service {
  readonly name: string;
  /** For the shell. */
  readonly command: string;
  readonly restart: Restart;
  /** Starts without a good run in between, after which it is given up. */
  readonly maxRestarts: number;
  /** The first pause before it is started again; each further one is twice as long … */
  readonly backoff: number;
  /** … up to this. */
  readonly maxBackoff: number;
  /** A run of this length is a good one: the pauses begin anew. */
  readonly resetAfter: number;
  /** What asks it to stop … */
  readonly stopSignal: string;
  /** … and how long it may take until it is killed. */
  readonly grace: number;
}

export const DEFAULTS: Omit<Service, "name" | "command"> = {
  restart: "always",
  maxRestarts: 10,
  backoff: 500,
  maxBackoff: 30_000,
  resetAfter: 10_000,
  stopSignal: "SIGTERM",
  grace: 5000,
};

/** The pause before the n-th start again: half of it by chance, so that services that fail together part. */
export function pauseBefore(restart: number, service: Service, random = Math.random()): number {
  const whole = Math.min(service.backoff * 2 ** (restart - 1), service.maxBackoff);
  return whole / 2 + (whole / 2) * random;
}

/** Is a program to be started again that has ended with this status? */
export function startsAgain({ restart }: Service, status: number): boolean {
  return restart === "always" || (restart === "on-failure" && status !== 0);
}
