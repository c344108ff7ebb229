import type { Case } from "./case.ts";

const RULE = "swallowed-cancellation";

/** What a catch clause may hold, around a wait in a loop. */
const inCatch = (lines: string) => `
  function* main(verbose: boolean, retries: number) {
    outer: for (let attempt = 0; attempt < retries; attempt++) {
      try {
        yield* work(attempt);
      ${lines}
    }
    return verbose;
  }`;

const clause = (body: string, mark = "") => inCatch(`} catch (error: any) { ${mark}\n${body}\n}`);
const bad = (body: string) => clause(body, `//! ${RULE}`);

export const found: Case[] = [
  ["an empty catch", inCatch(`} catch {} //! ${RULE}`)],
  ["a catch without a binding", inCatch(`} catch { cleanup(); } //! ${RULE}`)],
  ["a catch that goes on", bad("console.log(error);")],
  ["a catch that returns", bad("return error;")],
  ["a catch that breaks", bad("break outer;")],
  ["a catch that continues", bad("continue;")],
  ["rethrows sometimes, whatever the error", bad("if (attempt === 3) throw error;")],
  [
    "rethrows in a loop that may not be entered",
    bad("for (const n of items) { if (n) throw error; }"),
  ],
  [
    "rethrows in one case of a switch",
    bad("switch (attempt) { case 1: throw error; case 2: break; }"),
  ],
  [
    "sorts out what is no Error: a CancelledError is one",
    bad("if (!(error instanceof Error)) throw error;"),
  ],
  [
    "handles every Error",
    bad("if (error instanceof Error) console.log(error.message); else throw error;"),
  ],
  ["rethrows what it handles", bad("if (error instanceof MyError) throw error;")],
  ["throws its own error", bad("throw new MyError('failed', { cause: error });")],
  ["throws what has nothing to do with it", bad("const other = new MyError(); throw other;")],
  ["throws its own, without a binding", inCatch(`} catch { throw new MyError(); } //! ${RULE}`)],
  ["throws into a catch of its own", bad("try { throw error; } catch {}")],
  ["rethrowIfCancelled comes sometimes", bad("if (verbose) rethrowIfCancelled(error);")],
  ["rethrowIfCancelled of something else", bad("rethrowIfCancelled(new Error());")],
  [
    "a namesake of rethrowIfCancelled",
    `
    function rethrowIfCancelled(error: unknown) {}
    import { sleep } from "heddle";
    export function* main() {
      try { yield* sleep(1); }
      catch (error) { rethrowIfCancelled(error); } //! ${RULE}
    }`,
  ],
  [
    "in a method, an expression, a callback",
    `
    class A { *run() { try { yield* sleep(1); } catch {} } } //! ${RULE}
    const f = function* () { try { yield* sleep(1); } catch {} }; //! ${RULE}
    run(function* () { try { yield* f(); } catch {} }); //! ${RULE}
    run(() => timeout(5, function* () { try { yield* new A().run(); } catch {} })); //! ${RULE}`,
  ],
  [
    "in an async function",
    `
    const f = async () => {
      try { await sleep(1); } catch {} //! ${RULE}
      try { await createTask(work()); } catch {} //! ${RULE}
      try { for await (const item of queue) console.log(item); } catch {} //! ${RULE}
    };
    console.log(f);`,
  ],
  [
    "keeps it, and returns it",
    `
    function* main() {
      let failure: unknown;
      try { yield* work(); } catch (error) { failure = error; } //! ${RULE}
      return failure;
    }`,
  ],
  [
    "an outer clause and an inner one",
    `
    function* main() {
      try {
        try { yield* work(); }
        catch (error) { cleanup(); throw error; }
      } catch {} //! ${RULE}
    }`,
  ],
  [
    "return in finally",
    `
    function* main() {
      try { yield* work(); }
      finally { return 1; } //! ${RULE}
    }`,
  ],
  [
    "return in finally, behind a proper catch",
    `
    function* main() {
      try { yield* work(); }
      catch (error) { rethrowIfCancelled(error); }
      finally {
        if (ready) return 1; //! ${RULE}
      }
    }`,
  ],
  [
    "break and continue in finally",
    `
    function* main() {
      outer: for (;;) {
        try { yield* work(); }
        finally {
          for (;;) { if (ready) continue outer; break; } //! ${RULE}
          switch (1) { case 1: continue; } //! ${RULE}
          break; //! ${RULE}
        }
      }
    }`,
  ],
  [
    "return in finally, async",
    `
    async function main() {
      try { await queue.get(); }
      finally { return 1; } //! ${RULE}
    }`,
  ],
];

