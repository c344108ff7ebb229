/*
 * What pipes are made of: streams of Node's, or descriptors of this process.
 */
import { createReadStream, createWriteStream, fstatSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { isatty, ReadStream, WriteStream } from "node:tty";

/** A stream that can be read, or the descriptor of a pipe, a socket, a terminal or a file. */
export type ReadPipe = Readable | number;
/** The same to write to. */
export type WritePipe = Writable | number;

/** The stream itself, or one over the descriptor. Throws TypeError for what is neither. */
export function readable(call: string, pipe: unknown): Readable {
  if (typeof pipe === "number") return readableOf(call, pipe);
  const stream = pipe as Readable;
  const { readableObjectMode } = stream ?? {};
  if (typeof stream?.resume !== "function" || typeof stream.on !== "function") {
    throw new TypeError(
      `${call}() needs a Readable of Node, or a descriptor; Web Streams: Readable.fromWeb(stream)`,
    );
  }
  if (readableObjectMode === true) throw objectMode(call);
  return stream;
}

export function writable(call: string, pipe: unknown): Writable {
  if (typeof pipe === "number") return writableOf(call, pipe);
  const stream = pipe as Writable;
  if (typeof stream?.write !== "function" || typeof stream.on !== "function") {
    throw new TypeError(
      `${call}() needs a Writable of Node, or a descriptor; Web Streams: Writable.fromWeb(stream)`,
    );
  }
  if (stream.writableObjectMode) throw objectMode(call);
  return stream;
}

function objectMode(call: string): TypeError {
  return new TypeError(`${call}() needs a stream of bytes: this one is in object mode`);
}

function readableOf(call: string, fd: number): Readable {
  const kind = kindOf(call, fd);
  if (kind === "terminal") return new ReadStream(fd);
  if (kind === "file") return createReadStream("", { fd });
  return new Socket({ fd, readable: true, writable: false });
}

function writableOf(call: string, fd: number): Writable {
  const kind = kindOf(call, fd);
  if (kind === "terminal") return new WriteStream(fd);
  if (kind === "file") return createWriteStream("", { fd });
  return new Socket({ fd, readable: false, writable: true });
}

function kindOf(call: string, fd: number): "terminal" | "file" | "pipe" {
  if (!Number.isInteger(fd) || fd < 0) {
    throw new RangeError(`${call}(): ${fd} is no descriptor`);
  }
  if (isatty(fd)) return "terminal";
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket() ? "pipe" : "file";
  } catch (error) {
    const { code } = error as { code?: string };
    const message = `${call}(): descriptor ${fd} is not open (${code})`;
    throw Object.assign(new Error(message, { cause: error }), { code });
  }
}
