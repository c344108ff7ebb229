import { spawn } from "node:child_process";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import {
  CancelledError,
  ClosedResourceError,
  ContextVar,
  createTask,
  DatagramProtocol,
  type DatagramTransport,
  Event,
  getRunningLoop,
  run,
  type SocketAddress,
  sleep,
} from "heddle";
import { createDatagramEndpoint, type DatagramSocket, openDatagram } from "heddle/node";
import { describe, expect, test } from "vitest";
import { installed } from "../../../../examples/tests/installed.ts";
import { currentOwner } from "../../src/task/owner.ts";
import { caught } from "../caught.ts";
import { runWithoutLeak } from "./leaks.ts";
import { networks } from "./networks.ts";

const localAddress = { address: "127.0.0.1" };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === "::1"),
);
const onIpv6 = hasIpv6 ? test : test.skip;
if (!hasIpv6)
  console.log("datagram.test.ts: this machine has no IPv6: its tests on the system are skipped");

/** Notes all that it is told. */
class Notes extends DatagramProtocol {
  readonly heard: string[] = [];
  readonly from: SocketAddress[] = [];
  readonly changed = new Event();
  note(what: string): void {
    this.heard.push(what);
    this.changed.set();
  }
  override connectionMade(_transport: DatagramTransport): void {
    this.note("made");
  }
  override datagramReceived(data: Uint8Array, from: SocketAddress): void {
    this.from.push(from);
    this.note(text(data));
  }
  override errorReceived(error: Error): void {
    this.note((error as { code?: string }).code ?? String(error));
  }
  override connectionLost(error: Error | null): void {
    this.note(`lost ${error === null ? "" : error.message}`);
  }
  override pauseWriting(): void {
    this.note("pause");
  }
  override resumeWriting(): void {
    this.note("resume");
  }
  *until(count: number) {
    while (this.heard.length < count) {
      this.changed.clear();
      yield* this.changed.wait();
    }
  }
}

