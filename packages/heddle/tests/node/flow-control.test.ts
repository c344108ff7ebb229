import { createTask, Event, type StreamReader, type StreamWriter, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { caught } from "../caught.ts";
import { networks, reset } from "./networks.ts";
import { dial, serve } from "./serving.ts";

const MIB = 1024 * 1024;

describe.each(networks)("$name", ({ run }) => {
  /** Both ends of one connection: what one side holds back, the other can wait for. */
  function* connected(options: { limit?: number } = {}) {
    const accepted = new Event();
    let far: [StreamReader, StreamWriter] | undefined;
    const { port } = yield* serve(function* (...streams) {
      far = streams;
      accepted.set();
      yield* sleep(Number.POSITIVE_INFINITY);
    }, options);
    const near = yield* dial(port, options);
    yield* accepted.wait();
    return { near, far: far as [StreamReader, StreamWriter] };
  }

  /** Write until the transport holds more than it wants to, and the other side takes no more. */
  function* fill(writer: StreamWriter) {
    const chunk = new Uint8Array(32_768);
    const { transport } = writer;
    const { high } = transport.getWriteBufferLimits();
    let written = 0;
    while (transport.getWriteBufferSize() <= high) {
      while (transport.getWriteBufferSize() <= high) {
        writer.write(chunk);
        written += chunk.length;
      }
      // Real time, in which the system moves what it still can to the other side.
      yield* sleep(5);
    }
    return written;
  }

  describe("writing", () => {
    test("drain waits above the high mark, until the other side has read", () =>
      run(function* () {
        const { near, far } = yield* connected();
        const [, writer] = near;
        const written = yield* fill(writer);
        const draining = createTask(writer.drain());
        const second = createTask(writer.drain());
        // Several turns of the native loop: nothing but the other side can help.
        for (let i = 0; i < 5; i++) yield* sleep(1);
        expect([draining.done(), second.done()]).toEqual([false, false]);
        yield* far[0].readexactly(written);
        yield* draining;
        yield* second;
        expect(writer.transport.getWriteBufferSize()).toBeLessThanOrEqual(16_384);
      }));

    test("the marks are 64 KiB and a quarter, and can be moved", () =>
      run(function* () {
        const { near } = yield* connected();
        const { transport } = near[1];
        expect(transport.getWriteBufferLimits()).toEqual({ high: 65_536, low: 16_384 });
        transport.setWriteBufferLimits({ high: 100 });
        expect(transport.getWriteBufferLimits()).toEqual({ high: 100, low: 25 });
        transport.setWriteBufferLimits({ low: 100 });
        expect(transport.getWriteBufferLimits()).toEqual({ high: 400, low: 100 });
        transport.setWriteBufferLimits();
        expect(transport.getWriteBufferLimits()).toEqual({ high: 65_536, low: 16_384 });
        for (const limits of [{ high: 1, low: 2 }, { low: -1 }, { high: Number.NaN }]) {
          expect(() => transport.setWriteBufferLimits(limits)).toThrow(RangeError);
        }
      }));

    test("a low mark above what Node buffers by itself is kept, too", () =>
      run(function* () {
        const { near, far } = yield* connected();
        const [, writer] = near;
        writer.transport.setWriteBufferLimits({ high: 0 });
        const written = yield* fill(writer);
        const draining = createTask(writer.drain());
        yield* far[0].readexactly(written);
        yield* draining;
        expect(writer.transport.getWriteBufferSize()).toBe(0);
      }));

    test("a cancelled drain sends all the same, and harms no other", () =>
      run(function* () {
        const { near, far } = yield* connected();
        const [, writer] = near;
        const written = yield* fill(writer);
        const cancelled = createTask(writer.drain());
        const other = createTask(writer.drain());
        yield* sleep(1);
        cancelled.cancel();
        expect(yield* caught(cancelled)).toMatchObject({ name: "CancelledError" });
        expect(yield* far[0].readexactly(written)).toHaveLength(written);
        yield* other;
      }));

    test("a drain that waits hears of the loss of the connection", () =>
      run(function* () {
        const { near, far } = yield* connected();
        yield* fill(near[1]);
        const draining = createTask(near[1].drain());
        yield* sleep(1);
        reset(far[1]);
        expect(yield* caught(draining)).toMatchObject({ name: "ConnectionResetError" });
        expect(yield* caught(near[1].waitClosed())).toMatchObject({ name: "ConnectionResetError" });
        expect(yield* caught(near[1].drain())).toMatchObject({ name: "ConnectionResetError" });
      }));

    test("close sends what is buffered, abort does not", () =>
      run(function* () {
        for (const end of ["close", "abort"] as const) {
          const { near, far } = yield* connected();
          const written = yield* fill(near[1]);
          near[1].transport[end]();
          let arrived = 0;
          for (;;) {
            const data = yield* far[0].read(65_536);
            if (data.length === 0) break;
            arrived += data.length;
          }
          if (end === "close") expect(arrived).toBe(written);
          else expect(arrived).toBeLessThan(written);
          yield* near[1].waitClosed();
        }
      }));
  });

  test("a slow reader holds the writer back: neither side buffers without bounds", () =>
    run(function* () {
      const { near, far } = yield* connected({ limit: 16_384 });
      const total = 32 * MIB;
      const chunk = new Uint8Array(65_536);
      let sent = 0;
      createTask(function* () {
        for (; sent < total; sent += chunk.length) {
          near[1].write(chunk);
          yield* near[1].drain();
        }
        near[1].writeEof();
      });
      let received = 0;
      let most = 0;
      for (;;) {
        const data = yield* far[0].read(10_000);
        if (data.length === 0) break;
        received += data.length;
        most = Math.max(most, sent - received);
        // Slow: others, and the other side, get many turns for each read.
        if (received % 7 === 0) yield* sleep(1);
        else yield* sleep(0);
      }
      expect(received).toBe(total);
      // What the kernel's socket buffers hold (up to 10 MiB on Linux), and little more.
      expect(most).toBeLessThan(12 * MIB);
    }));
});
