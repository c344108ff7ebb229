/** It cannot be done now, and `sendNowait` and `receiveNowait` do not wait. Counterpart: `trio.WouldBlock`. */
export class WouldBlock extends Error {
  override name = "WouldBlock";
}

/** Every sender was closed, and nothing is left to receive. Counterpart: `trio.EndOfChannel`. */
export class EndOfChannel extends Error {
  override name = "EndOfChannel";
}

/** The other side is gone. Counterpart: `trio.BrokenResourceError`. */
export class BrokenResourceError extends Error {
  override name = "BrokenResourceError";
}

/** It was closed here, on this side. Counterpart: `trio.ClosedResourceError`. */
export class ClosedResourceError extends Error {
  override name = "ClosedResourceError";
}
