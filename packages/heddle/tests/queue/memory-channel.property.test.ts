/*
 * Cancellation of whoever sends or receives, at any moment: an item is delivered once, or it is still
 * there, and one whose `send` was cancelled was never sent.
 */
import fc from "fast-check";
import {
  allTasks,
  type Coroutine,
  createTask,
  isCancelled,
  type MemoryReceiveChannel,
  moveOnAfter,
  openMemoryChannel,
  run,
  sleep,
  TimeoutError,
  timeout,
  WouldBlock,
} from "heddle";
import { expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { virtualLoop, virtually } from "../trace.ts";

interface Side {
  pauses: (number | null)[];
  limit: number | null;
  /** The limit is a cancel scope's, which interrupts otherwise than a cancellation. */
  scoped: boolean;
}

interface Program {
  capacity: number;
  /** For each sender: milliseconds to pause before each item; null: none. A limit for each send. */
  senders: Side[];
  receivers: Side[];
  strikes: { task: number; iterations: number; ms: number }[];
}

const side = fc.record({
  pauses: fc.array(fc.option(fc.nat(2)), { minLength: 1, maxLength: 5 }),
  limit: fc.option(fc.nat(3)),
  scoped: fc.boolean(),
});

const programs: fc.Arbitrary<Program> = fc.record({
  capacity: fc.constantFrom(0, 0, 1, 2, Number.POSITIVE_INFINITY),
  senders: fc.array(side, { minLength: 1, maxLength: 4 }),
  receivers: fc.array(side, { minLength: 1, maxLength: 4 }),
  strikes: fc.array(fc.record({ task: fc.nat(9), iterations: fc.nat(8), ms: fc.nat(4) }), {
    maxLength: 8,
  }),
});

const SPARED = new Set(["main", "striker"]);

function* limited({ limit, scoped }: Side, body: () => Coroutine<void>): Coroutine<void> {
  if (scoped) {
    yield* moveOnAfter(limit ?? Number.POSITIVE_INFINITY, body);
    return;
  }
  try {
    yield* timeout(limit, body);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
}

function* pausing(ms: number | null) {
  if (ms !== null) yield* sleep(ms);
}

/** What is left in the channel. */
function drained(receiver: MemoryReceiveChannel<number>): number[] {
  const left: number[] = [];
  for (;;) {
    try {
      left.push(receiver.receiveNowait());
    } catch (error) {
      if (error instanceof WouldBlock) return left;
      throw error;
    }
  }
}

async function perform({ capacity, senders, receivers, strikes }: Program) {
  const loop = virtualLoop();
  const reports = reportsOf(loop);
  const [sender, receiver] = openMemoryChannel<number>(capacity);
  const sent: number[] = [];
  const unsent = new Set<number>();
  const got: number[] = [];
  await run(
    function* () {
      let nextItem = 0;
      for (const side of senders) {
        createTask(function* () {
          for (const pause of side.pauses) {
            yield* pausing(pause);
            const item = nextItem++;
            unsent.add(item);
            yield* limited(side, function* () {
              yield* sender.send(item);
              unsent.delete(item);
              sent.push(item);
            });
          }
        });
      }
      for (const side of receivers) {
        createTask(function* () {
          for (const pause of side.pauses) {
            yield* pausing(pause);
            yield* limited(side, function* () {
              got.push(yield* receiver.receive());
            });
          }
        });
      }
      for (const { task, iterations, ms } of strikes) {
        createTask(
          function* () {
            if (ms > 0) yield* sleep(ms);
            for (let i = 0; i < iterations; i++) yield* sleep(0);
            const victims = [...allTasks()].filter((each) => !SPARED.has(each.getName()));
            victims[task % victims.length]?.cancel();
          },
          { name: "striker" },
        );
      }
      yield* sleep(30);
    },
    { loop, name: "main" },
  );
  expect(reports.map((report) => String(report.exception))).toEqual([]);
  expect(sender.statistics()).toMatchObject({ tasksWaitingSend: 0, tasksWaitingReceive: 0 });
  expect(allTasks(loop).size).toBe(0);
  expect([...loop.timers]).toHaveLength(0);
  return { sent, unsent, got, left: drained(receiver) };
}

const numerically = (a: number, b: number) => a - b;

test("each item is delivered once, or still there; what was cancelled was not sent", async () => {
  await fc.assert(
    fc.asyncProperty(programs, async (program) => {
      const { sent, unsent, got, left } = await perform(program);
      expect([...got, ...left].sort(numerically)).toEqual(sent.sort(numerically));
      for (const item of [...got, ...left]) expect(unsent.has(item)).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test("each moment of one crowded program, each of its tasks", async () => {
  const always = { pauses: [null, 0, 1, null], limit: null, scoped: false };
  for (const capacity of [0, 1]) {
    for (let task = 0; task < 5; task++) {
      for (let iterations = 0; iterations < 30; iterations++) {
        const strikes = [{ task, iterations, ms: 0 }];
        const hasty = { pauses: [0, null, 0, null], limit: 1, scoped: iterations % 2 === 0 };
        const program = {
          capacity,
          senders: [always, hasty, always],
          receivers: [hasty, always],
          strikes,
        };
        const { sent, got, left } = await perform(program);
        expect([...got, ...left].sort(numerically)).toEqual(sent.sort(numerically));
      }
    }
  }
});

test("with one sender and one receiver the order is kept, whoever is cancelled", async () => {
  const pauses = fc.array(fc.constantFrom(null, 0, 1), { minLength: 5, maxLength: 30 });
  const whetherToCancel = fc.array(fc.boolean(), { minLength: 5, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 1, 3),
      pauses,
      whetherToCancel,
      async (capacity, slow, cancels) => {
        const got: number[] = [];
        await virtually(function* () {
          const [sender, receiver] = openMemoryChannel<number>(capacity);
          createTask(function* () {
            for (const [item, pause] of slow.entries()) {
              yield* pausing(pause);
              yield* sender.send(item);
            }
            sender.close();
          });
          for (let turn = 0; got.length < slow.length; turn++) {
            // Cancelled in some iteration of its wait, and begun anew.
            const task = createTask(receiver.receive());
            for (let i = 0; i < turn % 7; i++) yield* sleep(0);
            if (cancels[turn % cancels.length]) task.cancel();
            try {
              got.push(yield* task);
            } catch (error) {
              if (!isCancelled(error)) throw error;
              yield* sleep(turn % 2);
            }
          }
        });
        expect(got).toEqual([...slow.keys()]);
      },
    ),
    { numRuns: 300 },
  );
});
