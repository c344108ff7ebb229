import { Event, Protocol, sleep, type Transport } from "heddle";
import { createConnection, createServer } from "heddle/node";
import { describe, expect, test } from "vitest";
import { networks } from "./networks.ts";

const host = "127.0.0.1";

class Far extends Protocol {
  readonly calls: string[] = [];
  readonly lost = new Event();
  transport!: Transport;

  override connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.pauseReading();
  }
  override dataReceived(data: Uint8Array): void {
    this.calls.push(`${data.length} bytes`);
  }
  override eofReceived(): undefined {
    this.calls.push("eof");
  }
  override connectionLost(error: Error | null): void {
    this.calls.push(`lost: ${error}`);
    this.lost.set();
  }
}

describe.each(networks)("$name", ({ run }) => {
  test.each([0, 5])("who has paused hears of the end when he resumes, after %i bytes", (count) =>
    run(function* () {
      const far = new Far();
      const server = yield* createServer(() => far, { host, port: 0 });
      const port = server.sockets[0]?.port as number;
      const [transport] = yield* createConnection(() => new Protocol(), { host, port });
      if (count > 0) transport.write(new Uint8Array(count));
      transport.writeEof();
      // Real time on the system's network: the end is on its way.
      yield* sleep(30);
      expect(far.calls).toEqual([]);
      far.transport.resumeReading();
      yield* far.lost.wait();
      expect(far.calls).toEqual([...(count > 0 ? ["5 bytes"] : []), "eof", "lost: null"]);
    }),
  );
});
