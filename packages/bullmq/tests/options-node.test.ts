import { noRetry, RemoteExecutor, remoteFunction, reportProgress, serve } from "@heddle/bullmq";
import { describe, expect, it } from "vitest";

const good = { connection: "redis://127.0.0.1:1", queue: "q" };
const functions = { noop: () => undefined };

describe("bad options", () => {
  it.each([
    [null, /RemoteExecutor needs an object of options/],
    [{ ...good, queue: undefined }, /needs a string as queue, got null/],
    [{ ...good, queue: "a:b" }, /needs a queue whose name has no ":", got "a:b"/],
    [{ queue: "q" }, /needs backend: "redis" or "postgres" beside a connection's options/],
    [{ ...good, connection: "127.0.0.1:6379" }, /needs a URL/],
    [
      { ...good, connection: "http://127.0.0.1" },
      /a URL that begins with redis:\/\/, .* got http:/,
    ],
    [{ ...good, backend: "postgres" }, /a URL that begins with postgres:\/\/ .* got redis:/],
    [{ ...good, backend: "mysql" }, /needs "redis" or "postgres" as its backend, got mysql/],
    [{ ...good, connection: {} }, /needs backend: "redis" or "postgres"/],
    [{ ...good, maxInFlight: 0 }, /needs maxInFlight from 1/],
    [{ ...good, maxInFlight: 1.5 }, /a whole number as maxInFlight, got 1.5/],
    [{ ...good, keepResults: "1 h" }, /needs a number as keepResults, got 1 h/],
    [{ ...good, timeout: 5 }, /has no option "timeout"; there are: connection, /],
  ])("of RemoteExecutor: %j", (options, message) => {
    const call = () => Reflect.construct(RemoteExecutor, [options]);
    expect(call).toThrow(message);
  });

  it.each([
    [{ attempts: 0 }, /needs attempts from 1 to/],
    [{ backoff: {} }, /backoff needs delay from 0 to .*, got NaN/],
    [{ backoff: { delay: 1, jitter: 2 } }, /backoff needs jitter from 0 to 1, got 2/],
    [{ idempotencyKey: "" }, /needs a string as idempotencyKey, got an empty string/],
    [{ onProgress: 1 }, /needs a function as onProgress, got 1/],
    [{ retries: 1 }, /has no option "retries"; there are: timeout, attempts/],
  ])("of with: %j", (options, message) => {
    const remote = new RemoteExecutor(good);
    expect(() => Reflect.apply(remote.with, remote, [options])).toThrow(message);
  });

  it.each([
    [{ ...good }, /serve\(\) needs the functions to serve/],
    [{ ...good, functions: {} }, /serve\(\) needs the functions to serve/],
    [{ ...good, functions: { a: 1 } }, /functions\.a is 1/],
    [{ ...good, functions, lease: 5 }, /needs lease from 100/],
    [{ ...good, functions, concurrency: -1 }, /needs concurrency from 1/],
  ])("of serve: %j", (options, message) => {
    expect(() => Reflect.apply(serve, null, [options])).toThrow(message);
  });
});

describe("misuse", () => {
  it("of submit", () => {
    const remote = new RemoteExecutor(good);
    expect(() => Reflect.apply(remote.submit, remote, ["resize"])).toThrow(
      /needs a function, got resize/,
    );
    expect(() =>
      remote.submit(
        (
          () => () =>
            1
        )(),
      ),
    ).toThrow(/finds the remote function by its name/);
    const resize = remoteFunction<(options: unknown) => void>("resize");
    expect(() => remote.submit(resize, { onDone: () => 1 })).toThrow(
      /^argument 1 of resize\(\) contains, at onDone, a function/,
    );
  });

  it("of a remote function, of reportProgress and of noRetry", () => {
    expect(remoteFunction<() => void>("resize")).toThrow(/resize\(\) is a remote function/);
    expect(() => remoteFunction("")).toThrow(/needs the function's name/);
    expect(() => reportProgress(1)).toThrow(/there is no job here/);
    expect(() => Reflect.apply(noRetry, null, ["text"])).toThrow(/noRetry\(\) needs an error/);
  });
});
