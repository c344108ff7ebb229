import { connect, createServer as createRelay } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import {
  CancelledError,
  createTask,
  Event,
  fromPromise,
  getEventLoop,
  getRunningLoop,
  Protocol,
  RuntimeError,
  run,
  type StreamReader,
  type StreamWriter,
  sleep,
  TimeoutError,
  type Transport,
} from "heddle";
import { createConnection, createServer, openConnection, startServer, startTls } from "heddle/node";
import { afterEach, describe, expect, test } from "vitest";
import { text } from "../../bytes.ts";
import { caught } from "../../caught.ts";
import { networks } from "../networks.ts";
import { echo, serve } from "../serving.ts";
import { ca, localhost } from "./certificates.ts";
import { dialTls, serveTls } from "./securing.ts";

const host = "127.0.0.1";
const asClient = { ca, servername: "localhost" };

afterEach(() => getEventLoop().setExceptionHandler(null));

/** Speaks in the clear until "STARTTLS", then echoes by TLS. */
function* mailServer(reader: StreamReader, writer: StreamWriter) {
  writer.write("220 ready\n");
  yield* reader.readline();
  writer.write("250 go on\n");
  yield* writer.startTls(localhost);
  yield* echo(reader, writer);
}

class Speaker extends Protocol {
  readonly calls: string[] = [];
  readonly lost = new Event();
  readonly ready = new Event();
  transport: Transport | null = null;

  override connectionMade(transport: Transport): void {
    this.transport = transport;
    this.calls.push("made");
    this.ready.set();
  }
  override dataReceived(data: Uint8Array): void {
    this.calls.push(text(data));
    this.ready.set();
  }
  override connectionLost(error: Error | null): void {
    this.calls.push(`lost ${error}`);
    this.lost.set();
  }
}