describe.each(networks)("$name", ({ run, simulated }) => {
  const onItsIpv6 = simulated ? test : onIpv6;

  test("there and back; where it came from is where an answer goes", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress });
      using client = yield* openDatagram({ remoteAddress: server.address });
      yield* client.send("one");
      yield* client.send(bytes("two"));
      yield* client.send(new Uint8Array(0));
      const { data, from } = yield* server.receive();
      expect(text(data)).toBe("one");
      expect(from).toMatchObject({ family: "IPv4", port: client.address.port });
      expect(text((yield* server.receive()).data)).toBe("two");
      expect((yield* server.receive()).data).toHaveLength(0);
      yield* server.send("answer", from);
      const answer = yield* client.receive();
      expect(text(answer.data)).toBe("answer");
      expect(answer.from).toEqual(server.address);
      expect(client.statistics()).toEqual({
        received: 1,
        dropped: 0,
        queued: 0,
        sent: 3,
        errors: 0,
      });
    }));

  test("a protocol is told in asyncio's order", () =>
    run(function* () {
      const [transport, protocol] = yield* createDatagramEndpoint(() => new Notes(), {
        localAddress,
      });
      expect(protocol.heard).toEqual(["made"]);
      expect(transport.getProtocol() === protocol).toBe(true);
      const address = transport.getExtraInfo("sockname") as SocketAddress;
      const [other, others] = yield* createDatagramEndpoint(() => new Notes(), {
        remoteAddress: address,
      });
      expect(other.getExtraInfo("peername")).toEqual(address);
      expect(transport.getExtraInfo("peername")).toBeUndefined();
      expect(transport.getExtraInfo("nothing", 7)).toBe(7);
      other.sendto("a");
      other.sendto("b", { address: address.address, port: address.port });
      yield* protocol.until(3);
      transport.sendto("c", protocol.from[0] as SocketAddress);
      yield* others.until(2);
      transport.close();
      transport.close();
      expect(transport.isClosing()).toBe(true);
      transport.sendto("dropped", protocol.from[0] as SocketAddress);
      yield* protocol.until(4);
      other.abort();
      yield* others.until(3);
      expect(protocol.heard).toEqual(["made", "a", "b", "lost "]);
      expect(others.heard).toEqual(["made", "c", "lost "]);
    }));

  test("close sends what is buffered", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress });
      const client = yield* openDatagram({ remoteAddress: server.address });
      for (let i = 0; i < 20; i++) client.sendNowait(`${i}`);
      client.close();
      yield* client.waitClosed();
      for (let i = 0; i < 20; i++) expect(text((yield* server.receive()).data)).toBe(`${i}`);
    }));

  test("beyond queueSize datagrams are dropped, and counted", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress, queueSize: 3 });
      using client = yield* openDatagram({ remoteAddress: server.address });
      for (let i = 0; i < 10; i++) yield* client.send(`${i}`);
      while (server.statistics().received < 10) yield* sleep(1);
      expect(server.statistics()).toMatchObject({ received: 10, dropped: 7, queued: 3 });
      for (let i = 0; i < 3; i++) expect(text((yield* server.receive()).data)).toBe(`${i}`);
      // Whoever waits gets what comes next.
      const next = createTask(server.receive());
      yield* sleep(1);
      yield* client.send("later");
      expect(text((yield* next).data)).toBe("later");
    }));

  test("several receivers: each datagram goes to one, and a cancelled one loses none", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress });
      using client = yield* openDatagram({ remoteAddress: server.address });
      const first = createTask(server.receive());
      const second = createTask(server.receive());
      const third = createTask(server.receive());
      yield* sleep(1);
      first.cancel();
      expect(yield* caught(first)).toBeInstanceOf(CancelledError);
      yield* client.send("b");
      yield* client.send("c");
      expect(text((yield* second).data)).toBe("b");
      expect(text((yield* third).data)).toBe("c");
    }));

  test("woken and cancelled in the same turn: the datagram is another's", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress });
      const first = createTask(server.receive());
      const second = createTask(server.receive());
      yield* sleep(1);
      server.datagramReceived(bytes("x"), server.address);
      first.cancel();
      expect(yield* caught(first)).toBeInstanceOf(CancelledError);
      expect(text((yield* second).data)).toBe("x");
    }));

  test("closing ends receivers, iteration and what comes after it", () =>
    run(function* () {
      const socket = yield* openDatagram({ localAddress });
      const receiving = createTask(socket.receive());
      const all: string[] = [];
      const iterating = createTask(async () => {
        for await (const { data } of socket) all.push(text(data));
        return "over";
      });
      yield* sleep(1);
      socket.close();
      expect(yield* caught(receiving)).toBeInstanceOf(ClosedResourceError);
      expect(yield* iterating).toBe("over");
      yield* socket.waitClosed();
      yield* socket.waitClosed();
      expect(yield* caught(socket.receive())).toMatchObject({
        name: "ClosedResourceError",
        message: "cannot receive: the UDP socket is closed",
      });
      expect(yield* caught(socket.send("x", socket.address))).toBeInstanceOf(ClosedResourceError);
    }));

  test("a protocol's methods see the context of whoever made the endpoint", () =>
    run(function* () {
      const who = new ContextVar("who", { default: "nobody" });
      const seen: string[] = [];
      class Sees extends Notes {
        override datagramReceived(data: Uint8Array, from: SocketAddress): void {
          seen.push(who.get());
          super.datagramReceived(data, from);
        }
      }
      who.set("Ada");
      const [transport, protocol] = yield* createDatagramEndpoint(() => new Sees(), {
        localAddress,
      });
      who.set("Bob");
      using client = yield* openDatagram({
        remoteAddress: transport.getExtraInfo("sockname") as SocketAddress,
      });
      yield* client.send("x");
      yield* protocol.until(2);
      expect(seen).toEqual(["Ada"]);
    }));

  test("an address in use is refused in words", () =>
    run(function* () {
      using socket = yield* openDatagram({ localAddress });
      const { port } = socket.address;
      const error = yield* caught(openDatagram({ localAddress: { host: "127.0.0.1", port } }));
      expect(error).toMatchObject({ code: "EADDRINUSE" });
      expect(String(error)).toContain(`cannot open a UDP socket at 127.0.0.1:${port}: `);
    }));

  test("one that is closed is told of nothing more, and its run forgets it", () =>
    run(function* () {
      const held = () => [...(currentOwner(getRunningLoop())?.resources ?? [])].length;
      using server = yield* openDatagram({ localAddress });
      const before = held();
      const [transport, protocol] = yield* createDatagramEndpoint(() => new Notes(), {
        remoteAddress: server.address,
      });
      expect(held()).toBe(before + 1);
      const to = transport.getExtraInfo("sockname") as SocketAddress;
      // It closes when these are sent, and what comes meanwhile is nobody's.
      for (let i = 0; i < 3; i++) transport.sendto("x");
      server.sendNowait("too late", to);
      transport.close();
      yield* protocol.until(2);
      yield* sleep(20);
      expect(protocol.heard).toEqual(["made", "lost "]);
      expect(held()).toBe(before);
    }));

  test("a protocol that closes hears of no other datagram, nor of an error", () =>
    run(function* () {
      class Once extends Notes {
        transport!: DatagramTransport;
        override connectionMade(transport: DatagramTransport): void {
          this.transport = transport;
          super.connectionMade(transport);
        }
        override datagramReceived(data: Uint8Array, from: SocketAddress): void {
          super.datagramReceived(data, from);
          // It cannot be sent: the transport is closed when that is known.
          this.transport.sendto(new Uint8Array(65_508), from);
          this.transport.close();
        }
      }
      const [transport, protocol] = yield* createDatagramEndpoint(() => new Once(), {
        localAddress,
      });
      const remoteAddress = transport.getExtraInfo("sockname") as SocketAddress;
      using client = yield* openDatagram({ remoteAddress });
      for (const each of ["a", "b", "c"]) client.sendNowait(each);
      yield* protocol.until(3);
      yield* sleep(20);
      expect(protocol.heard).toEqual(["made", "a", "lost "]);
    }));

  test("the run's end closes what is open", async () => {
    const [protocol, transport] = await run(function* () {
      const [transport, protocol] = yield* createDatagramEndpoint(() => new Notes(), {
        localAddress,
      });
      return [protocol, transport] as const;
    });
    expect(protocol.heard).toEqual(["made", "lost "]);
    expect(transport.isClosing()).toBe(true);
  });

  test("sending to nowhere, or to what is no address", () =>
    run(function* () {
      using socket = yield* openDatagram({ localAddress });
      const bad: [unknown, typeof TypeError | typeof RangeError, string][] = [
        [undefined, TypeError, "sendto() needs an address: the endpoint has no remoteAddress"],
        [{ address: "a.example", port: 1 }, TypeError, "needs an IP address as its address"],
        [{ address: "127.0.0.1", port: 0 }, RangeError, "needs a port from 1 to 65535, got 0"],
        [{ address: "::1", port: 1 }, RangeError, "cannot send to ::1 by an IPv4 endpoint"],
      ];
      for (const [to, kind, message] of bad) {
        const send = () => socket.sendNowait("x", to as never);
        expect(send).toThrow(kind);
        expect(send).toThrow(message);
      }
      expect(() => socket.sendNowait(7 as never, socket.address)).toThrow(TypeError);
      using connected = yield* openDatagram({ remoteAddress: socket.address });
      expect(() => connected.sendNowait("x", { address: "127.0.0.1", port: 9 })).toThrow(
        "can only send to the endpoint's remoteAddress 127.0.0.1",
      );
      expect(connected.statistics().sent).toBe(0);
    }));

  test("a protocol that throws is reported, and its transport closed", () =>
    run(function* () {
      const reports: string[] = [];
      getRunningLoop().setExceptionHandler((_loop, { message }) => reports.push(message));
      class Bad extends Notes {
        override datagramReceived(): void {
          throw new Error("oops");
        }
      }
      const [transport, protocol] = yield* createDatagramEndpoint(() => new Bad(), {
        localAddress,
      });
      const to = transport.getExtraInfo("sockname") as SocketAddress;
      using client = yield* openDatagram({ remoteAddress: to });
      yield* client.send("x");
      yield* protocol.until(2);
      expect(protocol.heard).toEqual(["made", "lost oops"]);
      expect(reports).toEqual(["Bad.datagramReceived() failed"]);
      getRunningLoop().setExceptionHandler(null);
      const refused = createDatagramEndpoint(() => {
        const notes = new Notes();
        notes.connectionMade = () => {
          throw new Error("not today");
        };
        return notes;
      }, {});
      expect(String(yield* caught(refused))).toContain("not today");
    }));

  onItsIpv6("IPv6, and IPv4 on it", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress: { address: "::" } });
      const { port } = server.address;
      using six = yield* openDatagram({ remoteAddress: { address: "::1", port } });
      yield* six.send("six");
      expect((yield* server.receive()).from).toMatchObject({ address: "::1", family: "IPv6" });
      using four = yield* openDatagram({ remoteAddress: { address: "127.0.0.1", port } });
      yield* four.send("four");
      const { from } = yield* server.receive();
      expect(from.address).toBe("::ffff:127.0.0.1");
      yield* server.send("back", from);
      yield* four.receive();
      expect(() => server.sendNowait("x", { address: "127.0.0.1", port })).toThrow(
        '"::ffff:127.0.0.1" is how IPv6 calls that address',
      );
    }),
  );

  onItsIpv6("ipv6Only leaves the port to IPv4", () =>
    run(function* () {
      using six = yield* openDatagram({ localAddress: { address: "::" }, ipv6Only: true });
      const { port } = six.address;
      using four = yield* openDatagram({ localAddress: { address: "0.0.0.0", port } });
      expect(four.address.port).toBe(port);
    }),
  );
});

