// A file that is closed again in every case, also when the coroutine that uses it is cancelled.
//
// Opening and closing are promises, and those go on when nobody waits for them. So a cancellation that
// comes in the middle of one has to wait until it has ended.
import { type FileHandle, open } from "node:fs/promises";
import { type Awaitable, type Coroutine, fromPromise } from "heddle";

let opened = 0;

/** How many files `withFile` has open at this moment. */
export const openFiles = (): number => opened;

/** Gives the open file to `body`, and its result when the file is closed. */
export function* withFile<T>(path: string, body: (file: FileHandle) => Awaitable<T>): Coroutine<T> {
  const opening = open(path).then((file) => {
    opened++;
    return file;
  });
  try {
    return yield* body(yield* fromPromise(opening));
  } finally {
    yield* toTheEnd(close(opening));
  }
}

async function close(opening: Promise<FileHandle>): Promise<void> {
  const file = await opening.catch(() => undefined);
  if (file === undefined) return; // there was none to open
  await file.close();
  opened--;
}

function* toTheEnd(promise: Promise<void>): Coroutine<void> {
  try {
    yield* fromPromise(promise);
  } catch (error) {
    yield* fromPromise(promise);
    throw error;
  }
}
