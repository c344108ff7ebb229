/*
 * Async functions whose waits are Node's own: the errors with which these answer an aborted signal.
 */
import { setTimeout as nodeSleep } from "node:timers/promises";
import { CancelledError, createTask, sleep } from "heddle";
import { expect, test } from "vitest";
import { rejectionOf } from "./error-of.ts";

test("an AbortError caused by it counts as cancelled: what Node's own calls throw", async () => {
  const task = createTask(async (signal) => {
    await nodeSleep(30_000, undefined, { signal });
  });
  await sleep(0);
  task.cancel("enough");
  const error = await rejectionOf(task);
  expect(error).toEqual(new CancelledError("enough"));
  expect(task.cancelled()).toBe(true);
});

test("an AbortError of another signal is an ordinary error", async () => {
  const task = createTask(async () => {
    await nodeSleep(30_000, undefined, { signal: AbortSignal.abort() });
  });
  expect(await rejectionOf(task)).toMatchObject({ name: "AbortError" });
  expect(task.cancelled()).toBe(false);
});
