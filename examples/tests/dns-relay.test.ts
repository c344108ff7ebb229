import { execFile, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { lifetimeOf, questionOf } from "../dns-relay/message.ts";
import { installed } from "./installed.ts";
import { startExample } from "./start-program.ts";

const host = "127.0.0.1";
const heddle = fileURLToPath(new URL("../../packages/heddle/bin/heddle.js", import.meta.url));
const example = fileURLToPath(new URL("../dns-relay.ts", import.meta.url));

function query(id: number, name: string, type = 1): Buffer {
  const header = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name
    .split(".")
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1])]);
}

/** An A record for the question, of so many seconds. */
function answer(asked: Buffer, address: number[], ttl: number, flags = 0x8180): Buffer {
  const { end } = questionOf(asked) as { end: number };
  const head = Buffer.from(asked.subarray(0, end));
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 6);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, ...address])]);
}

async function bound(): Promise<Socket & { port: number }> {
  const socket = createSocket("udp4");
  socket.bind(0, host);
  await once(socket, "listening");
  onTestFinished(() => void socket.close());
  return Object.assign(socket, { port: (socket.address() as AddressInfo).port });
}

/** A resolver that answers by `reply`, or not at all. */
async function upstream(reply: (asked: Buffer) => Buffer[] | Promise<Buffer[]>) {
  const socket = await bound();
  const names: string[] = [];
  const ids: number[] = [];
  socket.on("message", async (asked, from) => {
    names.push(questionOf(asked)?.name ?? "");
    ids.push(asked.readUInt16BE(0));
    for (const each of await reply(asked)) socket.send(each, from.port, from.address);
  });
  return { port: socket.port, names, ids };
}

async function start(...args: string[]) {
  const program = startExample("dns-relay", "--listen", `${host}:0`, ...args);
  const port = Number(/:(\d+)\n/.exec(await program.printed("\n"))?.[1]);
  return { program, port };
}

async function ask(port: number, ...queries: Buffer[]): Promise<Map<number, Buffer>> {
  const socket = await bound();
  const answers = new Map<number, Buffer>();
  const all = new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      answers.set(data.readUInt16BE(0), data);
      if (answers.size === queries.length) resolve();
    });
  });
  for (const each of queries) socket.send(each, port, host);
  await all;
  return answers;
}

it("forwards, keeps answers for their time, and each client gets its own id back", async () => {
  const resolver = await upstream((asked) => [answer(asked, [10, 0, 0, 1], 1)]);
  const { program, port } = await start("--upstream", `${host}:${resolver.port}`);
  const first = (await ask(port, query(77, "a.example"))).get(77) as Buffer;
  expect([...first.subarray(-4)]).toEqual([10, 0, 0, 1]);
  const again = (await ask(port, query(78, "a.example"))).get(78) as Buffer;
  expect(Buffer.compare(again.subarray(2), first.subarray(2))).toBe(0);
  expect(resolver.names).toEqual(["a.example"]);
  // Real time: a second, as the answer says.
  await pause(1_050);
  await ask(port, query(79, "a.example"));
  expect(resolver.names).toEqual(["a.example", "a.example"]);
  program.interrupt();
  const { stdout, stderr, status } = await program.ended;
  expect(stderr).toBe("");
  expect(stdout).toContain("queries 3, local 0, cached 1, forwarded 2, retried 0, failed 0");
  // Ctrl-C: as every program that it ends.
  expect([0, 130]).toContain(status);
});

it("many at once: their ids differ upstream, though clients chose the same", async () => {
  const waiting: (() => void)[] = [];
  const resolver = await upstream(async (asked) => {
    // All are asked before any is answered, the last one first.
    await new Promise<void>((resolve) => {
      waiting.unshift(resolve);
      if (waiting.length === 20) for (const each of waiting) each();
    });
    return [answer(asked, [10, 0, 0, Number(questionOf(asked)?.name.slice(1))], 60)];
  });
  const { port } = await start("--upstream", `${host}:${resolver.port}`);
  const clients = Array.from({ length: 20 }, (_, i) => ask(port, query(5, `n${i}`)));
  for (const [i, answers] of (await Promise.all(clients)).entries()) {
    expect(answers.get(5)?.at(-1)).toBe(i);
  }
  expect(new Set(resolver.ids).size).toBe(20);
});

it("asks the next resolver when the first is silent or gone; SERVFAIL when none answers", async () => {
  const silent = await upstream(() => []);
  const good = await upstream((asked) => [
    // Somebody else's answer, with the right id: it is not taken.
    answer(query(asked.readUInt16BE(0), "evil.example"), [6, 6, 6, 6], 60),
    answer(asked, [10, 0, 0, 2], 60),
  ]);
  const gone = createSocket("udp4");
  gone.bind(0, host);
  await once(gone, "listening");
  const { port: nobody } = gone.address();
  gone.close();
  const to = (port: number) => ["--upstream", `${host}:${port}`];

  const { port } = await start(...to(silent.port), ...to(good.port), "--timeout", "100");
  const answered = (await ask(port, query(1, "b.example"))).get(1) as Buffer;
  expect([...answered.subarray(-4)]).toEqual([10, 0, 0, 2]);
  expect(silent.names).toEqual(["b.example"]);

  // Nobody listens there: the next one is asked at once, not after ten minutes.
  const second = await start(...to(nobody), ...to(good.port), "--timeout", "600000");
  expect((await ask(second.port, query(2, "c.example"))).get(2)?.at(-1)).toBe(2);

  const third = await start(...to(silent.port), ...to(nobody), "--timeout", "50");
  const failed = (await ask(third.port, query(3, "d.example"))).get(3) as Buffer;
  expect(failed.readUInt16BE(2)).toBe(0x8182);
  expect(questionOf(failed)?.name).toBe("d.example");
});

