/*
 * What heddle uses of Web Workers. heddle's sources are checked without the types of browsers, and its users'
 * programs may be, too; the browsers' own `Worker` fits.
 */
export interface WebWorker {
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  terminate(): void;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** The browsers' `error` event of a worker. Without a message: the file could not be loaded. */
export interface WorkerErrorEvent {
  readonly message?: string;
  readonly filename?: string;
  readonly lineno?: number;
  readonly error?: unknown;
  preventDefault(): void;
}

/** One end of a channel, in browsers. */
export interface WebPort {
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
  start(): void;
  close(): void;
}
