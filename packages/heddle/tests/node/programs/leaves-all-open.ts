// Leaves a server, both ends of two connections and a connection in the making to the end of its run.
import { createTask, run, sleep } from "../../../src/index.ts";
import { openConnection, startServer } from "../../../src/node/index.ts";

const host = "127.0.0.1";

await run(function* () {
  const server = yield* startServer(
    function* (reader) {
      yield* reader.readline();
    },
    { host, port: 0 },
  );
  const port = server.sockets[0]?.port as number;
  const [, writer] = yield* openConnection({ host, port });
  writer.write("half a line");
  yield* openConnection({ host, port });
  createTask(openConnection({ host, port }));
  yield* sleep(0);
  console.log("main is over");
});
console.log("the run is over");
