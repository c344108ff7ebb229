import {
  CancelledError,
  createTask,
  gather,
  IncompleteReadError,
  LimitOverrunError,
  RuntimeError,
  run,
  StreamReader,
  sleep,
  TimeoutError,
  waitFor,
} from "heddle";
import { describe, expect, test } from "vitest";
import { bytes, text } from "../bytes.ts";
import { caught } from "../caught.ts";

/** A reader that has these chunks, and then the end. */
function readerOf(...chunks: string[]): StreamReader {
  const reader = new StreamReader();
  for (const chunk of chunks) reader.feedData(bytes(chunk));
  reader.feedEof();
  return reader;
}

/** Feed a reader chunk by chunk, each in an iteration of its own; then the end. */
function* feed(reader: StreamReader, ...chunks: string[]) {
  for (const chunk of chunks) {
    yield* sleep(0);
    reader.feedData(bytes(chunk));
  }
  yield* sleep(0);
  reader.feedEof();
}

describe("read", () => {
  test("gives what is there, at most n bytes, and nothing at the end", () =>
    run(function* () {
      const reader = readerOf("hello", " world");
      expect(text(yield* reader.read(4))).toBe("hell");
      expect(text(yield* reader.read(100))).toBe("o world");
      expect(reader.atEof()).toBe(true);
      expect(yield* reader.read(100)).toHaveLength(0);
      expect(yield* reader.read()).toHaveLength(0);
    }));

  test("waits for the first byte only", () =>
    run(function* () {
      const reader = new StreamReader();
      createTask(feed(reader, "ab", "cd"));
      expect(text(yield* reader.read(100))).toBe("ab");
      expect(text(yield* reader.read(100))).toBe("cd");
      expect(yield* reader.read(100)).toHaveLength(0);
    }));

  test("does not suspend when there are bytes", () =>
    run(function* () {
      const reader = readerOf("ab");
      const other = createTask(sleep(0, "ran"));
      yield* reader.read(1);
      expect(other.done()).toBe(false);
      expect(yield* other).toBe("ran");
    }));

  test("without a number, or below 0, reads to the end", () =>
    run(function* () {
      for (const n of [undefined, -1, -7]) {
        const reader = new StreamReader({ limit: 2 });
        createTask(feed(reader, "one ", "two ", "three"));
        expect(text(yield* reader.read(n))).toBe("one two three");
      }
    }));

  test("0 bytes are none, at once", () =>
    run(function* () {
      expect(yield* new StreamReader().read(0)).toHaveLength(0);
      expect(yield* readerOf("a").read(0)).toHaveLength(0);
    }));

  test("refuses what is no number of bytes", () => {
    const reader = new StreamReader();
    expect(() => reader.read(Number.NaN)).toThrow(RangeError);
    expect(() => reader.read(2.5)).toThrow("read() needs a whole number of bytes, got 2.5");
    expect(() => reader.read("5" as never)).toThrow(TypeError);
    expect(() => reader.readexactly(-1)).toThrow(RangeError);
    expect(() => reader.readexactly(undefined as never)).toThrow(TypeError);
  });
});

describe("readexactly", () => {
  test("joins chunks and leaves the rest", () =>
    run(function* () {
      const reader = new StreamReader();
      createTask(feed(reader, "ab", "cd", "ef"));
      expect(text(yield* reader.readexactly(5))).toBe("abcde");
      expect(text(yield* reader.readexactly(1))).toBe("f");
      expect(yield* reader.readexactly(0)).toHaveLength(0);
    }));

  test("a stream that ends before gives IncompleteReadError with what came", () =>
    run(function* () {
      const reader = readerOf("abc", "de");
      const error = (yield* caught(reader.readexactly(6))) as IncompleteReadError;
      expect(error).toBeInstanceOf(IncompleteReadError);
      expect(text(error.partial)).toBe("abcde");
      expect(error.expected).toBe(6);
      expect(error.message).toBe("the stream ended after 5 bytes: 6 were expected");
      expect(reader.atEof()).toBe(true);
    }));
});

