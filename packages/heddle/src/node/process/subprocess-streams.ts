/*
 * The protocol of a process with streams. asyncio's SubprocessStreamProtocol.
 *
 * The writer of stdin is told of its pipe by a protocol of its own, which has a reader that never gets a byte.
 */
import { SubprocessProtocol } from "../../stream/protocol.ts";
import { StreamProtocol } from "../../stream/stream-protocol.ts";
import { StreamReader } from "../../stream/stream-reader.ts";
import { StreamWriter } from "../../stream/stream-writer.ts";
import type { ReadTransport, SubprocessTransport, Transport } from "../../stream/transport.ts";

const allocate = (length: number): Uint8Array => Buffer.allocUnsafe(length);

export class SubprocessStreams extends SubprocessProtocol {
  stdin: StreamWriter | null = null;
  readonly readers = new Map<number, StreamReader>();
  readonly #limit: number | undefined;
  #input: StreamProtocol | null = null;

  constructor(limit: number | undefined) {
    super();
    this.#limit = limit;
  }

  override connectionMade(transport: SubprocessTransport): void {
    for (const fd of [1, 2]) {
      const pipe = transport.getPipeTransport(fd);
      if (pipe === undefined) continue;
      const limit = this.#limit;
      const reader = new StreamReader({ allocate, ...(limit === undefined ? {} : { limit }) });
      reader.setTransport(pipe as unknown as ReadTransport);
      this.readers.set(fd, reader);
    }
    const pipe = transport.getPipeTransport(0);
    if (pipe === undefined) return;
    const nothing = new StreamReader();
    this.#input = new StreamProtocol(nothing);
    this.stdin = new StreamWriter(pipe as Transport, this.#input, nothing);
  }

  override pipeDataReceived(fd: number, data: Uint8Array): void {
    this.readers.get(fd)?.feedData(data);
  }

  override pipeConnectionLost(fd: number, error: Error | null): void {
    if (fd === 0) this.#input?.connectionLost(error);
    else if (error === null) this.readers.get(fd)?.feedEof();
    else this.readers.get(fd)?.setException(error);
  }

  override pauseWriting(): void {
    this.#input?.pauseWriting();
  }

  override resumeWriting(): void {
    this.#input?.resumeWriting();
  }
}