describe.each(networks)("$name", ({ run }) => {
  describe("streams", () => {
    test("from plain to secure in mid-stream, on both sides", () =>
      run(function* () {
        const { port, server } = yield* serve(mailServer);
        const [reader, writer] = yield* openConnection({ host, port });
        const plain = writer.transport;
        expect(text(yield* reader.readline())).toBe("220 ready\n");
        writer.write("STARTTLS\n");
        expect(text(yield* reader.readline())).toBe("250 go on\n");
        yield* writer.startTls(asClient);
        expect(writer.transport).not.toBe(plain);
        expect(writer.getExtraInfo("cipher")?.version).toBe("TLSv1.3");
        expect(writer.getExtraInfo("peername")).toMatchObject({ address: host, port });
        writer.write("secret\n");
        expect(text(yield* reader.readline())).toBe("secret\n");
        expect(server.statistics().clients).toBe(1);
        writer.close();
        yield* writer.waitClosed();
        server.close();
        yield* server.waitClosed();
      }));

    test("megabytes afterwards, with flow control", () =>
      run(function* () {
        const { port } = yield* serve(mailServer);
        const [reader, writer] = yield* openConnection({ host, port });
        yield* reader.readline();
        writer.write("STARTTLS\n");
        yield* reader.readline();
        yield* writer.startTls(asClient);
        const size = 4 * 1024 * 1024;
        const reading = createTask(reader.readexactly(size));
        for (let i = 0; i < 64; i++) {
          writer.write(Buffer.alloc(size / 64, i));
          yield* writer.drain();
        }
        const all = yield* reading;
        for (let i = 0; i < 64; i++) expect(all[(i * size) / 64 + 7]).toBe(i);
      }));

    test("what the server has said before is read after all", () =>
      run(function* () {
        const { port } = yield* serve(function* (reader, writer) {
          writer.write("220 ready\n250 go on\n");
          yield* writer.startTls(localhost);
          yield* echo(reader, writer);
        });
        const [reader, writer] = yield* openConnection({ host, port });
        yield* reader.readline();
        yield* reader.readline();
        yield* writer.startTls(asClient);
        writer.write("x");
        expect(text(yield* reader.readexactly(1))).toBe("x");
      }));

    test("a command that was slipped in behind STARTTLS is not read: the handshake fails", () =>
      run(function* () {
        const seen: unknown[] = [];
        const over = new Event();
        const { port } = yield* serve(function* (reader, writer) {
          seen.push(text(yield* reader.readline()));
          while (reader._buffer.length === 0) yield* sleep(1);
          seen.push(((yield* caught(writer.startTls(localhost))) as { code: string }).code);
          seen.push(((yield* caught(reader.readline())) as { code: string }).code);
          expect(writer.isClosing()).toBe(true);
          over.set();
        });
        const [reader, writer] = yield* openConnection({ host, port });
        writer.write("STARTTLS\nMAIL FROM:<mallory@example.com>\n");
        const failed = yield* caught(writer.startTls(asClient));
        expect(failed).toBeInstanceOf(Error);
        yield* over.wait();
        expect(seen).toEqual([
          "STARTTLS\n",
          "ERR_SSL_WRONG_VERSION_NUMBER",
          "ERR_SSL_WRONG_VERSION_NUMBER",
        ]);
        expect(yield* caught(reader.readline())).toBe(failed);
      }));

    test("what was written before is sent before, however much", () =>
      run(function* () {
        const size = 4 * 1024 * 1024;
        const { port } = yield* serve(function* (reader, writer) {
          writer.write(Buffer.alloc(size, "a"));
          yield* writer.startTls(localhost);
          yield* echo(reader, writer);
        });
        const [reader, writer] = yield* openConnection({ host, port });
        expect((yield* reader.readexactly(size)).length).toBe(size);
        yield* writer.startTls(asClient);
        writer.write("x");
        expect(text(yield* reader.readexactly(1))).toBe("x");
        yield* writer.drain();
      }));

    test("TLS in TLS", () =>
      run(function* () {
        const { port } = yield* serveTls({}, mailServer);
        const [reader, writer] = yield* dialTls(port);
        yield* reader.readline();
        writer.write("STARTTLS\n");
        yield* reader.readline();
        yield* writer.startTls(asClient);
        writer.write("deep\n");
        expect(text(yield* reader.readline())).toBe("deep\n");
        writer.close();
        yield* writer.waitClosed();
      }));

    test("nobody may write in the clear during the handshake, or begin another", () =>
      run(function* () {
        const { port } = yield* serve(mailServer);
        const [reader, writer] = yield* openConnection({ host, port });
        yield* reader.readline();
        writer.write("STARTTLS\n");
        yield* reader.readline();
        const securing = createTask(writer.startTls(asClient));
        yield* sleep(0);
        expect(() => writer.write("in the clear")).toThrow(
          "cannot call write() of a transport that",
        );
        expect(String(yield* caught(writer.startTls(asClient)))).toContain("it has this transport");
        yield* securing;
        writer.write("secret\n");
        expect(text(yield* reader.readline())).toBe("secret\n");
      }));

    test("options that cannot be are refused at once, and change nothing", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [reader, writer] = yield* openConnection({ host, port });
        expect(() => writer.startTls({ ca })).toThrow("startTls() needs a servername");
        expect(() => writer.startTls({ servernam: "x" } as never)).toThrow(
          'startTls() has no option "servernam"; there are: cert, key,',
        );
        expect(() => writer.startTls(undefined as never)).toThrow(
          "startTls() needs an object of options",
        );
        expect(() => writer.startTls({ serverSide: true })).toThrow("startTls() needs a cert");
        expect(() => writer.startTls({ serverSide: 1 } as never)).toThrow("as serverSide, got 1");
        writer.write("x");
        expect(text(yield* reader.readexactly(1))).toBe("x");
      }));

    test("a stream that is closing, or has said its end, or has heard the other's", () =>
      run(function* () {
        const { port } = yield* serve(echo);
        const [, closing] = yield* openConnection({ host, port });
        closing.close();
        expect(yield* caught(closing.startTls(asClient))).toBeInstanceOf(RuntimeError);
        const [, ended] = yield* openConnection({ host, port });
        ended.writeEof();
        expect(String(yield* caught(ended.startTls(asClient)))).toContain("after writeEof()");
        const { port: brief } = yield* serve(function* (_, writer) {
          writer.close();
        });
        const [reader, writer] = yield* openConnection({ host, port: brief });
        yield* reader.read();
        expect(yield* caught(writer.startTls(asClient))).toMatchObject({
          name: "ConnectionResetError",
          message: "startTls(): the other side has ended the connection",
        });
      }));
  });

  describe("what becomes of the connection", () => {
    test("cancelled in the middle: closed", () =>
      run(function* () {
        const ended = new Event();
        const { port } = yield* serve(function* (reader) {
          yield* caught(reader.readexactly(100_000));
          ended.set();
        });
        const [reader, writer] = yield* openConnection({ host, port });
        const task = createTask(writer.startTls(asClient));
        yield* sleep(5);
        task.cancel();
        expect(yield* caught(task)).toBeInstanceOf(CancelledError);
        yield* ended.wait();
        expect(writer.isClosing()).toBe(true);
        yield* caught(reader.read());
      }));

    test("too long: closed, TimeoutError", () =>
      run(function* () {
        const { port } = yield* serve(function* (reader) {
          yield* reader.read();
        });
        const [reader, writer] = yield* openConnection({ host, port });
        const error = yield* caught(writer.startTls({ ...asClient, handshakeTimeout: 5 }));
        expect(error).toBeInstanceOf(TimeoutError);
        expect(String(error)).toContain(
          "no secure connection to localhost: the TLS handshake took",
        );
        expect(yield* caught(reader.read())).toBe(error);
      }));

    test("the run's end closes it, secure as it is", async () => {
      let socket: TLSSocket | undefined;
      await run(function* () {
        const { port } = yield* serve(mailServer);
        const [reader, writer] = yield* openConnection({ host, port });
        yield* reader.readline();
        writer.write("STARTTLS\n");
        yield* reader.readline();
        yield* writer.startTls(asClient);
        socket = writer.getExtraInfo("socket") as TLSSocket;
      });
      expect(socket?.destroyed).toBe(true);
    });

    test("the idle timeout goes on", () =>
      run(function* () {
        const server = yield* startServer(mailServer, { host, port: 0, idleTimeout: 30 });
        const port = server.sockets[0]?.port as number;
        const [reader, writer] = yield* openConnection({ host, port });
        yield* reader.readline();
        writer.write("STARTTLS\n");
        yield* reader.readline();
        yield* writer.startTls(asClient);
        getRunningLoop().setExceptionHandler(() => {});
        expect((yield* reader.read()).length).toBe(0);
      }));
  });

  test("protocols: startTls, and the old transport is of no use any more", () =>
    run(function* () {
      const inner = new Speaker();
      const server = yield* createServer(() => inner, { host, port: 0 });
      const port = server.sockets[0]?.port as number;
      const [plain, before] = yield* createConnection(() => new Speaker(), { host, port });
      yield* inner.ready.wait();
      inner.ready.clear();
      const accepted = inner.transport as Transport;
      accepted.setWriteBufferLimits({ high: 1000, low: 10 });
      const answering = createTask(startTls(accepted, inner, { serverSide: true, ...localhost }));
      const after = new Speaker();
      const secure = yield* startTls(plain, after, asClient);
      const answered = yield* answering;
      expect(answered.getWriteBufferLimits()).toEqual({ high: 1000, low: 10 });
      expect(secure.getProtocol()).toBe(after);

      for (const call of ["write", "writelines", "writeEof"] as const) {
        expect(() => plain[call](Buffer.from("x") as never)).toThrow(
          `cannot call ${call}() of a transport that was given to startTls()`,
        );
      }
      plain.pauseReading();
      secure.write(Buffer.from("hello"));
      yield* inner.ready.wait();
      expect(inner.calls).toEqual(["made", "hello"]);

      // What a `finally` does that knows only the old one.
      expect(plain.isClosing()).toBe(false);
      plain.close();
      expect(secure.isClosing()).toBe(true);
      yield* after.lost.wait();
      yield* inner.lost.wait();
      expect(before.calls).toEqual(["made"]);
      expect(after.calls).toEqual(["lost null"]);
      expect(inner.calls).toEqual(["made", "hello", "lost null"]);
      server.close();
      yield* server.waitClosed();
    }));
});

