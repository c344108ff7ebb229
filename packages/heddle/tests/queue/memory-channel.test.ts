import {
  BrokenResourceError,
  ClosedResourceError,
  createTask,
  DeadlockError,
  EndOfChannel,
  getRunningLoop,
  openMemoryChannel,
  run,
  sleep,
  type Task,
  taskGroup,
  timeout,
  WouldBlock,
} from "heddle";
import { describe, expect, test } from "vitest";
import { errorOf, rejectionOf } from "../task/error-of.ts";
import { trace, virtually } from "../trace.ts";

describe("sending and receiving", () => {
  test("neither suspends when it need not", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(1);
      createTask(function* () {
        step(2);
      });
      yield* sender.send("a");
      expect(yield* receiver.receive()).toBe("a");
      step(1);
      yield* sleep(0);
      finish(3);
    });
  });

  test("a full buffer makes senders wait, in line", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<number>(2);
      createTask(function* () {
        for (const item of [1, 2, 3]) yield* sender.send(item);
        step(2);
      });
      createTask(function* () {
        yield* sender.send(4);
        finish(3);
      });
      yield* sleep(1);
      expect(sender.statistics()).toEqual({
        currentBufferUsed: 2,
        maxBufferSize: 2,
        openSendChannels: 1,
        openReceiveChannels: 1,
        tasksWaitingSend: 2,
        tasksWaitingReceive: 0,
      });
      step(1);
      const got: number[] = [];
      for (let i = 0; i < 4; i++) got.push(yield* receiver.receive());
      expect(got).toEqual([1, 2, 3, 4]);
      yield* sleep(1);
    });
  });

  test("a capacity of 0 is a rendezvous: send waits for the receiver", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      expect(() => sender.sendNowait("nobody waits")).toThrow(WouldBlock);
      createTask(function* () {
        step(1);
        yield* sender.send("met");
        step(4);
      });
      yield* sleep(5);
      step(2);
      expect(yield* receiver.receive()).toBe("met");
      step(3);
      yield* sleep(1);
      expect(() => receiver.receiveNowait()).toThrow(WouldBlock);
      finish(5);
    });
  });

  test("receivers wait in line, and who waits owns the next item", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      const first = createTask(receiver.receive());
      const second = createTask(receiver.receive());
      yield* sleep(0);
      expect(sender.statistics().tasksWaitingReceive).toBe(2);
      // To a receiver that waits it goes at once, although there is no buffer.
      sender.sendNowait("a");
      // The first one has not run yet, and nobody can be quicker.
      expect(() => receiver.receiveNowait()).toThrow(WouldBlock);
      sender.sendNowait("b");
      expect(() => sender.sendNowait("c")).toThrow(WouldBlock);
      expect([yield* first, yield* second]).toEqual(["a", "b"]);
    });
  });

  test("a sender that waits owns the room that is made", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<number>(1);
      sender.sendNowait(1);
      createTask(sender.send(2));
      yield* sleep(0);
      expect(receiver.receiveNowait()).toBe(1);
      expect(() => sender.sendNowait(3)).toThrow(WouldBlock);
      expect(yield* receiver.receive()).toBe(2);
      sender.sendNowait(3);
      expect(receiver.receiveNowait()).toBe(3);
    });
  });

  test("an infinite capacity never makes anybody wait", () => {
    const [sender, receiver] = openMemoryChannel<number>(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 1000; i++) sender.sendNowait(i);
    for (let i = 0; i < 1000; i++) expect(receiver.receiveNowait()).toBe(i);
  });

  test("takes undefined, null and awaitables as items", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<unknown>(4);
      const awaitable = sender.send("never awaited");
      for (const item of [undefined, null, 0]) yield* sender.send(item);
      sender.sendNowait(awaitable);
      for (const item of [undefined, null, 0]) expect(yield* receiver.receive()).toBe(item);
      expect((yield* receiver.receive()) === awaitable).toBe(true);
    });
  });
});

