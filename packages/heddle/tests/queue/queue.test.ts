import fc from "fast-check";
import {
  createTask,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  sleep,
} from "heddle";
import { describe, expect, test } from "vitest";
import { errorOf } from "../task/error-of.ts";
import { trace, virtually } from "../trace.ts";

describe("Queue", () => {
  test("put and get do not suspend when they need not", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const queue = new Queue<string>();
      createTask(function* () {
        step(2);
      });
      yield* queue.put("a");
      expect(yield* queue.get()).toBe("a");
      step(1);
      yield* sleep(0);
      finish(3);
    });
  });

  test("getters wait in line, and get the items in order", async () => {
    await virtually(function* () {
      const queue = new Queue<number>();
      const getters = [1, 2, 3].map(() => createTask(queue.get()));
      yield* sleep(0);
      expect(queue.statistics().getters).toBe(3);
      for (const item of [10, 20, 30]) queue.putNowait(item);
      const got: number[] = [];
      for (const getter of getters) got.push(yield* getter);
      expect(got).toEqual([10, 20, 30]);
    });
  });

  test("a full queue makes putters wait: the slow consumer slows the producer down", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const queue = new Queue<number>(2);
      createTask(function* () {
        for (const item of [1, 2, 3, 4]) yield* queue.put(item);
        step(4);
      });
      yield* sleep(1);
      expect([queue.full(), queue.qsize(), queue.statistics().putters]).toEqual([true, 2, 1]);
      step(1);
      expect(yield* queue.get()).toBe(1);
      yield* sleep(1);
      step(2);
      expect(queue.qsize()).toBe(2);
      expect(yield* queue.get()).toBe(2);
      step(3);
      yield* sleep(1);
      expect([yield* queue.get(), yield* queue.get(), queue.empty()]).toEqual([3, 4, true]);
      finish(5);
    });
  });

  test("getNowait and putNowait do not wait", () => {
    const queue = new Queue<number>(1, { name: "jobs" });
    expect(() => queue.getNowait()).toThrow(new QueueEmpty('Queue "jobs" (0 of 1 items) is empty'));
    queue.putNowait(1);
    expect(() => queue.putNowait(2)).toThrow(
      new QueueFull('Queue "jobs" (1 of 1 items) has 1 items, its maximum'),
    );
    expect(queue.getNowait()).toBe(1);
  });

  test("takes undefined and null as items", async () => {
    await virtually(function* () {
      const queue = new Queue<unknown>();
      for (const item of [undefined, null, 0]) queue.putNowait(item);
      expect([yield* queue.get(), yield* queue.get(), yield* queue.get()]).toEqual([
        undefined,
        null,
        0,
      ]);
    });
  });

  test("a maximum of 0 or less is none", () => {
    for (const maxsize of [0, -1]) {
      const queue = new Queue<number>(maxsize);
      for (let i = 0; i < 100; i++) queue.putNowait(i);
      expect([queue.full(), queue.qsize(), queue.maxsize]).toEqual([false, 100, maxsize]);
    }
  });
});

describe("join and taskDone", () => {
  test("join waits until every item that was put is done with", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const queue = new Queue<number>();
      yield* queue.join();
      step(1);
      queue.putNowait(1);
      queue.putNowait(2);
      const joiners = [createTask(queue.join()), createTask(queue.join())];
      yield* queue.get();
      queue.taskDone();
      yield* sleep(1);
      expect(joiners.some((joiner) => joiner.done())).toBe(false);
      yield* queue.get();
      yield* sleep(1);
      step(2);
      queue.taskDone();
      for (const joiner of joiners) yield* joiner;
      finish(3);
    });
  });

  test("taskDone too often", () => {
    expect(() => new Queue().taskDone()).toThrow(
      new RangeError("taskDone() called too many times"),
    );
  });
});

describe("shutdown", () => {
  const wasShutDown = new QueueShutDown('Queue "jobs" (0 items) was shut down');

  test("lets nothing in; getters empty it, then hear of it", async () => {
    await virtually(function* () {
      const queue = new Queue<number>(0, { name: "jobs" });
      queue.putNowait(1);
      queue.shutdown();
      expect(() => queue.putNowait(2)).toThrow(QueueShutDown);
      expect(yield* errorOf(queue.put(2))).toBeInstanceOf(QueueShutDown);
      expect(yield* queue.get()).toBe(1);
      expect(yield* errorOf(queue.get())).toEqual(wasShutDown);
      expect(() => queue.getNowait()).toThrow(wasShutDown);
    });
  });

  test("wakes all who wait, on both sides", async () => {
    await virtually(function* () {
      const empty = new Queue<number>();
      const getters = [createTask(empty.get()), createTask(empty.get())];
      const full = new Queue<number>(1);
      full.putNowait(1);
      const putters = [createTask(full.put(2)), createTask(full.put(3))];
      yield* sleep(0);
      empty.shutdown();
      full.shutdown();
      for (const task of [...getters, ...putters]) {
        expect(yield* errorOf(task)).toBeInstanceOf(QueueShutDown);
      }
      expect(full.qsize()).toBe(1);
    });
  });

  test("immediate drops the items, and lets join end", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const queue = new Queue<number>();
      for (const item of [1, 2, 3]) queue.putNowait(item);
      const joiner = createTask(queue.join());
      yield* sleep(0);
      step(1);
      queue.shutdown({ immediate: true });
      yield* joiner;
      expect(queue.empty()).toBe(true);
      expect(yield* errorOf(queue.get())).toBeInstanceOf(QueueShutDown);
      finish(2);
    });
  });

  test("immediate leaves what was taken and is not done with", async () => {
    await virtually(function* () {
      const queue = new Queue<number>();
      queue.putNowait(1);
      queue.putNowait(2);
      yield* queue.get();
      queue.shutdown({ immediate: true });
      const joiner = createTask(queue.join());
      yield* sleep(1);
      expect(joiner.done()).toBe(false);
      queue.taskDone();
      yield* joiner;
    });
  });
});

