// Two sums at the same time on the event loop.
// asyncio's documentation has one of them as its example.
import {
  type Coroutine,
  getEventLoop,
  sleep,
  taskGroup,
} from "heddle";

// `yield*` is Python's `await`, and times are milliseconds.
function* compute(x: number, y: number): Coroutine<number> {
  console.log(`compute ${x} + ${y} ...`);
  yield* sleep(100); // the loop does other things meanwhile
  return x + y;
}

function* printSum(x: number, y: number): Coroutine<void> {
  const sum = yield* compute(x, y);
  console.log(`${x} + ${y} = ${sum}`);
}

// The group ends when both of its tasks have ended.
export default function* main(): Coroutine<void> {
  yield* taskGroup(function* (group) {
    group.createTask(printSum(1, 2), { name: "1 + 2" });
    group.createTask(printSum(3, 4), { name: "3 + 4" });
  });
}

// The classic form: the loop in one's own hands.
export async function classic(): Promise<void> {
  const loop = getEventLoop();
  await loop.runUntilComplete(printSum(1, 2));
  loop.close();
}
