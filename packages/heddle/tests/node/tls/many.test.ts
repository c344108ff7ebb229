import { readdirSync } from "node:fs";
import { allTasks, gather, getEventLoop, getRunningLoop, run, sleep } from "heddle";
import { afterEach, expect, test } from "vitest";
import { text } from "../../bytes.ts";
import { dialTls, serveTls } from "./securing.ts";

const descriptors = process.platform === "linux" ? test : test.skip;
if (process.platform !== "linux") {
  console.log("many.test.ts: open descriptors are counted where there is /proc/self/fd");
}
afterEach(() => getEventLoop().setExceptionHandler(null));

const open = () => readdirSync("/proc/self/fd").length;

test("a hundred at once", () =>
  run(function* () {
    const { port, server } = yield* serveTls();
    const one = function* (n: number) {
      const [reader, writer] = yield* dialTls(port);
      for (let i = 0; i < 10; i++) {
        const line = `${n} says ${i}\n`;
        writer.write(line);
        yield* writer.drain();
        if (text(yield* reader.readline()) !== line) return false;
      }
      writer.close();
      yield* writer.waitClosed();
      return true;
    };
    const all = yield* gather(Array.from({ length: 100 }, (_, n) => one(n)));
    expect(all.every((good) => good)).toBe(true);
    server.close();
    yield* server.waitClosed();
  }));

descriptors("connections come and go, and leave nothing", () =>
  run(function* () {
    const { port, server } = yield* serveTls();
    const one = function* (n: number) {
      const [reader, writer] = yield* dialTls(port);
      if (n % 3 === 0) {
        writer.write("x");
        yield* reader.readexactly(1);
      }
      if (n % 2 === 0) writer.close();
      else writer.transport.abort();
      yield* writer.waitClosed();
    };
    // A client who leaves before the server has seen its handshake through.
    getRunningLoop().setExceptionHandler((_, { message }) => {
      expect(message).toMatch(/^the TLS handshake with .* failed$/);
    });
    yield* one(0);
    const before = open();
    for (let n = 0; n < 200; n++) yield* one(n);
    // The server's side of the last ones.
    for (let i = 0; i < 200 && server.statistics().clients > 0; i++) yield* sleep(1);
    expect(server.statistics().clients).toBe(0);
    yield* sleep(5);
    expect(allTasks().size).toBe(1);
    expect(open()).toBeLessThanOrEqual(before);
  }),
);
