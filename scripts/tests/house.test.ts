// Each rule is shown a small tree that breaks it, and the nearest thing that it must let pass.

import { expect, test } from "vitest";
import { checkHouse } from "../house/rules.ts";

const src = "packages/heddle/src";
const check = (files: Record<string, string>) =>
  checkHouse(new Map(Object.entries(files).map(([path, text]) => [path.replace(/^@/, src), text])));

/** Expects a tree of one file to break exactly one rule, with these words in the line. */
function expectBroken(path: string, text: string, expected: string): void {
  const broken = check({ [path]: text });
  expect(broken).toHaveLength(1);
  expect(broken[0]).toContain(expected);
}

test.each([
  ["sync", "queue"],
  ["task", "sync"],
  ["loop", "task"],
  ["coroutine", "context"],
  ["interop", "introspection"],
  ["task", "interop"],
  ["stream", "node"],
  ["testing", "node"],
  ["node", "cli"],
])("%s may not import %s, not even a type", (room, other) => {
  const expected = `${src}/${room}/a.ts:2: ${room} imports ${other}: rooms depend downwards only`;
  const paths = {
    static: `import "../${other}/b.ts"`,
    type: `import type { B } from "../${other}/b.ts"`,
  };
  for (const text of Object.values(paths)) {
    expect(check({ [`@/${room}/a.ts`]: `\n${text};` })).toEqual([expected]);
  }
  expect(check({ [`@/${room}/a.ts`]: `\nawait import("../${other}/b.ts");` })).toEqual([expected]);
  expect(check({ [`@/${room}/a.ts`]: `\nexport * from "../${other}/b.ts";` })).toEqual([expected]);
  expect(check({ [`@/${room}/a.ts`]: `\ntype B = import("../${other}/b.ts").B;` })).toEqual([
    expected,
  ]);
});

test("a room imports itself and lower rooms, the face imports portable rooms", () => {
  expect(
    check({
      "@/task/future.ts": 'import "./task.ts"; import "../loop/handle.ts";',
      "@/queue/queue.ts": 'import "../task/future.ts"; import "../coroutine/suspend.ts";',
      "@/cli/main.ts": 'import "../node/index.ts"; import { defineCommand } from "citty";',
      "@/index.ts": 'export * from "./task/task.ts"; export * from "./interop/promise.ts";',
    }),
  ).toEqual([]);
  expectBroken("@/index.ts", 'export * from "./node/index.ts";', "index.ts imports node");
  expectBroken("@/task/a.ts", 'import "../index.ts";', "task imports index.ts");
  expectBroken("@/attic/a.ts", "", '"attic" is no room of the house');
  expectBroken("@/task/a.ts", 'import "../attic/b.ts";', "task imports attic");
});

test("only node/ and cli/ depend on packages, and none reaches into another's files", () => {
  expectBroken("@/task/a.ts", 'import { z } from "citty";', 'imports "citty": only node/, cli/');
  expectBroken(
    "@/testing/a.ts",
    'import { run } from "heddle";',
    'imports "heddle": only node/, cli/',
  );
  const reach = 'import "../../heddle/src/index.ts";';
  expectBroken("packages/greenlet/src/a.ts", reach, "a file of another package");
  expect(check({ "packages/greenlet/src/a.ts": 'import "heddle"; import "node:vm";' })).toEqual([]);
});

test("node: modules stand in node/, cli/ and loop/hosts/", () => {
  for (const text of [
    'import net from "node:net";',
    'import type { Socket } from "node:net";',
    'export { connect } from "node:net";',
    'const net = await import("node:net");',
    'type Socket = import("node:net").Socket;',
  ]) {
    expectBroken(
      "@/stream/a.ts",
      text,
      'stream/a.ts:1: imports "node:net": what needs Node stands in node/',
    );
    for (const room of ["node", "cli", "loop/hosts"]) {
      expect(check({ [`@/${room}/a.ts`]: text })).toEqual([]);
    }
  }
});

test("the portable face loads no node: module, not even through a host", () => {
  const files = {
    "@/index.ts": 'export * from "./loop/loop.ts";',
    "@/loop/loop.ts": 'import "./hosts/node.ts";',
    "@/loop/hosts/node.ts": 'import "node:timers";',
  };
  expect(check(files)).toEqual([
    `${src}/loop/hosts/node.ts:1: imports "node:timers", and index.ts loads it: ` +
      `${src}/index.ts > ${src}/loop/loop.ts > ${src}/loop/hosts/node.ts`,
  ]);
  expect(check({ ...files, "@/loop/hosts/node.ts": 'import type {} from "node:timers";' })).toEqual(
    [],
  );
});

