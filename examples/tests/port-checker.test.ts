import { type AddressInfo, createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { portsOf } from "../port-checker/arguments.ts";
import { startExample } from "./start-program.ts";

async function listening(): Promise<number> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens: one that was free a moment ago. */
async function free(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it("tells open from closed ports, in order, with times", async () => {
  const open = [await listening(), await listening()].sort((a, b) => a - b);
  const closed = await free();
  const ports = [...open, closed].reverse().join(",");
  const { status, stdout, stderr } = await startExample(
    ...(["port-checker", "127.0.0.1", "localhost", "--ports", ports, "--all"] as const),
  ).ended;
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  const row = (host: string, port: number) =>
    `${host} ${port} ${port === closed ? "closed" : "open"} N ms`;
  const sorted = [...open, closed].sort((a, b) => a - b);
  expect(lines.map((line) => line.replace(/ +/g, " ").replace(/[\d.]+ ms/, "N ms"))).toEqual([
    ...sorted.map((port) => row("127.0.0.1", port)),
    ...sorted.map((port) => row("localhost", port)),
    "4 open, 2 closed, 0 filtered",
  ]);
  // Columns stand below one another.
  expect(new Set(lines.slice(0, -1).map((line) => line.length)).size).toBe(1);
});

it("--json: one object per port, open ones alone", async () => {
  const open = await listening();
  const range = `${open - 1}-${open + 1}`;
  const { status, stdout } = await startExample(
    ...(["port-checker", "127.0.0.1", "-p", range, "--json", "--concurrency", "1"] as const),
  ).ended;
  expect(status).toBe(0);
  const found = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(found).toContainEqual({
    host: "127.0.0.1",
    port: open,
    state: "open",
    ms: expect.any(Number),
  });
  expect(found.every(({ state }) => state === "open")).toBe(true);
});

it("an attempt that is not answered ends in time", async () => {
  // TEST-NET-1: no machine has this address.
  const { status, stdout } = await startExample(
    ...(["port-checker", "192.0.2.1", "-p", "80-99", "--timeout", "100", "--all"] as const),
  ).ended;
  expect(status).toBe(0);
  // Some networks answer for others: then the ports are closed or even open, but known in time.
  expect(stdout).toMatch(/\d+ open, \d+ closed, \d+ filtered\n$/);
  expect(stdout.trimEnd().split("\n")).toHaveLength(21);
  for (const [, ms] of stdout.matchAll(/([\d.]+) ms/g)) expect(Number(ms)).toBeLessThan(2_000);
});

it("a host that does not exist is told, and the others are checked", async () => {
  const open = await listening();
  const { status, stdout, stderr } = await startExample(
    ...(["port-checker", "no-such-host.invalid", "127.0.0.1", "-p", `${open}`] as const),
  ).ended;
  expect(stderr).toContain("cannot look up no-such-host.invalid: ");
  expect(stdout).toContain("1 open, 0 closed, 0 filtered");
  expect(status).toBe(1);
});

it("what cannot be is refused with the usage", async () => {
  const { status, stderr } = await startExample("port-checker", "a", "-p", "0").ended;
  expect(stderr).toContain('"0" is neither a port (1 to 65535) nor a range of ports\n\nheddle run');
  expect(status).toBe(2);
  expect(portsOf("80,22,78-81")).toEqual([22, 78, 79, 80, 81]);
  for (const bad of ["", "a", "1-", "5-4", "70000"]) expect(() => portsOf(bad)).toThrow("neither");
});