describe("readline", () => {
  test("gives lines with their newline, the last one as it is", () =>
    run(function* () {
      const reader = new StreamReader();
      createTask(feed(reader, "one\ntw", "o\n", "\nthree"));
      const lines: string[] = [];
      for (let line = yield* reader.readline(); line.length > 0; line = yield* reader.readline()) {
        lines.push(text(line));
      }
      expect(lines).toEqual(["one\n", "two\n", "\n", "three"]);
    }));

  test("a line that is too long is dropped with its newline", () =>
    run(function* () {
      const reader = new StreamReader({ limit: 3 });
      reader.feedData(bytes("abcd\nxyz\n"));
      const error = yield* caught(reader.readline());
      expect(error).toBeInstanceOf(RangeError);
      expect(String(error)).toContain("the reader's limit is 3");
      expect(text(yield* reader.readline())).toBe("xyz\n");
    }));

  test("of a line that has no end yet, what has come is dropped", () =>
    run(function* () {
      const reader = new StreamReader({ limit: 3 });
      createTask(feed(reader, "ab", "cd", "ef\n", "gh\n"));
      expect(yield* caught(reader.readline())).toBeInstanceOf(RangeError);
      expect(text(yield* reader.readline())).toBe("ef\n");
      expect(text(yield* reader.readline())).toBe("gh\n");
    }));
});

describe("readuntil", () => {
  test("finds a separator that is cut anywhere", () =>
    run(function* () {
      for (const chunks of [["a\r\nb"], ["a\r", "\nb"], ["a", "\r", "\n", "b"]]) {
        const reader = new StreamReader();
        createTask(feed(reader, ...chunks));
        expect(text(yield* reader.readuntil("\r\n"))).toBe("a\r\n");
        expect(text(yield* reader.read())).toBe("b");
      }
    }));

  test("of several separators the one that ends first counts", () =>
    run(function* () {
      const reader = readerOf("key=value;rest");
      expect(text(yield* reader.readuntil([";", "="]))).toBe("key=");
      expect(text(yield* reader.readuntil([bytes("="), ";"]))).toBe("value;");
      // As in asyncio: "ab" ends before "abc" does.
      expect(text(yield* readerOf("xabc").readuntil(["abc", "ab"]))).toBe("xab");
    }));

  test("a stream that ends before gives IncompleteReadError with what came", () =>
    run(function* () {
      const error = (yield* caught(readerOf("abc").readuntil())) as IncompleteReadError;
      expect(error).toBeInstanceOf(IncompleteReadError);
      expect([text(error.partial), error.expected]).toEqual(["abc", null]);
    }));

  test("no separator within the limit: LimitOverrunError, and the bytes stay", () =>
    run(function* () {
      const reader = new StreamReader({ limit: 3 });
      reader.feedData(bytes("abcdefg"));
      const error = (yield* caught(reader.readuntil("!"))) as LimitOverrunError;
      expect(error).toBeInstanceOf(LimitOverrunError);
      expect(error.consumed).toBe(7);
      expect(text(yield* reader.readexactly(error.consumed))).toBe("abcdefg");
    }));

  test("a separator beyond the limit: LimitOverrunError, consumed up to it", () =>
    run(function* () {
      const reader = new StreamReader({ limit: 3 });
      reader.feedData(bytes("abcde!f"));
      const error = (yield* caught(reader.readuntil("!"))) as LimitOverrunError;
      expect(error.consumed).toBe(5);
      expect(text(yield* reader.readexactly(6))).toBe("abcde!");
    }));

  test("the limit counts the bytes before the separator", () =>
    run(function* () {
      const reader = new StreamReader({ limit: 3 });
      reader.feedData(bytes("abc!"));
      expect(text(yield* reader.readuntil("!"))).toBe("abc!");
    }));

  test("refuses separators without a byte", () => {
    const reader = new StreamReader();
    expect(() => reader.readuntil("")).toThrow(RangeError);
    expect(() => reader.readuntil([])).toThrow(RangeError);
    expect(() => reader.readuntil(["a", ""])).toThrow(RangeError);
    expect(() => reader.readuntil(10 as never)).toThrow(TypeError);
  });
});