describe.each(networks)("$name, before the handshake:", ({ run }) => {
  test("an end that came while reading was paused", () =>
    run(function* () {
      const { port } = yield* serve(function* (_, writer) {
        writer.writeEof();
        yield* new Event().wait();
      });
      const [, writer] = yield* openConnection({ host, port });
      writer.transport.pauseReading();
      yield* sleep(30);
      const before = getRunningLoop().time();
      expect(yield* caught(writer.startTls(asClient))).toMatchObject({
        name: "ConnectionResetError",
      });
      expect(getRunningLoop().time() - before).toBeLessThan(10_000);
    }));

  test("what was written cannot be sent: the time has a limit", () =>
    run(function* () {
      const { port } = yield* serve(function* () {
        yield* new Event().wait();
      });
      const [, writer] = yield* openConnection({ host, port });
      writer.write(new Uint8Array(20_000_000));
      const error = yield* caught(writer.startTls({ ...asClient, handshakeTimeout: 50 }));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({
        message: "startTls(): what was written was not sent within 50 ms",
      });
    }));

  test("the idle timeout does not count in the handshake, which has its own", () =>
    run(function* () {
      function* sni() {
        yield* sleep(150);
        return null;
      }
      const server = yield* startServer(
        function* (_, writer) {
          writer.write("220 ready\n");
          yield* writer.startTls({ ...localhost, sni });
          writer.write("by TLS");
          writer.close();
        },
        { host, port: 0, idleTimeout: 60 },
      );
      const port = server.sockets[0]?.port as number;
      const [reader, writer] = yield* openConnection({ host, port });
      yield* reader.readline();
      yield* writer.startTls(asClient);
      expect(text(yield* reader.read())).toBe("by TLS");
    }));
});

