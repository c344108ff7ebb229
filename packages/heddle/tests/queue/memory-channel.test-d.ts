import {
  createTask,
  type MemoryReceiveChannel,
  type MemorySendChannel,
  openMemoryChannel,
  run,
} from "heddle";
import { expectTypeOf, test } from "vitest";

test("the item's type is given once, and comes out of every receive", () => {
  const [sender, receiver] = openMemoryChannel<string>(1);
  expectTypeOf(sender).toEqualTypeOf<MemorySendChannel<string>>();
  expectTypeOf(receiver).toEqualTypeOf<MemoryReceiveChannel<string>>();
  run(function* () {
    expectTypeOf(yield* sender.send("a")).toEqualTypeOf<void>();
    expectTypeOf(yield* receiver.receive()).toEqualTypeOf<string>();
    expectTypeOf(yield* createTask(receiver.receive())).toEqualTypeOf<string>();
    expectTypeOf(receiver.receiveNowait()).toEqualTypeOf<string>();
    expectTypeOf(receiver.clone()).toEqualTypeOf<MemoryReceiveChannel<string>>();
    // @ts-expect-error: this channel takes strings
    yield* sender.send(1);
  });
  run(async () => {
    expectTypeOf(await receiver.receive()).toEqualTypeOf<string>();
    for await (const item of receiver) expectTypeOf(item).toEqualTypeOf<string>();
  });
});

test("a sender takes less, a receiver gives more", () => {
  const [sender, receiver] = openMemoryChannel<string | number>(1);
  expectTypeOf(sender).toExtend<MemorySendChannel<string>>();
  expectTypeOf(receiver).toExtend<MemoryReceiveChannel<unknown>>();
  // @ts-expect-error: it would have to take anything
  const _sender: MemorySendChannel<unknown> = sender;
  // @ts-expect-error: numbers may come out
  const _receiver: MemoryReceiveChannel<string> = receiver;
});
