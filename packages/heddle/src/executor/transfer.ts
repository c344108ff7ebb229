/*
 * Buffers, ports and streams that are moved to the other thread instead of being copied.
 *
 * `postMessage` takes a list of them beside the message. A function's arguments and its result have no
 * "beside", so the list travels with the value, in a wrapper that never leaves this thread: it holds
 * a function, so that one which is not unwrapped, because it is hidden in an object, fails to be cloned
 * and is found, instead of arriving as an empty object.
 */

/**
 * What can be moved to another thread: an ArrayBuffer, a MessagePort, a stream, an ImageBitmap, an
 * OffscreenCanvas … By shape, for each runtime has its own; a typed array is none, its `buffer` is.
 */
export type Transferable =
  | ArrayBufferLike
  /** MessagePort, ImageBitmap, VideoFrame, AudioData, FileHandle. */
  | { close(): unknown }
  /** ReadableStream, WritableStream. */
  | { readonly locked: boolean }
  /** TransformStream. */
  | { readonly readable: object; readonly writable: object }
  /** OffscreenCanvas. */
  | { readonly width: number; readonly height: number };

function cannotBeCloned(): void {}

export class Transfer {
  readonly #value: unknown;
  readonly #list: readonly Transferable[];
  /** Makes structured clone refuse it. */
  readonly refusal = cannotBeCloned;

  constructor(value: unknown, list: readonly Transferable[]) {
    this.#value = value;
    this.#list = list;
  }

  get value(): unknown {
    return this.#value;
  }

  get list(): readonly Transferable[] {
    return this.#list;
  }
}

/**
 * A value whose buffers, ports or streams in `list` are moved to the other thread rather than copied: as an
 * argument of `submit` and its like, or as what a function returns in a worker.
 *
 * Moving takes no time, however large a buffer is, but leaves this side without it: as soon as a worker
 * takes the job, the buffer is detached, its `byteLength` is 0, and views of it are empty. A
 * SharedArrayBuffer is shared anyway, and need not be listed. Processes share no memory: between them
 * bytes are copied all the same, and the sender keeps its own.
 *
 * Wrap the whole argument, not a part of it. Throws TypeError if `list` is no array, or has an item that
 * is not transferable; of an item that only the runtime can judge, when it is sent.
 *
 * @example
 * const hash = yield* pool.submit(sha256, transfer(bytes, [bytes.buffer]));
 */
export function transfer<T>(value: T, list: readonly Transferable[]): T;
export function transfer(value: unknown, list: readonly Transferable[]): unknown {
  if (!Array.isArray(list)) {
    throw new TypeError(
      "transfer(): expected a list of what is to be moved, as in transfer(bytes, [bytes.buffer]), " +
        `got ${kindOf(list)}`,
    );
  }
  list.forEach(checkItem);
  // A copy: it is used when a worker takes the job, and the caller may change his.
  if (!(value instanceof Transfer)) return new Transfer(value, [...list]);
  return new Transfer(value.value, [...value.list, ...list]);
}

const NONE: readonly Transferable[] = Object.freeze([]);

/** The values, and all that is to be moved with them. Without any Transfer both are made of nothing new. */
export function takeTransfers(args: readonly unknown[]): {
  values: readonly unknown[];
  list: readonly Transferable[];
} {
  for (let index = 0; index < args.length; index++) {
    if (args[index] instanceof Transfer) return unwrap(args);
  }
  return { values: args, list: NONE };
}

function unwrap(args: readonly unknown[]): ReturnType<typeof takeTransfers> {
  // A set, for an engine refuses what is listed twice.
  const list = new Set<Transferable>();
  const values = args.map((each) => {
    if (!(each instanceof Transfer)) return each;
    for (const item of each.list) {
      checkThere(item);
      if (!isShared(item)) list.add(item);
    }
    return each.value;
  });
  return { values, list: [...list] };
}

/** What the language itself has; what a runtime adds to it, the runtime must judge. */
const DATA = /^(Array|Map|Set|Date|RegExp|Error|Promise|Boolean|Number|String)$/;

/** Refuses what is transferable on no runtime. */
function checkItem(item: unknown, index: number): void {
  if (ArrayBuffer.isView(item)) {
    const kind = kindOf(item);
    throw new TypeError(
      `transfer(): item ${index} of the list is a ${kind}, a view: list its buffer, as in ` +
        "transfer(bytes, [bytes.buffer])",
    );
  }
  const isObject = typeof item === "object" && item !== null;
  if (isObject && !DATA.test(kindOf(item)) && Object.getPrototypeOf(item) !== Object.prototype) {
    return;
  }
  throw new TypeError(
    `transfer(): item ${index} of the list is ${kindOf(item)}, which cannot be transferred: ` +
      "ArrayBuffers, MessagePorts and streams can",
  );
}

/** An engine sends what is detached without a word, and cannot read it on the other side. */
function checkThere(item: Transferable): void {
  if (!(item instanceof ArrayBuffer) || item.byteLength > 0) return;
  try {
    new Uint8Array(item);
  } catch {
    throw new TypeError(
      "transfer(): a buffer of the list is detached: it was transferred before, and is somebody else's now",
    );
  }
}

function isShared(item: unknown): boolean {
  return Object.prototype.toString.call(item) === "[object SharedArrayBuffer]";
}

function kindOf(value: unknown): string {
  if (typeof value !== "object") return typeof value;
  return value === null ? "null" : Object.prototype.toString.call(value).slice(8, -1);
}
