/*
 * What vitest's own code asks of the worker that it believes to run in. It asks while it is loaded, so
 * this file is imported before it.
 */
Object.defineProperty(globalThis, "__vitest_worker__", {
  value: { config: { fakeTimers: {}, expect: {}, snapshotOptions: {} } },
});