describe("flow control", () => {
  /** A socket that keeps what it is given until it is told to go on. */
  function held(socket: DatagramSocket) {
    const real = socket.transport.getExtraInfo("socket") as Socket;
    const waiting: (() => void)[] = [];
    let size = 0;
    const send = real.send.bind(real) as (...args: unknown[]) => void;
    real.getSendQueueSize = () => size;
    real.getSendQueueCount = () => waiting.length;
    (real as { send: unknown }).send = (data: Uint8Array, ...rest: unknown[]) => {
      size += data.length;
      waiting.push(() => {
        size -= data.length;
        send(data, ...rest);
      });
    };
    return (count: number) => {
      for (const each of waiting.splice(0, count)) each();
    };
  }

  test("send waits above the high mark, until no more than the low one is left", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress });
      using client = yield* openDatagram({ remoteAddress: server.address });
      const release = held(client);
      client.transport.setWriteBufferLimits({ high: 2_500 });
      expect(client.transport.getWriteBufferLimits()).toEqual({ high: 2_500, low: 625 });
      for (let i = 0; i < 3; i++) yield* client.send(new Uint8Array(1_000));
      expect(client.transport.getWriteBufferSize()).toBe(3 * 1_008);
      const fourth = createTask(client.send("four"));
      const fifth = createTask(client.send("five"));
      yield* sleep(1);
      fifth.cancel();
      yield* sleep(1);
      release(2);
      yield* sleep(1);
      // 1008 bytes are left: more than the low mark.
      expect(fourth.done()).toBe(false);
      release(1);
      yield* fourth;
      expect(fifth.cancelled()).toBe(true);
      release(9);
      for (let i = 0; i < 3; i++) yield* server.receive();
      expect(text((yield* server.receive()).data)).toBe("four");
      expect(client.statistics().sent).toBe(4);
    }));

  test("close waits for what the system has not taken; abort does not", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress });
      for (const end of ["close", "abort"] as const) {
        const client = yield* openDatagram({ remoteAddress: server.address });
        const release = held(client);
        client.sendNowait(end);
        client.transport[end]();
        yield* sleep(1);
        const closed = createTask(client.waitClosed());
        yield* sleep(1);
        expect(closed.done()).toBe(end === "abort");
        if (end === "close") release(1);
        yield* closed;
      }
      expect(text((yield* server.receive()).data)).toBe("close");
      expect(server.statistics().queued).toBe(0);
    }));
});

