// Answers: a head, and a body from memory or from a file.
import type { FileHandle } from "node:fs/promises";
import { type Coroutine, fromPromise, type StreamWriter } from "heddle";
import type { Part } from "./conditions.ts";
import { REASONS } from "./http-error.ts";

/** Bytes of a file that are read at once. */
const PIECE = 64 * 1024;
/** Bytes of a body that are sent in one array with the head: copying them is cheaper than two arrays. */
const SHORT = 16 * 1024;

let second = 0;
let date = "";

/** `headers` are lines, each with its end. */
export function headOf(
  status: number,
  headers: string,
  length: number,
  keepAlive: boolean,
): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1000).toUTCString();
  }
  // 304 has no body; Content-Length would tell of the one that it stands for.
  const size = status === 304 ? "" : `Content-Length: ${length}\r\n`;
  const connection = keepAlive ? "keep-alive" : "close";
  const reason = REASONS[status];
  const line = `HTTP/1.1 ${status} ${reason}\r\n`;
  return `${line}Date: ${date}\r\n${size}Connection: ${connection}\r\n${headers}\r\n`;
}

export function sendBytes(writer: StreamWriter, head: string, body: Uint8Array): void {
  if (body.length > SHORT) {
    writer.writelines([Buffer.from(head, "latin1"), body]);
    return;
  }
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, "latin1");
  bytes.set(body, head.length);
  writer.write(bytes);
}

/**
 * Sends a part of a file; `progress` is called whenever a piece is ready. While it is being sent, the next
 * one is read: three pieces are in memory, however large the file and however slow the client. False if
 * the file has become too short.
 */
export function* sendFile(
  writer: StreamWriter,
  file: FileHandle,
  { start, end }: Part,
  progress: () => void,
): Coroutine<boolean> {
  let at = start;
  let next = fromPromise(readPiece(file, at, end));
  for (;;) {
    const piece = yield* next;
    if (piece.length === 0) return at === end;
    at += piece.length;
    writer.write(piece);
    next = fromPromise(readPiece(file, at, end));
    progress();
    yield* writer.drain();
  }
}

async function readPiece(file: FileHandle, at: number, end: number): Promise<Buffer> {
  // A new array each time: the writer keeps the last one until it is sent.
  const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE, end - at));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
  return buffer.subarray(0, bytesRead);
}