describe("on the system's network alone", () => {
  test("a client who does not wait: its hello is in the reader's buffer, and is not lost", () =>
    run(function* () {
      const done = new Event();
      const seen: string[] = [];
      const { port } = yield* serve(function* (reader, writer) {
        const command = yield* reader.readline();
        // The hello is here: it came in one piece with the command.
        while (reader._buffer.length < 100) yield* sleep(1);
        seen.push(text(command));
        yield* writer.startTls(localhost);
        seen.push(text(yield* reader.readline()));
        writer.close();
        done.set();
      });
      // A relay that keeps the command back until it can send the hello with it.
      const relay = createRelay((socket) => {
        const further = connect(port, host);
        further.pipe(socket);
        socket.once("data", (hello) => {
          further.write(Buffer.concat([Buffer.from("STARTTLS\n"), hello]));
          socket.pipe(further);
        });
        socket.on("error", () => {});
        further.on("error", () => {});
      });
      yield* fromPromise(new Promise<void>((ready) => relay.listen(0, host, ready)));
      const client = connectTls({
        ...asClient,
        port: (relay.address() as { port: number }).port,
        host,
      });
      client.write("by TLS\n");
      yield* done.wait();
      expect(seen).toEqual(["STARTTLS\n", "by TLS\n"]);
      client.destroy();
      relay.close();
    }));

  test("the server closes its clients in the middle: that is the end of the handshake", () =>
    run(function* () {
      const errors: unknown[] = [];
      const began = new Event();
      const { port, server } = yield* serve(function* (_, writer) {
        began.set();
        errors.push(yield* caught(writer.startTls(localhost)));
      });
      const socket = connect(port, host);
      yield* began.wait();
      yield* sleep(5);
      expect(server.statistics().clients).toBe(1);
      server.close();
      server.closeClients();
      yield* server.waitClosed();
      yield* sleep(1);
      expect(errors).toMatchObject([{ name: "ConnectionResetError" }]);
      socket.destroy();
    }));
});

test("marks that are moved below what is being sent: writing goes on when it is sent", () =>
  run(function* () {
    const go = new Event();
    const { port } = yield* serveTls({}, function* (reader, writer) {
      yield* go.wait();
      yield* reader.read();
      writer.close();
    });
    const [, writer] = yield* dialTls(port);
    // One piece, on an idle socket, that is not sent as long as nobody reads.
    writer.write(Buffer.alloc(40_000));
    writer.transport.setWriteBufferLimits({ high: 1_000 });
    go.set();
    yield* writer.drain();
    expect(writer.transport.getWriteBufferSize()).toBeLessThanOrEqual(250);
  }));

test("what is no transport or protocol", () => {
  expect(() => startTls({} as never, new Protocol(), asClient)).toThrow(
    "startTls() needs the transport of a connection",
  );
  expect(() => startTls({} as never, {} as never, asClient)).toThrow(
    "the protocol that startTls() was given has no connectionLost(): extend Protocol",
  );
});
