import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "heddle";
import { openConnection, openUnixConnection, startServer, startUnixServer } from "heddle/node";
import { expect, onTestFinished, test } from "vitest";
import { caught } from "../caught.ts";
import { dial, echo, serve } from "./serving.ts";

test("options that cannot be are refused at once, and say what can", () => {
  const connecting: [object, string][] = [
    [{ localAddress: "foo" }, 'needs an IP address as its localAddress, got "foo"'],
    [{ keepAlive: 500 }, "needs a keepAlive of at least 1000, got 500"],
    [{ keepAlive: 1e15 }, "needs a keepAlive of at most 32767000 milliseconds"],
    [{ family: "4" }, 'needs 4 or 6 as its family (or 0 for both), got "4"'],
    [{ interleave: 1.5 }, "needs a whole number as its interleave, got 1.5"],
  ];
  for (const [options, message] of connecting) {
    expect(() => openConnection({ port: 1, ...options } as never)).toThrow(message);
  }
  const serving: [object, string][] = [
    [{ host: [] }, "needs a host; leave it out to listen on all addresses"],
    [{ backlog: Number.POSITIVE_INFINITY }, "needs a whole number as its backlog, got Infinity"],
    [{ maxConnections: 1.5 }, "needs a whole number as its maxConnections, got 1.5"],
  ];
  for (const [options, message] of serving) {
    expect(() => startServer(echo, { port: 0, ...options } as never)).toThrow(message);
  }
  expect(() => openUnixConnection({ path: `/${"x".repeat(200)}` })).toThrow("ENAMETOOLONG");
});

test("write marks are numbers", () =>
  run(function* () {
    const { port } = yield* serve(echo);
    const [, writer] = yield* dial(port);
    for (const limits of [{ high: "10" }, { low: null }]) {
      expect(() => writer.transport.setWriteBufferLimits(limits as never)).toThrow(TypeError);
    }
  }));

test.skipIf(process.platform === "win32")("what is wrong with a path", async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), "");
  await run(function* () {
    const errors = [
      yield* caught(startUnixServer(echo, { path: join(folder, "none", "socket") })),
      yield* caught(startUnixServer(echo, { path: join(folder, "file") })),
    ];
    expect(errors.map(String)).toEqual([
      expect.stringContaining("its folder does not exist"),
      expect.stringContaining("another server uses that path, or a file that is no socket has it"),
    ]);
  });
});

test("a local port that is in use", () =>
  run(function* () {
    const { port } = yield* serve(echo);
    const taken = openConnection({
      host: "127.0.0.1",
      port,
      localAddress: "127.0.0.1",
      localPort: port,
    });
    expect(String(yield* caught(taken))).toContain(
      "that port is in use; 0 finds a free one (EADDRINUSE)",
    );
  }));
