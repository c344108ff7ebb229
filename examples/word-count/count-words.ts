// What the threads of word-count.ts do. Each of them loads this module for itself.
import { readFileSync } from "node:fs";

export interface Counted {
  words: Map<string, number>;
  /** Files that were counted. */
  files: number;
  /** Files that are no text. */
  binary: number;
  /** Bytes that were read. */
  bytes: number;
  /** Why files could not be read. */
  errors: string[];
}

const WORD = /\p{L}[\p{L}\p{M}'’]+/gu;

/** How often each word is in these files. The CPU has most of the work: reading takes little. */
export function countWords(paths: readonly string[]): Counted {
  const counted: Counted = { words: new Map(), files: 0, binary: 0, bytes: 0, errors: [] };
  for (const path of paths) {
    try {
      countFile(path, counted);
    } catch (error) {
      // One file that cannot be read does not end the job.
      counted.errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  return counted;
}

function countFile(path: string, counted: Counted): void {
  const bytes = readFileSync(path);
  counted.bytes += bytes.length;
  // The letters of a source map are no words.
  if (bytes.includes(0) || path.endsWith(".map")) {
    counted.binary++;
    return;
  }
  counted.files++;
  for (const [word] of bytes.toString().toLowerCase().matchAll(WORD)) {
    counted.words.set(word, (counted.words.get(word) ?? 0) + 1);
  }
}
