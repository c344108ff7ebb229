// The types of state.mjs.
import type { ContextVar, Coroutine } from "heddle";

export const requestId: ContextVar<unknown>;
export function countUp(by?: number): number;
export function countsThere(): Coroutine<[here: number, there: number]>;
export function countsThereAsync(): Promise<number>;
export function countsThereAndStands(): number;
export function countsThereAndStandsInCoroutine(): Coroutine<number>;
export function callsInline(): number;
export function lasts(path: string): Coroutine<void>;
export function standsTooLong(path: string): void;
export function waitsThere(path: string): Coroutine<void>;
export function cancelsThere(path: string): Coroutine<string>;
export function leavesCall(path: string): Coroutine<string>;
export function fails(): never;
export function failsThere(): Coroutine<unknown[]>;
export function failsThereAndStands(): void;
export function sendsFunction(): void;
export function getsFunction(): unknown;
export function readId(): string;
export function readsIds(): Coroutine<[here: string, there: string]>;
export function setsId(id: string): string;