it("names of its own, for a client that is not ours", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dns-relay-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "hosts");
  writeFileSync(
    file,
    "10.1.1.1 one.home uno.home # the first\n\n# nothing\n2001:db8::7 one.home\n",
  );
  const nobody = await upstream(() => []);
  const { port } = await start(
    ...["--upstream", `${host}:${nobody.port}`, "--hosts", file],
    ...["--host", "Two.home=10.2.2.2", "--host", "two.home=10.2.2.3"],
  );
  const resolver = new Resolver();
  resolver.setServers([`${host}:${port}`]);
  expect(await resolver.resolve4("uno.home")).toEqual(["10.1.1.1"]);
  expect(await resolver.resolve4("TWO.home", { ttl: true })).toEqual([
    { address: "10.2.2.2", ttl: 60 },
    { address: "10.2.2.3", ttl: 60 },
  ]);
  expect(await resolver.resolve6("one.home")).toEqual(["2001:db8::7"]);
  await expect(resolver.resolve6("two.home")).rejects.toMatchObject({ code: "ENODATA" });
  expect(nobody.names).toEqual([]);
});

it("a cut-off answer is passed on and not kept; rubbish gets no answer; SIGUSR1 tells", async () => {
  const resolver = await upstream((asked) => [answer(asked, [10, 0, 0, 3], 60, 0x8380)]);
  const args = ["--listen", `${host}:0`, "--upstream", `${host}:${resolver.port}`];
  const program = spawn(process.execPath, [heddle, "run", example, ...args]);
  onTestFinished(() => void program.kill("SIGKILL"));
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value.split(":")[1]);
  const socket = await bound();
  socket.send("rubbish", port, host);
  socket.send(answer(query(9, "x"), [1, 1, 1, 1], 1), port, host);
  for (const id of [1, 2]) {
    expect((await ask(port, query(id, "e.example"))).get(id)?.readUInt16BE(2)).toBe(0x8380);
  }
  expect(resolver.names).toHaveLength(2);
  program.kill("SIGUSR1");
  const counts =
    "queries 2, local 0, cached 0, forwarded 2, retried 0, failed 0, undelivered 0, bad 2; " +
    "0 answers kept";
  expect((await lines.next()).value).toBe(counts);
  program.kill("SIGTERM");
  // Once more at the end.
  expect((await lines.next()).value).toBe(counts);
  const [status] = await once(program, "exit");
  expect(status).toBe(0);
});

it("what cannot be is refused with the usage", async () => {
  for (const [args, message] of [
    [["--upstream", "a:b:c:d.e"], '"a:b:c:d.e" is no ADDRESS:PORT'],
    [["--upstream", "1.2.3.4:70000"], 'a port is a number from 0 to 65535, not "70000"'],
    [["--host", "x=y"], '"y" is no IP address'],
    [["--host", "x=fe80::1%lo"], '"fe80::1%lo" is no IP address'],
    [["--timeout", "0"], '--timeout needs a whole number from 1 to 2147483647, got "0"'],
  ] as const) {
    const { status, stderr } = await startExample("dns-relay", ...args).ended;
    expect(stderr).toContain(`${message}\n\nheddle run examples/dns-relay.ts [options]`);
    expect(status).toBe(2);
  }
});

it("goes on without a resolver to which there is no way", async () => {
  const args = ["--listen", "127.0.0.1:0", "--upstream", "fe80::1%none", "--upstream", "127.0.0.1"];
  const program = startExample("dns-relay", ...args);
  await program.printed("listening on 127.0.0.1:");
  program.terminate();
  const { status, stderr } = await program.ended;
  expect(stderr).toMatch(/^not asked: .*fe80::1%none/);
  expect(status).toBe(0);
});

it("lifetimes: the shortest record, and none for what is damaged", () => {
  const asked = query(1, "a.b");
  const { end } = questionOf(asked) as { end: number };
  const good = answer(asked, [1, 2, 3, 4], 77);
  expect(lifetimeOf(good, end)).toEqual({ places: [end + 6], seconds: 77 });
  for (let length = end; length < good.length; length++) {
    expect(lifetimeOf(good.subarray(0, length), end)).toBeNull();
  }
  expect(lifetimeOf(asked, end)).toBeNull();
  for (let length = 0; length < end; length++) {
    expect(questionOf(asked.subarray(0, length))).toBeNull();
  }
});

it.skipIf(!installed("dig", "dnsutils"))("dig understands it", async () => {
  const { port } = await start("--upstream", host, "--host", "printer.home=10.0.0.7");
  const args = ["+short", "-p", `${port}`, `@${host}`, "printer.home"];
  const { stdout } = await promisify(execFile)("dig", args);
  expect(stdout).toBe("10.0.0.7\n");
});
