// The visitors of chat-server.ts. Each says its name, waits until all are there, says hello, and hears
// what the others say. One reads slowly, one never says anything.
import { type Coroutine, gather, type StreamReader, sleep, waitFor } from "heddle";
import { openConnection } from "heddle/node";

const SLOW = 7;
const SILENT = 13;
const DEADLINE = 10_000; // milliseconds; far more than it takes

export interface Visit {
  kind: "usual" | "slow" | "silent";
  /** Lines. */
  heard: number;
  /** Milliseconds from beginning to end. */
  took: number;
}

const decoder = new TextDecoder();

/** The next line; "" when the other side has left. */
export function* readLine(reader: StreamReader): Coroutine<string> {
  return decoder.decode(yield* reader.readline()).trimEnd();
}

/** `count` visitors at the same time; all but one will say their name. */
export function* visitors(port: number, count: number): Coroutine<Visit[]> {
  const everybody = Array.from({ length: count }, (_, n) => visit(port, n, count - 2));
  return yield* waitFor(gather(everybody), DEADLINE);
}

function* visit(port: number, n: number, others: number): Coroutine<Visit> {
  const began = performance.now();
  const kind = n === SLOW ? "slow" : n === SILENT ? "silent" : "usual";
  const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
  let heard = 0;
  try {
    if (kind !== "silent") writer.write(`client ${n}\n`);
    const welcome = yield* readLine(reader);
    if (welcome !== "") writer.write("hello\n");
    while (heard < others && (yield* readLine(reader)) !== "") {
      heard++;
      if (kind === "slow") yield* sleep(12);
    }
  } finally {
    writer.close();
  }
  return { kind, heard, took: performance.now() - began };
}
