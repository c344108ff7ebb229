// Which ports of these hosts are open?
//
//   $ npx heddle run examples/port-checker.ts \
//       localhost example.org --ports 22,80,8000-8010
//
// So many attempts are made at once, each with a timeout.
// It is for machines that are yours.

import {
  type Coroutine,
  isCancelled,
  taskGroup,
} from "heddle";
import { getaddrinfo } from "heddle/node";
import { orUsage } from "./parts/usage.ts";
import {
  USAGE,
  type Wishes,
  wishesOf,
} from "./port-checker/arguments.ts";
import {
  check,
  type Finding,
  isOverload,
} from "./port-checker/check.ts";

interface Job {
  host: string;
  address: string;
  port: number;
}

function* jobsOf(wishes: Wishes): Coroutine<Job[]> {
  const jobs: Job[] = [];
  for (const host of wishes.hosts) {
    try {
      // Each name is looked up once, not for each port.
      const [found] = yield* getaddrinfo(host);
      const address = found!.address;
      for (const port of wishes.ports)
        jobs.push({ host, address, port });
    } catch (error) {
      if (isCancelled(error)) throw error;
      console.error((error as Error).message);
      process.exitCode = 1;
    }
  }
  return jobs;
}

function* checkAll(wishes: Wishes): Coroutine<Finding[]> {
  const found: Finding[] = [];
  const jobs = (yield* jobsOf(wishes)).reverse();

  // All workers take from the same list. One for which there
  // is no room leaves its job to the others.
  function* work(): Coroutine<void> {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const { host, address, port } = job;
      try {
        found.push(
          yield* check(host, address, port, wishes.timeout),
        );
      } catch (error) {
        if (!isOverload(error)) throw error;
        jobs.push(job);
        return;
      }
    }
  }
  yield* taskGroup(function* (group) {
    for (let i = 0; i < wishes.concurrency; i++)
      group.createTask(work());
  });
  if (jobs.length > 0) {
    console.error(
      `too many connections: ${jobs.length} ports were ` +
        "not checked, lower --concurrency",
    );
    process.exitCode = 1;
  }
  const place = ({ host }: Finding) =>
    wishes.hosts.indexOf(host);
  return found.sort(
    (a, b) => place(a) - place(b) || a.port - b.port,
  );
}

function print(found: Finding[], wishes: Wishes): void {
  const shown = found.filter(
    ({ state }) => wishes.all || state === "open",
  );
  if (wishes.json) {
    for (const each of shown)
      console.log(JSON.stringify(each));
    return;
  }
  const width = Math.max(
    4,
    ...wishes.hosts.map((host) => host.length),
  );
  for (const { host, port, state, ms } of shown) {
    const time = ms.toFixed(1).padStart(8);
    const row = [host.padEnd(width), `${port}`.padStart(5)];
    console.log(
      [...row, state.padEnd(8), `${time} ms`].join("  "),
    );
  }
  const count = (state: string) =>
    found.filter((each) => each.state === state).length;
  console.log(
    `${count("open")} open, ${count("closed")} closed, ` +
      `${count("filtered")} filtered`,
  );
}

export default function* main(): Coroutine<void> {
  const args = process.argv.slice(2);
  const wishes = orUsage(USAGE, () => wishesOf(args));
  if (wishes !== undefined)
    print(yield* checkAll(wishes), wishes);
}