describe("closing", () => {
  test("a closed sender sends nothing more; closing twice does nothing", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<number>(1, { name: "jobs" });
      sender.close();
      sender.close();
      const closed = new ClosedResourceError('MemorySendChannel "jobs" (0 of 1 items) is closed');
      expect(yield* errorOf(sender.send(1))).toEqual(closed);
      expect(() => sender.sendNowait(1)).toThrow(closed);
      expect(() => sender.clone()).toThrow(closed);
      expect(receiver.statistics().openSendChannels).toBe(0);
    });
  });

  test("receivers get what is buffered, then hear of the end", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(2);
      sender.sendNowait("last");
      sender.close();
      expect(yield* receiver.receive()).toBe("last");
      const end = new EndOfChannel(
        "MemoryReceiveChannel (0 of 2 items): all senders are closed, and nothing is left",
      );
      expect(yield* errorOf(receiver.receive())).toEqual(end);
      expect(() => receiver.receiveNowait()).toThrow(end);
    });
  });

  test("the last sender's close wakes receivers; others' does not", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      const other = sender.clone();
      createTask(function* () {
        expect(yield* errorOf(receiver.receive())).toBeInstanceOf(EndOfChannel);
        finish(2);
      });
      yield* sleep(1);
      sender.close();
      yield* sleep(1);
      step(1);
      other.close();
      yield* sleep(1);
    });
  });

  test("the last receiver's close drops the buffer and wakes senders", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(1);
      const other = receiver.clone();
      sender.sendNowait("dropped");
      const waiting = createTask(sender.send("never received"));
      yield* sleep(0);
      receiver.close();
      yield* sleep(0);
      expect(waiting.done()).toBe(false);
      other.close();
      const broken = new BrokenResourceError(
        "MemorySendChannel (0 of 1 items) has no receiver any more",
      );
      expect(((yield* errorOf(waiting)) as Error).name).toBe("BrokenResourceError");
      expect(yield* errorOf(sender.send("x"))).toEqual(broken);
      expect(() => sender.sendNowait("x")).toThrow(broken);
      expect(sender.statistics()).toMatchObject({ currentBufferUsed: 0, tasksWaitingSend: 0 });
    });
  });

  test("wakes those who wait on this very sender; those of its clones go on", async () => {
    await virtually(function* () {
      const [mine, receiver] = openMemoryChannel<string>(0);
      const other = mine.clone();
      const nope = createTask(mine.send("nope"));
      const fine = createTask(other.send("ok"));
      yield* sleep(0);
      mine.close();
      expect(yield* errorOf(nope)).toBeInstanceOf(ClosedResourceError);
      expect(yield* receiver.receive()).toBe("ok");
      yield* fine;
    });
  });

  test("wakes those who wait on this very receiver; those of its clones go on", async () => {
    await virtually(function* () {
      const [sender, mine] = openMemoryChannel<string>(0);
      const other = mine.clone();
      const nope = createTask(mine.receive());
      const fine = createTask(other.receive());
      yield* sleep(0);
      mine.close();
      expect(yield* errorOf(nope)).toBeInstanceOf(ClosedResourceError);
      expect(yield* errorOf(mine.receive())).toBeInstanceOf(ClosedResourceError);
      expect(() => mine.receiveNowait()).toThrow(ClosedResourceError);
      expect(() => mine.clone()).toThrow(ClosedResourceError);
      yield* sender.send("ok");
      expect(yield* fine).toBe("ok");
    });
  });

  test("a receiver that was served before its close has its item", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      const served = createTask(receiver.receive());
      yield* sleep(0);
      sender.sendNowait("in time");
      receiver.close();
      sender.close();
      expect(yield* served).toBe("in time");
    });
  });

  test("using closes", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<number>(1);
      {
        using closing = sender;
        yield* closing.send(1);
      }
      {
        using closing = receiver;
        expect(yield* closing.receive()).toBe(1);
        expect(yield* errorOf(closing.receive())).toBeInstanceOf(EndOfChannel);
      }
      expect(sender.statistics()).toMatchObject({ openSendChannels: 0, openReceiveChannels: 0 });
    });
  });

  test("many producers, each with a clone of its own: consumers end when all have", async () => {
    const got: number[] = [];
    const consumed = [0, 0];
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<number>(0);
      yield* taskGroup(function* (group) {
        for (let i = 0; i < 10; i++) {
          const own = sender.clone();
          group.createTask(function* () {
            using closing = own;
            for (let j = 3 * i; j < 3 * (i + 1); j++) yield* closing.send(j);
          });
        }
        sender.close();
        for (const which of [0, 1]) {
          group.createTask(function* () {
            for (;;) {
              try {
                got.push(yield* receiver.receive());
              } catch (error) {
                if (error instanceof EndOfChannel) return;
                throw error;
              }
              consumed[which]! += 1;
              yield* sleep(which);
            }
          });
        }
      });
    });
    expect(got.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(Math.min(...consumed)).toBeGreaterThan(0);
  });
});

