/*
 * A turn of the native loop, on whatever runtime: how a test lets the timers, I/O and promises of the
 * program around heddle go. Browsers have no setImmediate; there it is a message to oneself.
 */
const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };

/** Call back in a turn of the native loop of its own. */
export function nativeTurn(callback: () => void): void {
  if (setImmediate) {
    setImmediate(callback);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener("message", () => {
    port1.close();
    callback();
  });
  port1.start();
  port2.postMessage(null);
}
