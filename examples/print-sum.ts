// Two sums at the same time on the event loop: the example of asyncio's documentation.
import { type Coroutine, getEventLoop, sleep, taskGroup } from "heddle";

function* compute(x: number, y: number): Coroutine<number> {
  console.log(`compute ${x} + ${y} ...`);
  yield* sleep(100); // milliseconds; the loop does other things meanwhile
  return x + y;
}

function* printSum(x: number, y: number): Coroutine<void> {
  const sum = yield* compute(x, y); // `yield*` is Python's `await`: sum is a number
  console.log(`${x} + ${y} = ${sum}`);
}

// The group ends when both of its tasks have ended.
export default function* main(): Coroutine<void> {
  yield* taskGroup(function* (group) {
    group.createTask(printSum(1, 2), { name: "1 + 2" });
    group.createTask(printSum(3, 4), { name: "3 + 4" });
  });
}

// The classic form, for those who hold the loop in their own hands.
export async function classic(): Promise<void> {
  const loop = getEventLoop();
  await loop.runUntilComplete(printSum(1, 2));
  loop.close();
}