describe("cancellation", () => {
  test("who waits and is cancelled leaves the line at once", async () => {
    await virtually(function* () {
      const [full, ,] = openMemoryChannel<number>(0);
      const [, empty] = openMemoryChannel<number>(0);
      const tasks = Array.from({ length: 200 }, (_, n) =>
        createTask<unknown>(n % 2 === 0 ? full.send(n) : empty.receive()),
      );
      yield* sleep(0);
      expect(full.statistics().tasksWaitingSend).toBe(100);
      expect(empty.statistics().tasksWaitingReceive).toBe(100);
      for (const task of tasks) task.cancel();
      expect(full.statistics().tasksWaitingSend).toBe(0);
      expect(empty.statistics().tasksWaitingReceive).toBe(0);
      for (const task of tasks) yield* errorOf(task);
    });
  });

  test("an item that was handed to a cancelled receiver goes to the next", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      const [first, second] = [createTask(receiver.receive()), createTask(receiver.receive())];
      yield* sleep(0);
      sender.sendNowait("item");
      first.cancel();
      yield* errorOf(first);
      expect(first.cancelled()).toBe(true);
      expect(yield* second).toBe("item");
    });
  });

  test("and without a next one to the front of the buffer, even if that has no room", async () => {
    await virtually(function* () {
      for (const capacity of [0, 1, 2]) {
        const [sender, receiver] = openMemoryChannel<string>(capacity);
        const cancelled = createTask(receiver.receive());
        yield* sleep(0);
        sender.sendNowait("a");
        cancelled.cancel();
        for (let i = 0; i < capacity; i++) sender.sendNowait("bc"[i] as string);
        const waiting = createTask(sender.send("z"));
        yield* errorOf(cancelled);
        yield* sleep(0);
        expect(sender.statistics().currentBufferUsed).toBe(capacity + 1);
        const got = [receiver.receiveNowait()];
        expect(waiting.done()).toBe(false);
        for (let i = 0; i <= capacity; i++) got.push(yield* receiver.receive());
        expect(got.join("")).toBe(`a${"bc".slice(0, capacity)}z`);
        yield* waiting;
      }
    });
  });

  test("and without any receiver left it is dropped, as the whole buffer is", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(1);
      const cancelled = createTask(receiver.receive());
      yield* sleep(0);
      sender.sendNowait("item");
      receiver.close();
      cancelled.cancel();
      yield* errorOf(cancelled);
      expect(sender.statistics().currentBufferUsed).toBe(0);
    });
  });

  test("a sender that is cancelled after room was made for it has sent nothing", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(1);
      sender.sendNowait("a");
      const [first, second] = [createTask(sender.send("b")), createTask(sender.send("c"))];
      yield* sleep(0);
      expect(receiver.receiveNowait()).toBe("a");
      first.cancel();
      yield* errorOf(first);
      yield* second;
      expect([receiver.receiveNowait(), receiver.statistics().currentBufferUsed]).toEqual(["c", 0]);
    });
  });

  test("what was received cannot be sent back: send succeeds, the cancellation comes next", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      const task: Task<void> = createTask(function* () {
        yield* sender.send("item");
        step(2);
        expect(task.cancelling()).toBe(1);
        expect(yield* errorOf(sleep(0))).toMatchObject({ message: "too late" });
        finish(3);
      });
      yield* sleep(0);
      expect(receiver.receiveNowait()).toBe("item");
      step(1);
      task.cancel("too late");
      yield* task;
    });
  });

  test("a time limit that passes in the moment in which the item is received does not count", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      // Both timers are due in the same iteration, this one first.
      let received = "";
      getRunningLoop().callLater(10, () => {
        received = receiver.receiveNowait();
      });
      let sent = false;
      yield* timeout(10, function* () {
        yield* sender.send("item");
        sent = true;
      });
      expect([sent, received]).toEqual([true, "item"]);
      // Nothing of the limit is left.
      yield* sleep(0);
    });
  });

  test("an error that is thrown into a send that waits takes its item back", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      const coroutine = (function* () {
        yield* sender.send("never");
      })();
      coroutine.next();
      expect(sender.statistics().tasksWaitingSend).toBe(1);
      expect(() => coroutine.throw(new Error("own"))).toThrow("own");
      expect(receiver.statistics().tasksWaitingSend).toBe(0);
    });
  });
});

describe("in async functions", () => {
  test("send and receive can be awaited", async () => {
    const [sender, receiver] = openMemoryChannel<number>(0);
    const sent = sender.send(1).then(() => "sent");
    expect([await receiver.receive(), await sent]).toEqual([1, "sent"]);
    const end = rejectionOf(receiver.receive());
    await sleep(1);
    sender.close();
    expect(await end).toBeInstanceOf(EndOfChannel);
  });

  test("for await gives the items until the end", async () => {
    const got: number[] = [];
    await run(async () => {
      const [sender, receiver] = openMemoryChannel<number>(0);
      createTask(function* () {
        using closing = sender;
        for (const item of [1, 2, 3]) yield* closing.send(item);
      });
      for await (const item of receiver) got.push(item);
      expect(receiver.statistics().openReceiveChannels).toBe(1);
    });
    expect(got).toEqual([1, 2, 3]);
  });

  test("for await throws what is no end", async () => {
    const [, receiver] = openMemoryChannel<number>(0);
    receiver.close();
    const items = receiver[Symbol.asyncIterator]();
    expect(await rejectionOf(items.next())).toBeInstanceOf(ClosedResourceError);
  });
});

test("capacities that are none", () => {
  for (const capacity of [-1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
    expect(() => openMemoryChannel(capacity)).toThrow(
      new RangeError(
        `openMemoryChannel(): the capacity must be a whole number of items, 0 or Infinity, got ${capacity}`,
      ),
    );
  }
  expect(() => openMemoryChannel("3" as never)).toThrow(
    new TypeError(
      "openMemoryChannel() needs a capacity: a number of items, 0 or Infinity, got string",
    ),
  );
});

test("a deadlock report names the channel", async () => {
  const deadlock = await rejectionOf(
    virtually(function* () {
      const [sender] = openMemoryChannel<number>(0, { name: "jobs" });
      yield* sender.send(1);
    }),
  );
  expect(deadlock).toBeInstanceOf(DeadlockError);
  expect((deadlock as Error).message).toContain('MemorySendChannel "jobs" (0 of 0 items)');
});
