// Crawl a web site: three workers, at most one request in
// 20 ms, and no page gets more than 500 ms to answer.
import {
  type Coroutine,
  fromPromise,
  Lock,
  Queue,
  rethrowIfCancelled,
  sleep,
  TimeoutError,
  taskGroup,
  timeout,
} from "heddle";
import { startSite } from "./parts/small-site.ts";

const WORKERS = 3;
const INTERVAL = 20;
const PATIENCE = 500;
const LINKS = /href="(.*?)"/g;

interface Page {
  status: number;
  text: string;
}

// When the time is over, or the crawler is cancelled,
// `signal` is aborted: fetch closes its connection.
function* fetchPage(url: string): Coroutine<Page> {
  return yield* timeout(PATIENCE, () =>
    fromPromise(async (signal) => {
      const reply = await fetch(url, { signal });
      return {
        status: reply.status,
        text: await reply.text(),
      };
    }),
  );
}

// Whoever has the lock keeps it for one interval.
function* turn(rate: Lock): Coroutine<void> {
  using _turn = yield* rate.acquire();
  yield* sleep(INTERVAL);
}

function* crawl(
  site: string,
): Coroutine<Map<string, string>> {
  const found = new Map([["/", "not fetched"]]);
  // No limit: workers that put into the queue they take from
  // could all wait for room in a full one.
  const pages = new Queue<string>(0, { name: "pages" });
  pages.putNowait("/");
  const rate = new Lock({ name: "rate" });

  function* fetchNext(path: string): Coroutine<string> {
    yield* turn(rate);
    const { status, text } = yield* fetchPage(site + path);
    for (const [, link = "/"] of text.matchAll(LINKS)) {
      if (found.has(link)) continue;
      found.set(link, "not fetched");
      pages.putNowait(link);
    }
    return `${status}`;
  }

  function* work(): Coroutine<void> {
    while (true) {
      const path = yield* pages.get();
      try {
        found.set(path, yield* fetchNext(path));
      } catch (error) {
        rethrowIfCancelled(error);
        const isLate = error instanceof TimeoutError;
        found.set(path, isLate ? "no answer" : String(error));
      } finally {
        pages.taskDone();
      }
    }
  }

  yield* taskGroup(function* (group) {
    for (let n = 1; n <= WORKERS; n++) {
      group.createTask(work(), { name: `worker ${n}` });
    }
    yield* pages.join(); // all that were found are done with
    group.cancel(); // the workers wait for more: stop
  });
  return found;
}

export default function* main(): Coroutine<void> {
  const site = yield* startSite();
  try {
    const found = yield* crawl(site.url);
    for (const path of [...found.keys()].sort()) {
      console.log(path.padEnd(10), found.get(path));
    }
    const isKept = site.busiest() <= WORKERS;
    console.log(`${found.size} pages; limit kept: ${isKept}`);
  } finally {
    yield* site.close();
  }
}
