// A program with a pool, JavaScript since that starts faster, as argv says: what becomes of the process and of its workers?
import { run, sleep } from "heddle";
import { ProcessPoolExecutor, ThreadPoolExecutor, toThread, transfer } from "heddle/node";

const Pool = process.argv[3] === "processes" ? ProcessPoolExecutor : ThreadPoolExecutor;

const programs = {
  /** Nobody shuts it down. */
  async outsideOfRun() {
    const pool = new Pool({ maxWorkers: 1 });
    console.log(await pool.submit(() => "done"));
  },
  async toThread() {
    console.log(await toThread(() => "done"));
  },
  async neverUsed() {
    new Pool({ maxWorkers: 2 });
    console.log("done");
  },
  async notAwaited() {
    const pool = new Pool({ maxWorkers: 1 });
    pool.submit(() => {
      throw new RangeError("nobody hears");
    });
  },
  async exitsInRun() {
    await run(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      console.log(yield* pool.submit(() => process.pid));
      pool.submit(() => {
        for (;;);
      });
      process.exit(5);
    });
  },
  /** Node 20 crashes when it clones a port that is gone. */
  async sendsPortTwice() {
    await run(function* () {
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const { port1 } = new MessageChannel();
      const one = () => 1;
      console.log(yield* pool.submit(one, transfer(port1, [port1])));
      try {
        yield* pool.submit(one, transfer(port1, [port1]));
      } catch (error) {
        console.log(String(error));
      }
      console.log(yield* pool.submit(one));
    });
  },
  /** Prints its workers' ids, then waits to be killed: one worker idle, one in a coroutine, one computing. */
  async waits() {
    await run(main, { handleSigint: true });
  },
};

function* main() {
  const pool = new Pool({ maxWorkers: 3, grace: 200 });
  const ids = [1, 2, 3].map(() =>
    pool.submit(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return process.pid;
    }),
  );
  const pids = [];
  for (const id of ids) pids.push(yield* id);
  pool.submit(async () => await new Promise(() => setTimeout(() => {}, 60_000)));
  if (process.argv[4] === "computing") {
    pool.submit(() => {
      for (;;);
    });
  }
  yield* sleep(20);
  console.log(pids.join(" "));
  try {
    yield* sleep(60_000);
  } finally {
    console.log("unwound");
  }
}

await programs[process.argv[2]]?.();
