// Runs so many child processes, 16 at once: most to their end, some killed, some cancelled in the middle, each of
// those with a child of its own. Prints what is left over: descriptors, children, tasks.
import { readdirSync, readFileSync } from "node:fs";
import {
  allTasks,
  type Coroutine,
  createTask,
  getRunningLoop,
  isCancelled,
  run,
  sleep,
  taskGroup,
} from "../../src/index.ts";
import { createSubprocessExec, runProcess } from "../../src/node/index.ts";

const total = Number(process.argv[2] ?? 10_000);
const AT_ONCE = 16;

/** Processes whose parent is this one, zombies too. */
function children(): number {
  return readdirSync("/proc").filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      return (
        readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === `${process.pid}`
      );
    } catch {
      return false;
    }
  }).length;
}

const state = () => ({
  descriptors: readdirSync("/proc/self/fd").length,
  children: children(),
  tasks: allTasks(getRunningLoop()).size,
});

function* visit(n: number): Coroutine<void> {
  if (n % 10 === 0) {
    const child = yield* createSubprocessExec("sleep", ["60"], { stdout: "pipe" });
    child.kill();
    if ((yield* child.wait()) !== -9) throw new Error("a killed process has another status");
  } else if (n % 10 === 1) {
    const task = createTask(runProcess("sh", ["-c", "sleep 60; echo never"]));
    yield* sleep(n % 7);
    task.cancel();
    try {
      yield* task;
      throw new Error("a cancelled process came to its end");
    } catch (error) {
      if (!isCancelled(error)) throw error;
    }
  } else {
    const { stdout } = yield* runProcess("cat", [], { input: `hello ${n}` });
    if (`${stdout}` !== `hello ${n}`) throw new Error(`cat said "${stdout}"`);
  }
}

await run(function* () {
  const errors: string[] = [];
  getRunningLoop().setExceptionHandler((_, context) => errors.push(context.message));
  let next = 0;
  const visitUntil = function* (until: number): Coroutine<void> {
    yield* taskGroup(function* (group) {
      for (let i = 0; i < AT_ONCE; i++) {
        group.createTask(function* () {
          while (next < until) yield* visit(next++);
        });
      }
    });
  };
  yield* visitUntil(Math.min(100, total));
  const before = state();
  const start = performance.now();
  yield* visitUntil(total);
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ processes: next, seconds, before, after: state(), errors }));
});
