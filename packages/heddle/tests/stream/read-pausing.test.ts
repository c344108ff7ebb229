import { type BaseProtocol, createTask, ReadTransport, run, StreamReader, sleep } from "heddle";
import { expect, test } from "vitest";

/** Notes what it is told. */
class NotingTransport extends ReadTransport {
  readonly calls: string[] = [];
  override getExtraInfo(): undefined {}
  override isClosing(): boolean {
    return false;
  }
  override close(): void {}
  override setProtocol(_protocol: BaseProtocol): void {}
  override getProtocol(): BaseProtocol {
    throw new Error("there is no protocol");
  }
  override isReading(): boolean {
    return this.calls.at(-1) !== "pause";
  }
  override pauseReading(): void {
    this.calls.push("pause");
  }
  override resumeReading(): void {
    this.calls.push("resume");
  }
}

function pausable(limit: number): { reader: StreamReader; transport: NotingTransport } {
  const reader = new StreamReader({ limit });
  const transport = new NotingTransport();
  reader.setTransport(transport);
  return { reader, transport };
}

test("above twice the limit the transport pauses, at or below the limit it resumes", () =>
  run(function* () {
    const { reader, transport } = pausable(10);
    reader.feedData(new Uint8Array(20));
    expect(transport.calls).toEqual([]);
    reader.feedData(new Uint8Array(1));
    reader.feedData(new Uint8Array(1));
    expect(transport.calls).toEqual(["pause"]);
    yield* reader.readexactly(11);
    expect(transport.calls).toEqual(["pause"]);
    yield* reader.read(1);
    expect(transport.calls).toEqual(["pause", "resume"]);
  }));

test("whoever waits for more than fits resumes the transport", () =>
  run(function* () {
    const { reader, transport } = pausable(10);
    reader.feedData(new Uint8Array(21));
    const task = createTask(reader.readexactly(30));
    yield* sleep(0);
    expect(transport.calls).toEqual(["pause", "resume"]);
    reader.feedData(new Uint8Array(9));
    expect(yield* task).toHaveLength(30);
  }));

test("a reader has one transport", () => {
  const { reader, transport } = pausable(10);
  expect(() => reader.setTransport(transport)).toThrow("this reader has a transport already");
});