describe("cancellation", () => {
  test("waiters that are cancelled leave the lists", async () => {
    await virtually(function* () {
      const empty = new Queue<number>();
      const full = new Queue<number>(1);
      full.putNowait(0);
      const tasks = Array.from({ length: 200 }, (_, n) =>
        createTask<unknown>(n % 2 === 0 ? empty.get() : full.put(n)),
      );
      const joiner = createTask(full.join());
      yield* sleep(0);
      expect([empty.statistics().getters, full.statistics().putters]).toEqual([100, 100]);
      for (const task of [...tasks, joiner]) task.cancel();
      for (const task of [...tasks, joiner]) yield* errorOf(task);
      expect([empty.statistics().getters, full.statistics().putters]).toEqual([0, 0]);
      expect(full.qsize()).toBe(1);
    });
  });

  test("a getter that is cancelled after it was woken wakes the next: no item is lost", async () => {
    await virtually(function* () {
      const queue = new Queue<string>();
      const [first, second] = [createTask(queue.get()), createTask(queue.get())];
      yield* sleep(0);
      queue.putNowait("item");
      first.cancel();
      yield* errorOf(first);
      expect(first.cancelled()).toBe(true);
      expect(yield* second).toBe("item");
    });
  });

  test("a putter that is cancelled after it was woken wakes the next, and puts nothing in", async () => {
    await virtually(function* () {
      const queue = new Queue<string>(1);
      queue.putNowait("a");
      const [first, second] = [createTask(queue.put("b")), createTask(queue.put("c"))];
      yield* sleep(0);
      queue.getNowait();
      first.cancel();
      yield* errorOf(first);
      yield* second;
      expect([queue.getNowait(), queue.empty()]).toEqual(["c", true]);
    });
  });

  test("a getter whose item somebody else took waits again", async () => {
    await virtually(function* () {
      const queue = new Queue<string>();
      const getter = createTask(queue.get());
      yield* sleep(0);
      queue.putNowait("stolen");
      expect(queue.getNowait()).toBe("stolen");
      yield* sleep(1);
      expect(getter.done()).toBe(false);
      queue.putNowait("its own");
      expect(yield* getter).toBe("its own");
    });
  });
});

describe("LifoQueue", () => {
  test("gives the newest first", () => {
    const queue = new LifoQueue<number>();
    for (const item of [1, 2, 3]) queue.putNowait(item);
    expect([queue.getNowait(), queue.getNowait(), queue.getNowait()]).toEqual([3, 2, 1]);
  });
});

describe("PriorityQueue", () => {
  test("gives the smallest first, equal ones in the order they came", () => {
    // Values that differ where the comparison does not look tell the order of equals.
    const item = fc.record({ priority: fc.nat(5), data: fc.nat() });
    fc.assert(
      fc.property(fc.array(fc.option(item, { freq: 2 })), (operations) => {
        const queue = new PriorityQueue<{ priority: number; data: number }>(0, {
          compare: (a, b) => a.priority - b.priority,
        });
        const model: { priority: number; data: number }[] = [];
        for (const each of operations) {
          if (each !== null) {
            queue.putNowait(each);
            model.push(each);
          } else if (model.length > 0) {
            model.sort((a, b) => a.priority - b.priority);
            expect(queue.getNowait()).toBe(model.shift());
          }
          expect(queue.qsize()).toBe(model.length);
        }
      }),
    );
  });

  test("compares arrays as Python compares tuples", () => {
    const queue = new PriorityQueue<unknown[]>();
    const items = [[10], [9, "b"], [9, "a", 1], [9, "a"], [-1], [9]];
    for (const item of items) queue.putNowait(item);
    expect(items.map(() => queue.getNowait())).toEqual([
      [-1],
      [9],
      [9, "a"],
      [9, "a", 1],
      [9, "b"],
      [10],
    ]);
  });

  test("takes strings, and falsy items", () => {
    const words = new PriorityQueue<string>();
    for (const word of ["b", "", "a"]) words.putNowait(word);
    expect([words.getNowait(), words.getNowait(), words.getNowait()]).toEqual(["", "a", "b"]);
  });
});

test("names for reports", () => {
  const full = new Queue<number>(5, { name: "jobs" });
  full.putNowait(1);
  expect([String(full), String(new LifoQueue()), String(new PriorityQueue())]).toEqual([
    'Queue "jobs" (1 of 5 items)',
    "LifoQueue (0 items)",
    "PriorityQueue (0 items)",
  ]);
});

test("many producers and consumers: each item once, in each producer's order", async () => {
  await virtually(function* () {
    const queue = new Queue<[producer: number, n: number]>(3);
    const got: [number, number][] = [];
    const producers = [0, 1, 2].map((producer) =>
      createTask(function* () {
        for (let n = 0; n < 50; n++) {
          yield* queue.put([producer, n]);
          if (n % (producer + 2) === 0) yield* sleep(producer);
        }
      }),
    );
    const consumers = [0, 1].map((consumer) =>
      createTask(function* () {
        for (;;) {
          got.push(yield* queue.get());
          yield* sleep(consumer);
          queue.taskDone();
        }
      }),
    );
    for (const producer of producers) yield* producer;
    yield* queue.join();
    for (const consumer of consumers) consumer.cancel();
    for (const producer of [0, 1, 2]) {
      const own = got.filter(([from]) => from === producer).map(([, n]) => n);
      expect(own).toEqual(Array.from({ length: 50 }, (_, n) => n));
    }
  });
});
