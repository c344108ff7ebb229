import fc from "fast-check";
import { createTask, run, StreamReader, sleep } from "heddle";
import { expect, test } from "vitest";

const NEWLINE = 10;

const reads = fc.oneof(
  fc.record({ kind: fc.constant("read"), n: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant("exactly"), n: fc.nat(40) }),
  fc.record({ kind: fc.constant("line"), n: fc.constant(0) }),
  fc.record({ kind: fc.constant("until"), n: fc.constant(0) }),
);

/** Cut `bytes` into pieces of these sizes, in turn. */
function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array, void, undefined> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

test("bytes cut in any way read back equal by any sequence of calls", async () => {
  // Few different bytes, so that lines and separators are met often.
  const content = fc.uint8Array({ maxLength: 300, min: NEWLINE - 1, max: NEWLINE + 2 });
  const sizes = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(content, sizes, fc.array(reads), fc.boolean(), (bytes, cuts, calls, early) =>
      run(function* () {
        const reader = new StreamReader({ limit: 64 });
        const feeding = createTask(function* () {
          for (const chunk of cut(bytes, cuts)) {
            reader.feedData(chunk);
            if (!early) yield* sleep(0);
          }
          reader.feedEof();
        });
        const model = [...bytes];
        const got: number[] = [];
        for (const { kind, n } of calls) {
          const left = model.slice(got.length);
          if (left.length === 0) break;
          let part: Uint8Array;
          if (kind === "read") {
            part = yield* reader.read(n);
            expect(part.length).toBeGreaterThan(0);
            expect(part.length).toBeLessThanOrEqual(n);
          } else if (kind === "exactly") {
            const size = Math.min(n, left.length);
            part = yield* reader.readexactly(size);
            expect(part).toHaveLength(size);
          } else {
            const separator = kind === "line" ? [NEWLINE] : [NEWLINE, NEWLINE + 1];
            const end = left.findIndex((_, i) =>
              separator.every((byte, j) => left[i + j] === byte),
            );
            if (end < 0 || end > 64) continue;
            part = yield* kind === "line"
              ? reader.readline()
              : reader.readuntil(new Uint8Array(separator));
            expect(part).toHaveLength(end + separator.length);
          }
          got.push(...part);
        }
        got.push(...(yield* reader.read()));
        yield* feeding;
        expect(got).toEqual(model);
        expect(reader.atEof()).toBe(true);
      }),
    ),
    { numRuns: 150 },
  );
});
