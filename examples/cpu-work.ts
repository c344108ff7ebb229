// Work for the CPU, on threads. Meanwhile the loop goes on; a
// deadline ends even a loop that computes; and a function
// that cannot be handed over is found before it runs.
import {
  type Coroutine,
  createTask,
  gather,
  rethrowIfCancelled,
  sleep,
  TimeoutError,
  timeout,
} from "heddle";
import { ThreadPoolExecutor } from "heddle/node";

// It travels to the thread as its source, so it uses nothing
// but its parameters and what it declares itself.
function countPrimes(from: number, to: number): number {
  let count = 0;
  for (let n = Math.max(from, 2); n < to; n++) {
    let d = 2;
    while (d * d <= n && n % d !== 0) d++;
    if (d * d > n) count++;
  }
  return count;
}

let beats = 0;

// One beat in 10 ms, as long as the loop goes on.
function* heartbeat(): Coroutine<void> {
  for (; ; beats++) yield* sleep(10);
}

export default function* main(): Coroutine<void> {
  const pool = new ThreadPoolExecutor({
    maxWorkers: 2,
    grace: 50,
  });
  createTask(heartbeat());
  yield* sleep(0); // now it beats
  const here = countPrimes(0, 1_000_000);
  console.log(`${here} primes here: ${beats} beats`);

  const counts = yield* gather([
    pool.submit(countPrimes, 0, 1_000_000),
    pool.submit(countPrimes, 1_000_000, 2_000_000),
  ]);
  const both = counts.join(" + ");
  console.log(`${both} on threads: ${beats} beats`);

  const began = performance.now();
  try {
    yield* timeout(100, () =>
      pool.submit(() => {
        for (;;);
      }),
    );
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    const ms = (performance.now() - began).toFixed();
    console.log(`the endless loop ended after ${ms} ms`);
  }

  const factor = 3;
  try {
    yield* pool.submit((n: number) => n * factor, 14);
  } catch (error) {
    rethrowIfCancelled(error);
    console.log(`${error}`);
  }
}
