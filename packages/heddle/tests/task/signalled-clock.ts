/*
 * A virtual clock whose program can be ended by `exit`, and goes on all the same.
 */
import { VirtualClock } from "heddle/testing";

export class SignalledClock extends VirtualClock {
  /** What `exit` was called with. */
  readonly exits: number[] = [];

  exit(status: number): void {
    this.exits.push(status);
  }
}
