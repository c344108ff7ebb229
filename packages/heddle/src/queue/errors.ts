/** There is no item, and `getNowait` does not wait. Counterpart: `asyncio.QueueEmpty`. */
export class QueueEmpty extends Error {
  override name = "QueueEmpty";
}

/** There is no room, and `putNowait` does not wait. Counterpart: `asyncio.QueueFull`. */
export class QueueFull extends Error {
  override name = "QueueFull";
}

/** The queue was shut down. Counterpart: `asyncio.QueueShutDown`. */
export class QueueShutDown extends Error {
  override name = "QueueShutDown";
}
