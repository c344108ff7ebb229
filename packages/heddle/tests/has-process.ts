/*
 * Whether there is a process here: not so in browsers, which have neither its signals nor the
 * AsyncLocalStorage by which async functions are followed. Tests of these say so where they skip.
 */
export const hasProcess = "process" in globalThis;
