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
  reading = true;
  const left = last?._buffer;
  const [reader, writer] = streamsOver(process.stdin, ways, options.limit, () => {
    reading = false;
  });
  if (left !== undefined) reader.feedData(left.take(left.length));
  last = reader;
  const close = () => writer.transport.close();
  return Object.assign(reader, { close, [Symbol.dispose]: close });
}

/**
 * Write to this process's stdout. `drain` waits while it holds too much: while a slow program reads the other
 * end of the pipe. `drain` and `waitClosed` throw ConnectionResetError, with the code "EPIPE", when nobody
 * reads it any more (`| head`). At the end of the run what was written is sent. Never suspends.
 *
 * @example
 * const stdout = stdoutWriter();
 * for (const row of rows) {
 *   stdout.write(`${row}\n`);
 *   yield* stdout.drain();
 * }
 */
export function stdoutWriter(): StreamWriter {
  return streamsOver(process.stdout, { reads: false, writes: true, shared: true })[1];
}

/** The same for stderr. */
export function stderrWriter(): StreamWriter {
  return streamsOver(process.stderr, { reads: false, writes: true, shared: true })[1];
}