test.each([
  ["process", "const debug = process.env.DEBUG;"],
  ["setTimeout", "setTimeout(() => {}, 1);"],
  ["setInterval", "const every = setInterval;"],
  ["setImmediate", "setImmediate(f);"],
  ["clearTimeout", "clearTimeout(handle);"],
  ["queueMicrotask", "[1].map(queueMicrotask);"],
  ["performance", "const now = { performance };"],
  ["console", "function log() { console.log(1); }"],
  ["crypto", "crypto.randomUUID();"],
  ["Buffer", "let bytes: Buffer;"],
  ["NodeJS", "let handle: NodeJS.Timeout;"],
  ["console", "let c: typeof console;"],
  ["Date.now", "const t = Date.now();"],
  ["Date.now", "const clock = Date.now;"],
  ["Date.now", 'Date["now"]();'],
  ["Date()", "const t = new Date();"],
  ["Math.random", "const r = Math.random();"],
  ["AbortSignal.timeout", "AbortSignal.timeout(5);"],
  ["globalThis.setTimeout", "globalThis.setTimeout(f, 1);"],
  ["globalThis.process", "(globalThis as any).process;"],
  ["globalThis.process", "(globalThis as unknown as Globals).process?.exit();"],
  ["globalThis.process", 'globalThis["process"];'],
  ["globalThis.Date.now", "globalThis.Date.now();"],
  ["setTimeout", "const { setTimeout } = globalThis;"],
  ["globalThis.setTimeout", "const { setTimeout: later } = globalThis;"],
  ["Date.now", "const { now } = Date;"],
  ["Math.random", "const { floor, random: r } = Math;"],
])("outside of the hosts nothing touches %s: %s", (name, text) => {
  const broken = `:2: touches ${name}: the loop meets the world through its host alone`;
  for (const path of ["loop/a.ts", "task/a.ts", "testing/a.ts", "index.ts"]) {
    expect(check({ [`@/${path}`]: `\n${text}` })).toEqual([`${src}/${path}${broken}`]);
  }
  for (const room of ["node", "cli", "loop/hosts"]) {
    expect(check({ [`@/${room}/a.ts`]: `\n${text}` })).toEqual([]);
  }
});

test("names that are no globals pass", () => {
  const text = `
    // setTimeout, process.exit() and Date.now() in words
    import { console as log } from "./a.ts";
    interface Host { now(): number; setTimeout(ms: number): void; process: string }
    class Clock { performance = "process"; queueMicrotask() { return this.performance; } }
    const date = new Date(0);
    host.setTimeout(Math.max(1, date.getTime()));
    const registry = (globalThis as Registry)[Symbol.for("heddle.tasks")];
    export { log as process } from "./b.ts";
  `;
  expect(check({ "@/loop/loop.ts": text })).toEqual([]);
});

test("a cycle of loaded files is found; one of types alone is none", () => {
  const files = {
    "@/task/a.ts": 'import { b } from "./b.ts";',
    "@/task/b.ts": 'export * from "./c.ts";',
    "@/task/c.ts": 'import { type A, a } from "./a.ts";',
  };
  expect(check(files)).toEqual([
    `${src}/task/a.ts:1: loads itself: ` +
      `${src}/task/a.ts > ${src}/task/b.ts > ${src}/task/c.ts > ${src}/task/a.ts`,
  ]);
  // The compiler keeps this one as `import {} from`, which loads the file all the same.
  expect(check({ ...files, "@/task/c.ts": 'import { type A } from "./a.ts";' })).toHaveLength(1);
  expect(check({ ...files, "@/task/c.ts": 'import type { A } from "./a.ts";' })).toEqual([]);
  expect(check({ ...files, "@/task/c.ts": 'await import("./a.ts");' })).toEqual([]);
});

test("no file names a place of one machine or network", () => {
  // Put together here, or this file would break the rule that it tests.
  const slash = "/";
  const places = [
    `${slash}tmp`,
    `${slash}tmp/socket`,
    `file://${slash}work/main`,
    `"${slash}root/.cache"`,
    `at f (${slash}home/ada/heddle/a.ts)`,
    `${slash}Users/ada`,
    `"resolved": "https:${slash}/registry.${"npmjs"}.org/a.tgz"`,
    `registry=http:${slash}/npm.internal:4873${slash}`,
    `https:${slash}/pypi.org/simple`,
  ];
  for (const place of places) {
    expectBroken("docs/guide.md", `first\n${place}`, "is a place of one machine or network");
  }
  const harmless = [
    `https:${slash}/heddle.dev${slash}home/ada`,
    `app.get("${slash}work")`,
    `src${slash}tmp/a`,
    "registry.add(task)",
    `https:${slash}/github.com/npm`,
  ];
  expect(check({ "docs/guide.md": harmless.join("\n") })).toEqual([]);
});
