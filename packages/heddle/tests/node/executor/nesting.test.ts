// Workers within workers: some are fine, without end they are a mistake.
import { BrokenExecutorError, run } from "heddle";
import { moduleFunction, toThread } from "heddle/node";
import { expect, test } from "vitest";
import { caught } from "../../caught.ts";

const url = new URL("programs/nests.mjs", import.meta.url);
const nest = moduleFunction<(more: number) => Promise<number>>(url, "nest");

test("a worker may hand work over, four deep", () =>
  run(function* () {
    expect(yield* toThread(nest, 3)).toBe(3);
  }));

test("a program that starts itself in its workers ends", () =>
  run(function* () {
    const error = yield* caught(toThread(nest, 50));
    expect(error).toBeInstanceOf(BrokenExecutorError);
    expect(String(error)).toMatch(/this is a worker within 3 others.*if \(!isWorker\(\)\)/);
  }));
