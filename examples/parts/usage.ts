// What a command line asks for, or how it is to be written.

/** What `read` gives. If it throws: says why and how, sets the exit status to 2 (bad usage), and gives undefined. */
export function orUsage<T>(usage: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** A port; 0 stands for a free one. Throws an Error in words for anything else. */
export function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`a port is a number from 0 to 65535, not "${text}"`);
}