describe("of the system alone", () => {
  test("nobody listens: the next call hears of it, and the socket stays open", () =>
    run(function* () {
      const gone = yield* openDatagram({ localAddress });
      const remoteAddress = gone.address;
      const { port } = remoteAddress;
      gone.close();
      yield* gone.waitClosed();
      using client = yield* openDatagram({ remoteAddress });
      yield* client.send("anybody?");
      expect(yield* caught(client.receive())).toMatchObject({
        code: "ECONNREFUSED",
        message: `cannot reach 127.0.0.1:${port}: nobody listens there (ECONNREFUSED)`,
      });
      const [transport, protocol] = yield* createDatagramEndpoint(() => new Notes(), {
        remoteAddress,
      });
      transport.sendto("anybody?");
      yield* protocol.until(2);
      expect(protocol.heard).toEqual(["made", "ECONNREFUSED"]);
      using server = yield* openDatagram({ localAddress: remoteAddress });
      yield* client.send("now?");
      expect(text((yield* server.receive()).data)).toBe("now?");
      expect(client.statistics().errors).toBe(1);
    }));

  test("a datagram that is too large", () =>
    run(function* () {
      using socket = yield* openDatagram({ localAddress });
      yield* socket.send(new Uint8Array(65_508), socket.address);
      expect(yield* caught(socket.receive())).toMatchObject({
        code: "EMSGSIZE",
        message: `cannot send to 127.0.0.1:${socket.address.port}: the datagram is too large (EMSGSIZE)`,
      });
      yield* socket.send(new Uint8Array(65_507), socket.address);
      expect((yield* socket.receive()).data).toHaveLength(65_507);
    }));

  test("names of hosts are looked up", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress: { host: "localhost" }, family: 4 });
      const { port } = server.address;
      using client = yield* openDatagram({ remoteAddress: { host: "localhost", port }, family: 4 });
      yield* client.send("x");
      yield* server.receive();
      using free = yield* openDatagram({});
      yield* free.send("y", { host: "localhost", port });
      expect(text((yield* server.receive()).data)).toBe("y");
      const nowhere = { host: "no-such-host.invalid", port: 1 };
      for (const doing of [free.send("z", nowhere), openDatagram({ remoteAddress: nowhere })]) {
        const error = yield* caught(doing);
        expect((error as { code: string }).code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
        expect(String(error)).toContain("no-such-host.invalid:1: ");
      }
    }));

  test("addresses of different families", () =>
    run(function* () {
      const both = { localAddress, remoteAddress: { address: "::1", port: 9 } };
      expect(String(yield* caught(openDatagram(both)))).toContain("of different families");
      const other = openDatagram({ localAddress, family: 6 });
      expect(yield* caught(other)).toMatchObject({ code: "EAI_ADDRFAMILY" });
    }));

  test("broadcast must be asked for", () =>
    run(function* () {
      const to = { address: "255.255.255.255", port: 9 };
      using without = yield* openDatagram({});
      yield* without.send("x", to);
      // It is `receive` that throws it: another datagram may be sent.
      yield* without.send("y", to);
      expect(yield* caught(without.receive())).toMatchObject({
        code: "EACCES",
        message: expect.stringContaining("a broadcast address needs broadcast: true (EACCES)"),
      });
      while (without.statistics().errors < 2) yield* sleep(1);
      expect(without.statistics()).toMatchObject({ sent: 2, errors: 2 });
      using server = yield* openDatagram({ localAddress: { address: "0.0.0.0" } });
      const { port } = server.address;
      // The loopback network has a broadcast address too.
      using client = yield* openDatagram({
        localAddress,
        remoteAddress: { address: "127.255.255.255", port },
        broadcast: true,
      });
      yield* client.send("all");
      const { data, from } = yield* server.receive();
      expect(text(data)).toBe("all");
      // The answer comes from another address than it was sent to.
      yield* server.send("me", from);
      expect(text((yield* client.receive()).data)).toBe("me");
    }));

  test("multicast on the loopback interface", ({ skip }) =>
    run(function* () {
      const group = "239.1.2.3";
      const multicast = { groups: [group], interfaceAddress: "127.0.0.1", ttl: 0, loopback: true };
      let members: DatagramSocket[];
      try {
        const first = yield* openDatagram({
          localAddress: { address: "0.0.0.0" },
          reuseAddress: true,
          multicast,
        });
        const { port } = first.address;
        const second = yield* openDatagram({
          localAddress: { address: "0.0.0.0", port },
          reuseAddress: true,
          multicast,
        });
        members = [first, second];
      } catch (error) {
        skip(`no multicast on this machine: ${error}`);
        return;
      }
      using sender = yield* openDatagram({
        multicast: { interfaceAddress: "127.0.0.1", ttl: 0, loopback: true },
      });
      const port = members[0]?.address.port as number;
      yield* sender.send("to all", { address: group, port });
      for (const member of members) expect(text((yield* member.receive()).data)).toBe("to all");
      const no = openDatagram({ multicast: { groups: ["10.1.1.1"] } });
      expect(yield* caught(no)).toMatchObject({ code: "EINVAL" });
    }));

  test("buffer sizes are the system's", () =>
    run(function* () {
      using socket = yield* openDatagram({ receiveBufferSize: 20_000, sendBufferSize: 30_000 });
      const real = socket.transport.getExtraInfo("socket") as Socket;
      // Linux doubles them, for what it needs itself.
      expect([20_000, 40_000]).toContain(real.getRecvBufferSize());
      expect([30_000, 60_000]).toContain(real.getSendBufferSize());
    }));

  test("reusePort says which Node it needs", () =>
    run(function* () {
      const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
      const opening = openDatagram({ localAddress, reusePort: true });
      if (major > 22 || (major === 22 && minor >= 12)) {
        using first = yield* opening;
        using second = yield* openDatagram({ localAddress: first.address, reusePort: true });
        expect(second.address).toEqual(first.address);
      } else {
        expect(String(yield* caught(opening))).toContain("reusePort needs Node 22.12 or later");
      }
    }));

  test("nothing is left open, however it ends", () =>
    runWithoutLeak(function* () {
      using closed = yield* openDatagram({ localAddress });
      yield* openDatagram({ remoteAddress: closed.address });
      const opening = createTask(openDatagram({ localAddress: { host: "localhost" } }));
      yield* sleep(0);
      opening.cancel();
      yield* caught(opening);
      const inUse = { localAddress: closed.address };
      yield* caught(openDatagram(inUse));
      const failing = createDatagramEndpoint(() => {
        throw new Error("no protocol");
      }, {});
      expect(String(yield* caught(failing))).toContain("no protocol");
      yield* caught(openDatagram({ multicast: { groups: ["10.1.1.1"] } }));
    }));

  test("what comes at once is not lost", () =>
    run(function* () {
      const other = createSocket("udp4");
      const [transport, protocol] = yield* createDatagramEndpoint(() => new Notes(), {
        localAddress,
      });
      const { port } = transport.getExtraInfo("sockname") as SocketAddress;
      other.send("x", port, "127.0.0.1");
      yield* protocol.until(2);
      expect(protocol.heard).toEqual(["made", "x"]);
      other.close();
    }));

  const withSocat = installed("socat", "socat") ? test : test.skip;
  withSocat("a program of others talks to it", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress });
      const { port } = server.address;
      const child = spawn("socat", ["-T1", "-", `UDP4:127.0.0.1:${port}`]);
      let said = "";
      child.stdout.on("data", (data) => {
        said += data;
      });
      child.stdin.write("hello\n");
      const { data, from } = yield* server.receive();
      expect(text(data)).toBe("hello\n");
      yield* server.send("good day\n", from);
      // Real time, in which the other program reads.
      while (said === "") yield* sleep(5);
      expect(said).toBe("good day\n");
      child.kill();
    }),
  );
});

