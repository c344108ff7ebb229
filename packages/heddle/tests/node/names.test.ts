import { CancelledError, createTask, sleep } from "heddle";
import { getaddrinfo, getnameinfo, openDatagram } from "heddle/node";
import { describe, expect, test } from "vitest";
import { caught } from "../caught.ts";
import { networks } from "./networks.ts";

describe.each(networks)("$name", ({ run }) => {
  test("an address is its own answer", () =>
    run(function* () {
      expect(yield* getaddrinfo("127.0.0.1", 80, { type: "stream" })).toEqual([
        { family: 4, type: "stream", address: "127.0.0.1", port: 80 },
      ]);
      expect(yield* getaddrinfo("::1", 53)).toEqual([
        { family: 6, type: "stream", address: "::1", port: 53 },
        { family: 6, type: "datagram", address: "::1", port: 53 },
      ]);
    }));

  test("a name has addresses; the port may be a number, digits or a service", () =>
    run(function* () {
      for (const [port, number] of [
        [null, 0],
        [8080, 8080],
        ["8080", 8080],
        ["https", 443],
      ] as const) {
        const found = yield* getaddrinfo("localhost", port, { family: 4, type: "datagram" });
        expect(found).toContainEqual({
          family: 4,
          type: "datagram",
          address: "127.0.0.1",
          port: number,
        });
        expect(found.every(({ family }) => family === 4)).toBe(true);
      }
      expect(yield* getaddrinfo(null)).toEqual(yield* getaddrinfo("localhost"));
    }));

  test("there is no such host", () =>
    run(function* () {
      const error = yield* caught(getaddrinfo("no-such-host.invalid", 80));
      // Without any name server the answer is EAI_AGAIN.
      expect((error as { code: string }).code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
      expect(String(error)).toContain("cannot look up no-such-host.invalid: ");
    }));

  test("an answer is where to connect to", () =>
    run(function* () {
      using server = yield* openDatagram({ localAddress: { address: "127.0.0.1" } });
      const { port } = server.address;
      const [found] = yield* getaddrinfo("localhost", port, { family: 4, type: "datagram" });
      if (found === undefined) throw new Error("localhost has an address");
      using client = yield* openDatagram({ remoteAddress: found });
      yield* client.send("x");
      expect((yield* server.receive()).data).toHaveLength(1);
    }));

  test("who is cancelled goes on at once", () =>
    run(function* () {
      const task = createTask(getaddrinfo("localhost"));
      yield* sleep(0);
      task.cancel();
      expect(yield* caught(task)).toBeInstanceOf(CancelledError);
    }));
});

describe("on the system's network", () => {
  const [system] = networks;
  if (system === undefined) throw new Error("the system's network comes first");
  const { run } = system;

  test("the name of an address, and of a service", () =>
    run(function* () {
      const { host, service } = yield* getnameinfo({ address: "127.0.0.1", port: 80 });
      expect(host).not.toBe("");
      // Where /etc/services is missing it is the number.
      expect(["http", "80"]).toContain(service);
      try {
        const nobodys = yield* getnameinfo({ address: "192.0.2.1", port: 61_234 });
        expect(nobodys).toEqual({ host: "192.0.2.1", service: "61234" });
      } catch (error) {
        // Some resolvers say that it has no name.
        expect((error as { code: string }).code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
        expect(String(error)).toContain("cannot find the name of 192.0.2.1:61234: ");
      }
    }));

  test("an address of the other family", () =>
    run(function* () {
      expect(yield* caught(getaddrinfo("::1", 80, { family: 4 }))).toMatchObject({
        code: "EAI_ADDRFAMILY",
        message:
          "cannot look up ::1: that is an address of the other family (IPv4 and IPv6) (EAI_ADDRFAMILY)",
      });
    }));
});

test("arguments that cannot be are refused at once", () => {
  const info = getaddrinfo as (...args: unknown[]) => unknown;
  const name = getnameinfo as (...args: unknown[]) => unknown;
  const bad: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => info(7), TypeError, "getaddrinfo() needs a string as its host, got 7"],
    [() => info(""), TypeError, 'needs a string as its host, got ""'],
    [() => info("a", "gopher"), RangeError, 'does not know the service "gopher", only: domain,'],
    [() => info("a", "70000"), RangeError, "needs a port from 0 to 65535, got 70000"],
    [() => info("a", -1), RangeError, "needs a port from 0 to 65535, got -1"],
    [() => info("a", 1, { family: 5 }), RangeError, "needs 4 or 6 as its family"],
    [() => info("a", 1, { type: "raw" }), RangeError, 'needs "stream" or "datagram" as its type'],
    [() => info("a", 1, { flags: 1 }), TypeError, 'has no option "flags"; there are: family, type'],
    [() => name("::1"), TypeError, "getnameinfo() needs an object of options (address, port"],
    [
      () => name({ address: "a", port: 1 }),
      TypeError,
      'needs an IP address as its address, got "a"',
    ],
    [() => name({ address: "::1" }), TypeError, "needs a number as its port, got undefined"],
  ];
  for (const [call, kind, message] of bad) {
    expect(call, message).toThrow(kind);
    expect(call).toThrow(message);
  }
});
