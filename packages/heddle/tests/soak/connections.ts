// Opens and closes so many connections, 64 at once, by streams and by protocols in turn; a tenth of them ends
// by a reset, a tenth by a cancellation. Prints what is left over: descriptors, tasks, clients, heap.
import { readdirSync } from "node:fs";
import type { Socket } from "node:net";
import {
  allTasks,
  type Coroutine,
  createTask,
  getRunningLoop,
  Protocol,
  rethrowIfCancelled,
  run,
  type Transport,
  taskGroup,
} from "../../src/index.ts";
import { createServer, openConnection, startServer } from "../../src/node/index.ts";

const total = Number(process.argv[2] ?? 100_000);
const host = "127.0.0.1";
const AT_ONCE = 64;
const MIB = 1024 * 1024;

class Echo extends Protocol {
  #transport: Transport | undefined;
  override connectionMade(transport: Transport): void {
    this.#transport = transport;
  }
  override dataReceived(data: Uint8Array): void {
    this.#transport?.write(data);
  }
}

const state = () => {
  globalThis.gc?.();
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    heap: Math.round((process.memoryUsage().heapUsed / MIB) * 10) / 10,
  };
};

await run(function* () {
  const errors: string[] = [];
  getRunningLoop().setExceptionHandler((_, context) => errors.push(context.message));
  const streams = yield* startServer(
    function* (reader, writer) {
      try {
        writer.write(yield* reader.readline());
        yield* writer.drain();
      } catch (error) {
        rethrowIfCancelled(error);
      } finally {
        writer.close();
      }
    },
    { host, port: 0 },
  );
  const protocols = yield* createServer(() => new Echo(), { host, port: 0 });
  const ports = [streams, protocols].map(({ sockets }) => sockets[0]?.port as number);

  const visit = function* (n: number): Coroutine<void> {
    const [reader, writer] = yield* openConnection({ host, port: ports[n % 2] as number });
    writer.write("hello\n");
    if (n % 10 === 0) {
      (writer.getExtraInfo("socket") as Socket).resetAndDestroy();
      return;
    }
    const line = createTask(reader.readline());
    if (n % 10 === 1) line.cancel();
    else if ((yield* line).length !== 6) throw new Error("an echo differs");
    writer.close();
    yield* writer.waitClosed();
  };

  let next = 0;
  const visitor = function* (until: number): Coroutine<void> {
    while (next < until) {
      const n = next++;
      try {
        yield* visit(n);
      } catch (error) {
        rethrowIfCancelled(error);
        throw new Error(`connection ${n}`, { cause: error });
      }
    }
  };
  const visitUntil = function* (until: number): Coroutine<void> {
    yield* taskGroup(function* (group) {
      for (let i = 0; i < AT_ONCE; i++) group.createTask(visitor(until));
    });
  };
  yield* visitUntil(Math.min(2000, total));
  const before = state();
  const start = performance.now();
  yield* visitUntil(total);
  const seconds = (performance.now() - start) / 1000;
  for (const server of [streams, protocols]) {
    server.close();
    yield* server.waitClosed();
  }
  const tasks = allTasks(getRunningLoop()).size - 1;
  const clients = streams.statistics().clients + protocols.statistics().clients;
  const after = state();
  console.log(
    JSON.stringify({ connections: next, seconds, before, after, tasks, clients, errors }),
  );
});