test("options that cannot be are refused at once", () => {
  const bad: [object | undefined, typeof TypeError | typeof RangeError, string][] = [
    [undefined, TypeError, "openDatagram() needs an object of options (localAddress,"],
    [{ localAdress: {} }, TypeError, 'openDatagram() has no option "localAdress"; there are:'],
    [{ localAddress: ["::1", 5] }, TypeError, "needs { address, port } as its localAddress"],
    [{ localAddress: { port: "5" } }, TypeError, 'needs a number as its port, got "5"'],
    [{ localAddress: { prot: 5 } }, TypeError, 'has no option "prot"'],
    [{ remoteAddress: { port: 5 } }, TypeError, "needs an address in its remoteAddress"],
    [{ remoteAddress: { address: "::1" } }, TypeError, "needs a number as its port"],
    [{ remoteAddress: { host: "a", port: 0 } }, RangeError, "needs a port from 1 to 65535, got 0"],
    [{ remoteAddress: { host: "a", address: "b", port: 1 } }, TypeError, "either address or host"],
    [{ family: 5 }, RangeError, "needs 4 or 6 as its family"],
    [{ family: 4, ipv6Only: true }, RangeError, "cannot have family 4 with ipv6Only"],
    [{ broadcast: 1 }, TypeError, "needs true or false as broadcast, got 1"],
    [{ receiveBufferSize: 0 }, RangeError, "needs a receiveBufferSize of at least 1, got 0"],
    [{ queueSize: 0 }, RangeError, "needs a queueSize of at least 1, got 0"],
    [{ multicast: { groups: "a" } }, TypeError, "needs an array of addresses"],
    [{ multicast: { ttl: 256 } }, RangeError, "needs a multicast.ttl of at most 255, got 256"],
    [{ multicast: { group: "a" } }, TypeError, 'has no option "group"'],
  ];
  for (const [options, kind, message] of bad) {
    const call = () => openDatagram(options as never);
    expect(call, message).toThrow(kind);
    expect(call).toThrow(message);
  }
  const noFactory = () => createDatagramEndpoint({} as never, {});
  expect(noFactory).toThrow("needs a function that makes the protocol first");
});

test("a protocol without its methods is refused, and nothing stays open", () =>
  run(function* () {
    const wrong = createDatagramEndpoint(() => ({}) as never, { localAddress });
    expect(String(yield* caught(wrong))).toContain("extend DatagramProtocol");
  }));