export const fine: Case[] = [
  ["rethrowIfCancelled first", clause("rethrowIfCancelled(error); console.log(error);")],
  ["rethrowIfCancelled, not first", clause("cleanup(); rethrowIfCancelled(error); return 1;")],
  ["rethrowIfCancelled through the namespace", clause("heddle.rethrowIfCancelled(error);")],
  [
    "rethrowIfCancelled of a variable that holds it",
    clause("const e = error as Error; rethrowIfCancelled(e);"),
  ],
  [
    "imported by other names",
    `
    import { isCancelled as stopped, rethrowIfCancelled as pass, sleep } from "heddle";
    export function* main() {
      try { yield* sleep(1); } catch (error) { pass(error); }
      try { yield* sleep(1); } catch (error) { if (stopped(error)) throw error; }
    }`,
  ],
  ["isCancelled", clause("if (isCancelled(error)) return 'cancelled'; console.log(error);")],
  ["instanceof CancelledError", clause("if (error instanceof heddle.CancelledError) cleanup();")],
  ["its name", clause("if (error.name === 'CancelledError') throw error;")],
  ["rethrows", clause("throw error;")],
  ["cleans up, and rethrows", clause("cleanup(); yield* work(); throw error;")],
  [
    "rethrows on every way",
    clause("if (verbose) { cleanup(); throw error; } else { throw error; }"),
  ],
  ["handles one class", clause("if (error instanceof MyError) { cleanup(); } else throw error;")],
  [
    "handles two classes",
    clause("if (error instanceof MyError || error instanceof TimeoutError) return 1; throw error;"),
  ],
  ["sorts out one class", clause("if (!(error instanceof MyError)) throw error; cleanup();")],
  [
    "handles one class, sometimes",
    clause("if (attempt > 2 || !(error instanceof MyError)) throw error; continue;"),
  ],
  ["asks the error", clause("if (error.code !== 'ENOENT') throw error;")],
  [
    "asks what it took from the error",
    clause("const { code } = error; if (code === 'ENOENT') continue; throw error;"),
  ],
  [
    "asks somebody about the error",
    clause(
      "if (!isRetryable(error)) throw error; function isRetryable(e: unknown) { return e === 1; }",
    ),
  ],
  [
    "a switch about the error",
    clause("switch (error.code) { case 'A': return 1; case 'B': break; default: throw error; }"),
  ],
  [
    "a switch with cases about the error",
    clause("switch (true) { case error instanceof MyError: break; default: throw error; }"),
  ],
  [
    "an Error or what is made one",
    clause("throw error instanceof Error ? error : new Error(String(error));"),
  ],
  ["throws what a function made of it", clause("throw Object.assign(error, { attempt });")],
  ["tries to clean up, and rethrows", clause("try { cleanup(); } catch {} throw error;")],
  [
    "rethrows behind a loop",
    clause("for (const n of items) { if (n) continue; else break; } throw error;"),
  ],
  [
    "rethrows behind a labelled block",
    clause("done: { if (verbose) break done; cleanup(); } throw error;"),
  ],
  ["ends the process", clause("console.error(error); process.exit(1);")],
  [
    "asks the task that it waits for",
    `function* main() {
      const task = createTask(work());
      try { yield* task; } catch (error) { if (task.cancelled()) throw error; }
    }`,
  ],
  [
    "keeps it, and throws it later",
    `function* main() {
      let failure: unknown;
      try { yield* work(); } catch (error) { failure = error; }
      cleanup();
      if (failure !== undefined) throw failure;
    }`,
  ],
  [
    "a rejection",
    `async function main() {
    try { await queue.get(); } catch (error) { return Promise.reject(error); }
  }`,
  ],
  [
    "nothing waits in the block",
    `
    function* main() {
      try { cleanup(); createTask(work()); } catch {}
      try { const later = function* () { yield* sleep(1); }; console.log(later); } catch {}
      yield* sleep(1);
    }`,
  ],
  [
    "only foreign waits",
    `
    async function main() {
      try { await fetch("file:"); await run(work()); } catch {}
    }
    function* other(): Generator<number> {
      try { yield* [1, 2]; yield 3; } catch {}
    }`,
  ],
  ["the top level", `try { await sleep(1); } catch {}`],
  [
    "a proper finally",
    `
    function* main() {
      try { yield* work(); }
      finally {
        cleanup();
        yield* sleep(1);
        for (const n of items) { if (n) continue; break; }
        items.map((n) => { return n; });
        label: { break label; }
        switch (1) { case 1: break; }
      }
    }`,
  ],
  [
    "finally around nothing that waits",
    `
    function* main() {
      try { cleanup(); } finally { return 1; }
    }`,
  ],
];
