// Programs for the check, as tables: what is found stands behind the line, `//! RULE`.

/** Its name, and its text. A program that imports nothing gets what `given` has. */
export type Case = readonly [name: string, source: string];

/** What the programs work with. On one line: it stands above the first of theirs. */
export const given = [
  `import * as heddle from "heddle"`,
  `import { Barrier, createTask, Event, Future, gather, isCancelled, Lock, Queue, rethrowIfCancelled, ` +
    `run, shield, sleep, Task, TaskGroup, taskGroup, timeout, TimeoutError, wait, waitFor } from "heddle"`,
  `import type { Awaitable, Coroutine, StreamReader, ThenableAwaitable } from "heddle"`,
  `import { EventEmitter } from "node:events"`,
  `import { cleanup, emitter, items, lock, MyError, queue, ready, work } from "./given.ts"`,
].join("; ");

/** The module that they import. */
export const givenModule = `
  import { EventEmitter } from "node:events";
  import { type Coroutine, Lock, Queue, sleep } from "heddle";
  export function* work(n = 0): Coroutine<number> {
    yield* sleep(n);
    return n;
  }
  export declare const ready: boolean;
  export declare const items: number[];
  export const lock = new Lock();
  export const queue = new Queue<number>();
  export const emitter = new EventEmitter();
  export class MyError extends Error { code = 0; }
  export const cleanup = () => {};
`;

/** "line rule" of each mark in a program; lines count from 1. */
export function marksIn(source: string): string[] {
  return source.split("\n").flatMap((line, at) => {
    const rules = /\/\/! (.*)$/.exec(line)?.[1]?.trim().split(" ") ?? [];
    return rules.map((rule) => `${at + 1} ${rule}`);
  });
}
