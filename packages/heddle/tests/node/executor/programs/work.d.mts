// The types of work.mjs.
import type { Coroutine } from "heddle";

export function add(a: number, b: number): number;
export function waits(path: string, ms: number): Coroutine<string>;
export function unwindsSlowly(path: string, ms: number): Coroutine<void>;
export function failsUnwinding(path: string): Coroutine<void>;
export function swallowsCancellation(path: string): Coroutine<string>;
export function saysWhyCancelled(path: string): Coroutine<void>;
export function diesUnwinding(path: string): Coroutine<void>;
export function hasChildren(path: string): Coroutine<void>;
export function leavesTask(path: string): Coroutine<string>;
export function spins(path: string): never;
export function hearsSignal(path: string): Promise<void>;
export function isDeaf(path: string, ms: number): Promise<string>;
export function timeLeft(): Coroutine<number>;
export function counts(started: SharedArrayBuffer, index: number, ms: number): Coroutine<number>;
export function asksAnotherThread(): Coroutine<number>;
export function sendsBuffer(): Uint8Array;
export function bytesLeft(): number | undefined;
export function sendsGoneBuffer(): Uint8Array;
