import { createTask, Event, getRunningLoop, sleep } from "heddle";
import { startServer } from "heddle/node";
import { runVirtual, SimulatedNetwork } from "heddle/testing";
import { describe, expect, test } from "vitest";
import type { Acceptor, Endpoint, ListenOptions } from "../../src/stream/network.ts";
import { caught } from "../caught.ts";
import { networks } from "./networks.ts";
import { dial, serve } from "./serving.ts";
import { serveTls } from "./tls/securing.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe.each(networks)("shutdown $name", ({ run }) => {
  test("lets what is in flight end, and cuts off the rest", () =>
    run(function* () {
      const ends: string[] = [];
      const { server, port } = yield* serve(function* (reader, writer) {
        const line = text(yield* reader.readline()).trim();
        if (line === "quick") {
          yield* sleep(20);
          writer.write("done\n");
          yield* writer.drain();
        } else {
          ends.push(`${line}: ${(yield* reader.read()).length} bytes`);
          ends.push(`${yield* caught(writer.drain())}`);
        }
        writer.close();
      });
      const [quickReader, quick] = yield* dial(port);
      const [endlessReader, endless] = yield* dial(port);
      quick.write("quick\n");
      endless.write("endless\n");
      yield* sleep(5);
      const stopping = createTask(server.shutdown(100));
      expect(text(yield* quickReader.read())).toBe("done\n");
      quick.close();
      expect(server.isServing()).toBe(false);
      expect(stopping.done()).toBe(false);
      expect(yield* stopping).toBe(1);
      expect(server.statistics().clients).toBe(0);
      yield* sleep(5);
      expect(ends[0]).toBe("endless: 0 bytes");
      expect(ends[1]).toContain("ConnectionResetError");
      endless.close();
      yield* caught(
        (function* () {
          if ((yield* endlessReader.read()).length === 0) throw new Error("the end");
        })(),
      );
    }));

  test("without clients it is over at once; a grace that is none is refused", () =>
    run(function* () {
      const server = yield* startServer(function* () {}, { host: "127.0.0.1", port: 0 });
      for (const grace of [-1, Number.NaN]) {
        expect(() => server.shutdown(grace)).toThrow(RangeError);
      }
      expect(() => server.shutdown("5" as never)).toThrow("shutdown() needs a grace");
      const before = getRunningLoop().time();
      expect(yield* server.shutdown(60_000)).toBe(0);
      expect(getRunningLoop().time() - before).toBeLessThan(10_000);
    }));

  test("TLS handshakes are given up", () =>
    run(function* () {
      let handlers = 0;
      const { server, port } = yield* serveTls({}, function* () {
        handlers++;
      });
      const [reader, writer] = yield* dial(port);
      while (server._clientCount === 0) yield* sleep(1);
      expect(server.statistics().clients).toBe(0);
      const stopping = createTask(server.shutdown(60_000));
      yield* caught(reader.readexactly(1));
      expect(yield* stopping).toBe(0);
      yield* server.waitClosed();
      writer.close();
      expect(handlers).toBe(0);
    }));

  test("cancelled, it leaves the connections to themselves", () =>
    run(function* () {
      const answer = new Event();
      const { server, port } = yield* serve(function* (_, writer) {
        yield* answer.wait();
        writer.write("still here\n");
        writer.close();
      });
      const [reader, writer] = yield* dial(port);
      yield* sleep(5);
      const stopping = createTask(server.shutdown(1000));
      yield* sleep(5);
      stopping.cancel();
      yield* caught(stopping);
      answer.set();
      expect(text(yield* reader.read())).toBe("still here\n");
      writer.close();
    }));
});

test("a connection whose handshake has not begun is discarded when the server closes", async () => {
  let discarded = 0;
  let accept: Acceptor["accept"] | undefined;
  class Tapped extends SimulatedNetwork {
    override listen(at: Endpoint, options: ListenOptions, acceptor: Acceptor) {
      accept = (wire) => acceptor.accept(wire);
      return super.listen(at, options, acceptor);
    }
  }
  await runVirtual(
    function* () {
      const { server } = yield* serveTls();
      accept?.({
        peername: undefined,
        open: () => {
          throw new Error("a server that is closed opens nothing");
        },
        discard: () => discarded++,
      });
      server.close();
      yield* server.waitClosed();
      expect(discarded).toBe(1);
    },
    { network: new Tapped() },
  );
});
