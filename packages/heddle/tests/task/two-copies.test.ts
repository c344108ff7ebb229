/*
 * Two copies of heddle in one process, which package managers make all the time: what one of them made,
 * the other can await, recognise and cancel.
 */
import { createTask, gather, isCancelled, isFuture, run, sleep } from "heddle";
import { expect, test, vi } from "vitest";
import { virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

async function anotherCopy(): Promise<typeof import("heddle")> {
  vi.resetModules();
  const copy = await import("heddle");
  expect(copy.run).not.toBe(run);
  return copy;
}

test("futures and cancellations are recognised by brand", async () => {
  const other = await anotherCopy();
  expect(isFuture(new other.Future())).toBe(true);
  expect(isCancelled(new other.CancelledError())).toBe(true);
  await virtually(function* () {
    const task = createTask(function* () {
      throw new other.CancelledError("of the other copy");
    });
    expect(isCancelled(yield* errorOf(task))).toBe(true);
    expect(task.cancelled()).toBe(true);
  });
});

test("a task of one copy awaits what the other makes: sleep, queues, locks, events, groups", async () => {
  const other = await anotherCopy();
  const result = await virtually(function* () {
    yield* other.sleep(0);
    yield* other.sleep(10);
    const queue = new other.Queue<string>();
    createTask(function* () {
      yield* sleep(5);
      queue.putNowait("from the other copy's queue");
    });
    const item = yield* queue.get();
    using _guard = yield* new other.Lock().acquire();
    yield* other.gather([sleep(1), other.sleep(2)]);
    yield* gather([sleep(1), other.sleep(2)]);
    yield* other.timeout(100, () => sleep(1));
    return item;
  });
  expect(result).toBe("from the other copy's queue");
});
