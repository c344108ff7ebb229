// All the services: each is a task.
import { type Coroutine, createTask, isCancelled, Lock, type Task, wait } from "heddle";
import { keepRunning } from "./keep-running.ts";
import { printerFor } from "./output.ts";
import type { Service } from "./service.ts";

interface Running {
  readonly service: Service;
  readonly task: Task<void>;
}

export class Supervisor {
  /** In the order of their starts. */
  readonly #running = new Map<string, Running>();
  /** Held by `apply`: there may be none for a moment, between those that were and those that come. */
  readonly #changing = new Lock();
  /** A service has ended otherwise than it should. */
  failed = false;

  /** Run these services: stop those that are not among them, start those that are new or have changed. */
  *apply(services: readonly Service[]): Coroutine<void> {
    using _ = yield* this.#changing.acquire();
    const wanted = new Map(services.map((service) => [service.name, JSON.stringify(service)]));
    for (const { service } of [...this.#running.values()].reverse()) {
      if (wanted.get(service.name) !== JSON.stringify(service)) yield* this.#stop(service.name);
    }
    for (const service of services) {
      if (!this.#running.has(service.name)) this.#start(service);
    }
  }

  #start(service: Service): void {
    const task = createTask(this.#keep(service), { name: service.name });
    this.#running.set(service.name, { service, task });
  }

  *#keep(service: Service): Coroutine<void> {
    const say = printerFor(service.name);
    try {
      if ((yield* keepRunning(service, say)) !== 0) this.failed = true;
    } catch (error) {
      if (isCancelled(error)) throw error;
      this.failed = true;
      say(String(error));
    }
  }

  *#stop(name: string): Coroutine<void> {
    const { task } = this.#running.get(name)!;
    // A second time would cut its grace.
    if (task.cancelling() === 0) task.cancel();
    yield* wait([task]);
    this.#running.delete(name);
  }

  /** Stop all of them, the last one first: it may need those before it. */
  *stop(): Coroutine<void> {
    for (const name of [...this.#running.keys()].reverse()) yield* this.#stop(name);
  }

  /** Wait until none runs any more. */
  *ended(): Coroutine<void> {
    for (;;) {
      const tasks = [...this.#running.values()].map(({ task }) => task);
      const left = tasks.filter((task) => !task.done());
      if (left.length > 0) {
        yield* wait(left, { returnWhen: "FIRST_COMPLETED" });
        continue;
      }
      if (!this.#changing.locked()) return;
      using _ = yield* this.#changing.acquire();
    }
  }
}
