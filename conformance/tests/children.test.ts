import { afterEach, describe, expect, it } from "vitest";
import { Children } from "../fresh/children.ts";
import { CPythonUnavailable } from "../fresh/cpython.ts";
import type { Programs } from "../fresh/messages.ts";

const unruly = new URL("fixtures/unruly-child.ts", import.meta.url);
const unavailable = new URL("fixtures/unavailable-child.ts", import.meta.url);

let children: Children | undefined;
afterEach(() => children?.close());

function program(manner: string): Programs {
  return { given: [{ main: [{ op: "log", msg: manner }] }] };
}

describe("child processes", () => {
  it("name the program that hangs or brings its process down, and go on in another one", async () => {
    children = await Children.start(1, 500, unruly);
    expect(children.version).toBe("3.14.0");
    const hanging = children.run(program("hang"));
    const dying = children.run(program("die"));
    const waiting = children.run(program("behave"));
    await expect(hanging).rejects.toMatchObject({
      name: "Lost",
      side: "heddle",
      message: "it had not ended after 0.5 s",
      expected: ["what CPython says"],
    });
    await expect(dying).rejects.toMatchObject({
      name: "Lost",
      side: "CPython",
      message: "the process ended (status 3)",
    });
    expect((await waiting).times).toEqual({ CPython: 1, heddle: 2 });
  });

  it("fail the jobs that wait when they are ended", async () => {
    children = await Children.start(1, 10_000, unruly);
    const jobs = [children.run(program("hang")), children.run(program("behave"))];
    const outcomes = Promise.allSettled(jobs);
    children.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("say that CPython cannot be loaded", async () => {
    const error = await Children.start(2, 10_000, unavailable).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CPythonUnavailable);
    expect(error).toHaveProperty("message", "no wasm here");
  });
});