describe("waiting", () => {
  test("one task at a time", () =>
    run(function* () {
      const reader = new StreamReader();
      const first = createTask(reader.read(1));
      yield* sleep(0);
      const error = yield* caught(reader.readline());
      expect(error).toBeInstanceOf(RuntimeError);
      expect(String(error)).toContain("readline() called while another coroutine is already");
      reader.feedData(bytes("x"));
      expect(text(yield* first)).toBe("x");
    }));

  test("a cancelled read loses nothing", () =>
    run(function* () {
      const reader = new StreamReader();
      for (const read of [
        () => reader.read(),
        () => reader.read(9),
        () => reader.readexactly(9),
        () => reader.readline(),
      ]) {
        const task = createTask(read());
        yield* sleep(0);
        task.cancel();
        expect(yield* caught(task)).toBeInstanceOf(CancelledError);
        // The bytes and the cancellation in one iteration: the cancellation wins.
        const late = createTask(read());
        yield* sleep(0);
        reader.feedData(bytes("some"));
        late.cancel();
        expect(yield* caught(late)).toBeInstanceOf(CancelledError);
        expect(text(yield* reader.read(9))).toBe("some");
      }
    }));

  test("a reader that was overtaken waits on", () =>
    run(function* () {
      const reader = new StreamReader();
      const first = createTask(reader.read(9));
      yield* sleep(0);
      reader.feedData(bytes("a"));
      // Before the first one's step: in asyncio it would now take the empty buffer for the end.
      expect(text(yield* reader.read(9))).toBe("a");
      yield* sleep(0);
      expect(first.done()).toBe(false);
      reader.feedData(bytes("b"));
      expect(text(yield* first)).toBe("b");
    }));

  test("a timeout", () =>
    run(function* () {
      const reader = new StreamReader();
      // 1 ms of real time: the shortest there is.
      expect(yield* caught(waitFor(reader.readline(), 1))).toBeInstanceOf(TimeoutError);
      reader.feedData(bytes("a\n"));
      expect(text(yield* waitFor(reader.readline(), 1000))).toBe("a\n");
    }));

  test("a call is awaited once", () =>
    run(function* () {
      const reader = readerOf("abc");
      const call = reader.read(1);
      yield* call;
      expect(() => call[Symbol.iterator]()).toThrow(RuntimeError);
    }));

  test("calls begin when they are awaited", () =>
    run(function* () {
      const reader = readerOf("ab");
      const [first, second] = [reader.read(1), reader.read(1)];
      expect(text(yield* second)).toBe("a");
      expect(text(yield* first)).toBe("b");
    }));
});

describe("errors", () => {
  test("what ended the connection is thrown by every read, now and later", () =>
    run(function* () {
      const reader = new StreamReader();
      const reset = new Error("reset");
      const waiting = createTask(reader.readline());
      yield* sleep(0);
      reader.feedData(bytes("half a li"));
      yield* sleep(0);
      reader.setException(reset);
      expect(yield* caught(waiting)).toBe(reset);
      expect(yield* caught(reader.read(1))).toBe(reset);
      expect(reader.exception()).toBe(reset);
    }));

  test("feeding after the end", () => {
    expect(() => readerOf().feedData(bytes("x"))).toThrow(RuntimeError);
  });

  test("limits", () => {
    expect(() => new StreamReader({ limit: 0 })).toThrow(RangeError);
    expect(() => new StreamReader({ limit: Number.NaN })).toThrow(RangeError);
    expect(() => new StreamReader({ limit: "1" as never })).toThrow(TypeError);
  });
});

test("async functions and for await", () =>
  run(async () => {
    const reader = readerOf("one\ntwo\nthree");
    expect(text(await reader.readexactly(4))).toBe("one\n");
    const lines: string[] = [];
    for await (const line of reader) lines.push(text(line));
    expect(lines).toEqual(["two\n", "three"]);
    await expect(reader.readexactly(1)).rejects.toThrow(IncompleteReadError);
  }));

test("gather takes a read as any coroutine", () =>
  run(function* () {
    const [a, b] = yield* gather([readerOf("a").read(), readerOf("b\n").readline()]);
    expect([text(a), text(b)]).toEqual(["a", "b\n"]);
  }));

test("for reports", () => {
  const reader = new StreamReader();
  reader.feedData(bytes("abc"));
  expect(String(reader)).toBe("StreamReader (3 bytes)");
  reader.feedEof();
  expect(String(reader)).toBe("StreamReader (3 bytes, ended)");
});
