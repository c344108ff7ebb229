// Three stages with queues between them: read, parse, store.
// The store is slow. Its queue fills, `put` makes the parser
// wait, then the reader: however long the input is, no more
// than a few lines of it are ever in memory.
import {
  type Coroutine,
  Queue,
  QueueShutDown,
  sleep,
  taskGroup,
} from "heddle";

const LINES = 40;
const ROOM = 3; // items that wait between two stages

interface Visit {
  path: string;
  ms: number;
}

type Lines = Queue<string>;
type Visits = Queue<Visit>;
type Table = Map<string, number>;

const inside = { now: 0, most: 0 };

function* read(lines: Lines): Coroutine<void> {
  for (let n = 1; n <= LINES; n++) {
    inside.now++;
    inside.most = Math.max(inside.most, inside.now);
    yield* lines.put(`GET /page/${n % 4} ${n * 10}`);
  }
}

function* parse(
  lines: Lines,
  visits: Visits,
): Coroutine<void> {
  while (true) {
    const [, path = "", ms] = (yield* lines.get()).split(" ");
    yield* visits.put({ path, ms: Number(ms) });
  }
}

function* store(
  visits: Visits,
  table: Table,
): Coroutine<void> {
  while (true) {
    const { path, ms } = yield* visits.get();
    yield* sleep(5); // a slow database
    table.set(path, (table.get(path) ?? 0) + ms);
    inside.now--;
  }
}

interface Closable {
  shutdown(): void;
}

// A stage ends when the queue that it reads was shut down and
// is empty; then nothing will come for the next one either.
function* stage(
  body: Coroutine<void>,
  next?: Closable,
): Coroutine<void> {
  try {
    yield* body;
  } catch (error) {
    if (!(error instanceof QueueShutDown)) throw error;
  }
  next?.shutdown();
}

export default function* main(): Coroutine<void> {
  const lines = new Queue<string>(ROOM, { name: "lines" });
  const visits = new Queue<Visit>(ROOM, { name: "visits" });
  const table: Table = new Map();
  yield* taskGroup(function* (group) {
    group.createTask(stage(read(lines), lines));
    group.createTask(stage(parse(lines, visits), visits));
    group.createTask(stage(store(visits, table)));
  });
  for (const [path, ms] of table) console.log(path, ms);
  console.log(
    `${LINES} lines, at most ${inside.most} at once`,
  );
}
