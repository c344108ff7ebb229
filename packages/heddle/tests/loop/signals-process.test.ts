/*
 * Signals that the test's own process gets: a worker thread would not.
 */
import process from "node:process";
import { EventLoop, run, sleep } from "heddle";
import { expect, test } from "vitest";

test("a handler is called in the loop, again and again, until it is removed", async () => {
  const loop = new EventLoop();
  const seen: unknown[] = [];
  loop.addSignalHandler("SIGUSR2", (...args: unknown[]) => seen.push(args), "a", 1);
  await run(
    function* () {
      for (let i = 0; i < 2; i++) {
        process.kill(process.pid, "SIGUSR2");
        yield* sleep(30);
      }
    },
    { loop },
  );
  expect(seen).toEqual([
    ["a", 1],
    ["a", 1],
  ]);
  expect(process.listenerCount("SIGUSR2")).toBe(1);
  loop.addSignalHandler("SIGUSR2", () => {});
  expect(process.listenerCount("SIGUSR2")).toBe(1);
  expect([loop.removeSignalHandler("SIGUSR2"), loop.removeSignalHandler("SIGUSR2")]).toEqual([
    true,
    false,
  ]);
  expect(process.listenerCount("SIGUSR2")).toBe(0);
  loop.close();
});
