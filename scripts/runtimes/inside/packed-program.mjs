// Imports heddle as its users do, and prints three lines. packed.ts knows them.
import {
  createTask,
  isCancelled,
  Queue,
  run,
  sleep,
  TimeoutError,
  taskGroup,
  timeout,
} from "heddle";

await run(function* () {
  const queue = new Queue(1);
  const producer = createTask(function* () {
    for (const item of [1, 2, 3]) yield* queue.put(item);
  });
  const received = [];
  while (received.length < 3) received.push(yield* queue.get());
  yield* producer;
  console.log(`received ${received.join(", ")}`);

  let cleanedUp = false;
  try {
    yield* timeout(5, function* () {
      try {
        yield* sleep(60_000);
      } catch (error) {
        yield* sleep(1);
        cleanedUp = isCancelled(error);
        throw error;
      }
    });
  } catch (error) {
    if (error instanceof TimeoutError && cleanedUp) console.log("timed out after its clean-up");
  }

  const sum = yield* taskGroup(function* (group) {
    const parts = [20, 22].map((part) =>
      group.createTask(function* () {
        yield* sleep(1);
        return part;
      }),
    );
    return (yield* parts[0]) + (yield* parts[1]);
  });
  console.log(`the group gave ${sum}`);
});
