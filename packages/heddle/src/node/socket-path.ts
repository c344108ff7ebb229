/*
 * Paths of Unix sockets to listen on.
 *
 * The socket file of a process that has died stands in the way of the next one that wants to listen there.
 *
 * asyncio removes any socket that it finds, and takes the place of a server that lives. Here it is tried
 * first: only where nobody listens any more (ECONNREFUSED) the file is removed, and only if it is a socket.
 */
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import type { Coroutine } from "../coroutine/types.ts";
import { awaitPromise } from "../task/as-coroutine.ts";

/** Remove the socket at `path` if nobody listens on it; true if it is gone. */
export function removeStale(path: string): Coroutine<boolean> {
  return awaitPromise(removed(path));
}

async function removed(path: string): Promise<boolean> {
  // An abstract name is gone with its process.
  if (path.startsWith("\0")) return false;
  try {
    if (!(await lstat(path)).isSocket()) return false;
    if ((await refusal(path)) !== "ECONNREFUSED") return false;
    await unlink(path);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "ENOENT";
  }
}

/** The code of what keeps one from connecting to `path`; null if nothing does. */
function refusal(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.on("error", (error) => resolve((error as { code?: string }).code ?? null));
    socket.on("connect", () => {
      socket.destroy();
      resolve(null);
    });
  });
}

/** Bytes of a path that the system keeps. Of a longer one Node would take the beginning, and say nothing. */
const LONGEST = process.platform === "linux" ? 107 : 103;

/** Throws for a path that is too long for a socket. */
export function checkLength(path: string): void {
  const length = Buffer.byteLength(path);
  if (length <= LONGEST) return;
  throw Object.assign(new Error(`${length} bytes, of at most ${LONGEST}`), {
    code: "ENAMETOOLONG",
  });
}
