// A DNS relay: it answers from a few names of its own, from
// its cache, or from a resolver that it asks.
//
//   $ npx heddle run examples/dns-relay.ts \
//       --upstream 9.9.9.9 --host printer.home=10.0.0.7
//   $ dig -p 5300 @127.0.0.1 printer.home
//
// When the first resolver does not answer in time the next
// one is asked; when none does, the answer is SERVFAIL.
// SIGUSR1 prints what was done so far; Ctrl-C ends it.

import {
  type Coroutine,
  Event,
  getRunningLoop,
  isCancelled,
  taskGroup,
} from "heddle";
import { openDatagram } from "heddle/node";
import { Relay } from "./dns-relay/relay.ts";
import {
  type Settings,
  settingsOf,
  USAGE,
} from "./dns-relay/settings.ts";
import { Upstream } from "./dns-relay/upstream.ts";
import { orUsage } from "./parts/usage.ts";

function* serve(settings: Settings): Coroutine<void> {
  const upstreams: Upstream[] = [];
  for (const each of settings.upstreams) {
    try {
      upstreams.push(yield* Upstream.open(each));
    } catch (error) {
      if (isCancelled(error)) throw error;
      console.error(`not asked: ${(error as Error).message}`);
    }
  }
  if (upstreams.length === 0) {
    process.exitCode = 1;
    return;
  }

  const relay = new Relay({ ...settings, upstreams });
  using socket = yield* openDatagram({
    localAddress: settings.listen,
    receiveBufferSize: 1 << 20,
  });
  const loop = getRunningLoop();
  const print = () => console.log(relay.statistics());
  const stopping = new Event();
  loop.addSignalHandler("SIGUSR1", print);
  loop.addSignalHandler("SIGTERM", () => stopping.set());

  const { address, port } = socket.address;
  console.log(`listening on ${address}:${port}`);
  try {
    yield* taskGroup(function* (group) {
      group.createTask(relay.serve(socket));
      yield* stopping.wait();
      group.cancel();
    });
  } catch (error) {
    if (!isCancelled(error)) throw error; // Ctrl-C
  } finally {
    loop.removeSignalHandler("SIGUSR1");
    print();
  }
}

export default function* main(): Coroutine<void> {
  const args = process.argv.slice(2);
  const settings = orUsage(USAGE, () => settingsOf(args));
  if (settings !== undefined) yield* serve(settings);
}
