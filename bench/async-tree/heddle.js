// A tree of tasks, each of which waits for its six: gathered, or in a group; eager, or not.
import { eagerTaskFactory, gather, getRunningLoop, run, sleep, taskGroup } from "heddle";
import { BRANCHES, doLeaf, EAGER, GROUP, IO, measureTree } from "../measure/tree.js";

function* callIo() {
  yield* sleep(IO);
}

function* leaf() {
  if (doLeaf()) yield* callIo();
}

function* gathered(level) {
  if (level === 0) {
    yield* leaf();
    return;
  }
  yield* gather(Array.from({ length: BRANCHES }, () => gathered(level - 1)));
}

function* grouped(level) {
  if (level === 0) {
    yield* leaf();
    return;
  }
  yield* taskGroup(function* (group) {
    for (let i = 0; i < BRANCHES; i++) group.createTask(grouped(level - 1));
  });
}

const tree = GROUP ? grouped : gathered;

await measureTree((levels) =>
  run(function* () {
    if (EAGER) getRunningLoop().setTaskFactory(eagerTaskFactory);
    yield* tree(levels);
  }),
);
