// A map on three worker processes: tiles of a picture, by way
// of Redis. Half-way one of the workers is killed; the others
// take over what it had begun, and no tile is lost.
//
//   $ npx heddle run examples/remote-map.ts [--redis URL]
//
// Without a URL it starts a redis-server of its own. The
// workers need the same URL, and can be on other machines.
import { RemoteExecutor } from "@heddle/bullmq";
import { type Coroutine, iterate, taskGroup } from "heddle";
import type { Process } from "heddle/node";
import type { Place } from "./parts/own-redis.ts";
import { LiveView } from "./remote-map/live-view.ts";
import { Picture } from "./remote-map/picture.ts";
import { allTiles, renderTile } from "./remote-map/tile.ts";
import { withRedis } from "./remote-map/where.ts";
import { withWorkers } from "./remote-map/with-workers.ts";

const WORKERS = 3;
const QUEUE = `mandelbrot-${process.pid}`;

// kill -9: it cannot say good-bye, or give anything back.
function killOne(
  workers: readonly Process[],
  picture: Picture,
  view: LiveView,
): void {
  const pid = picture.busiest();
  const worker = workers.find((each) => each.pid === pid);
  if (worker === undefined) return;
  worker.kill();
  picture.lose(worker.pid);
  view.say(`${picture.nameOf(worker.pid)} was killed`);
}

function* render(
  remote: RemoteExecutor,
  workers: readonly Process[],
  picture: Picture,
  view: LiveView,
): Coroutine<void> {
  // A few tiles are sent ahead, whoever is done takes the
  // next; meanwhile each job says how far it is.
  const told = remote.with({
    onProgress(value) {
      const { takenOver } = remote.statistics();
      picture.hear(value, takenOver);
    },
  });
  const results = told.map(renderTile, allTiles(), {
    bufferSize: 4 * WORKERS,
    ordered: false,
  });
  using tiles = iterate(results);
  let next = yield* tiles.next();
  for (; !next.done; next = yield* tiles.next()) {
    picture.add(next.value);
    if (picture.done === picture.total / 2)
      killOne(workers, picture, view);
  }
}

export function* remoteMap(place: Place): Coroutine<Picture> {
  const where = { ...place, queue: QUEUE };
  return yield* withWorkers(WORKERS, where, function* (all) {
    console.log(`${WORKERS} workers are ready`);
    const picture = new Picture(all);
    const view = new LiveView(picture);
    const remote = new RemoteExecutor(where);
    yield* taskGroup(function* (group) {
      const live = group.createTask(view.show());
      try {
        yield* render(remote, all, picture, view);
      } catch (error) {
        // Ctrl-C: map has cancelled what the workers are at.
        view.say(`ended early: ${picture.done} tiles`);
        throw error;
      } finally {
        live.cancel();
        yield* remote.shutdown({ cancelFutures: true });
      }
    });
    const { done, total, twice, takeOver } = picture;
    const { takenOver, duplicates } = remote.statistics();
    console.log(`${done} of ${total} tiles, ${twice} twice`);
    console.log(`taken over: ${takenOver} tiles`);
    console.log(`the last ${takeOver} ms after the kill`);
    console.log(`runs beyond the first: ${duplicates}`);
    return picture;
  });
}

export default function* main(): Coroutine<void> {
  const args = process.argv.slice(2);
  yield* withRedis(args, function* (place) {
    const picture = yield* remoteMap(place);
    const isTTY = process.stdout.isTTY === true;
    for (const row of picture.rows(isTTY)) console.log(row);
    for (const row of picture.legend(isTTY)) console.log(row);
  });
}
