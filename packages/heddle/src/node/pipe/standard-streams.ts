/*
 * stdin, stdout and stderr of this process as heddle's streams.
 *
 * They are the process's: closing ours leaves them open for the next who wants them. What a reader of stdin had
 * received and nobody had taken is kept for the next reader; to put it back into process.stdin would make that
 * read on, and keep the process alive.
 */
import { RuntimeError } from "../../coroutine/errors.ts";
import type { StreamReader } from "../../stream/stream-reader.ts";
import type { StreamWriter } from "../../stream/stream-writer.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { currentOwner } from "../../task/owner.ts";
import { checkAmount, checkOptions } from "../options.ts";
import { type NodeStreamOptions, streamsOver } from "./node-streams.ts";

let reading = false;

/** It may have received what nobody has taken. */
let last: StreamReader | null = null;

/** A StreamReader of stdin that can be closed before the run ends. */
export interface StdinReader extends StreamReader, Disposable {
  /** Stop to read: what was not taken is there for the next `stdinReader()`. */
  close(): void;
}

/**
 * Read this process's stdin: a pipe, a file, or a terminal (by line; Ctrl-D is the end). It is read only while
 * somebody reads, up to the limit, and keeps the process alive until it is closed or the run ends. Then it can be
 * opened again, and goes on where the last one stopped.
 *
 * Never suspends. Throws RuntimeError while there is another one. Counterpart: `connect_read_pipe(…, sys.stdin)`.
 *
 * @example
 * const stdin = stdinReader();
 * for (let line = yield* stdin.readline(); line.length > 0; line = yield* stdin.readline()) answer(line);
 */
export function stdinReader(options: NodeStreamOptions = {}): StdinReader {
  const call = "stdinReader";
  checkOptions(call, options, ["limit"]);
  checkAmount(call, "limit", options.limit, 1);
  if (reading) {
    throw new RuntimeError("stdinReader(): stdin has a reader already: close() that one first");
  }
  const ways = { reads: true, writes: false, shared: true };
  const left = last?._buffer;
  const [reader, writer] = streamsOver(process.stdin, ways, options.limit, () => {
    reading = false;
  });
  reading = true;
  if (left !== undefined) reader.feedData(left.take(left.length));
  last = reader;
  const close = () => writer.transport.close();
  return Object.assign(reader, { close, [Symbol.dispose]: close });
}

/**
 * Write to this process's stdout. `drain` waits while it holds too much: while a slow program reads the other
 * end of the pipe. `drain` and `waitClosed` throw ConnectionResetError, with the code "EPIPE", when nobody
 * reads it any more (`| head`). At the end of the run what was written is sent. A run has one such writer, which
 * each call gives until somebody closes it. Never suspends.
 *
 * @example
 * const stdout = stdoutWriter();
 * for (const row of rows) {
 *   stdout.write(`${row}\n`);
 *   yield* stdout.drain();
 * }
 */
export function stdoutWriter(): StreamWriter {
  return writerOf(process.stdout, stdoutWriters);
}

/** By the run, or by the loop outside of any. */
type Writers = WeakMap<object, StreamWriter>;

const stdoutWriters: Writers = new WeakMap();
const stderrWriters: Writers = new WeakMap();

function writerOf(stream: NodeJS.WriteStream, writers: Writers): StreamWriter {
  const loop = getRunningLoop();
  const home = currentOwner(loop) ?? loop;
  const open = writers.get(home);
  if (open !== undefined && !open.isClosing()) return open;
  const [, writer] = streamsOver(stream, { reads: false, writes: true, shared: true });
  writers.set(home, writer);
  return writer;
}

/** The same for stderr. */
export function stderrWriter(): StreamWriter {
  return writerOf(process.stderr, stderrWriters);
}
