import type { Case } from "./case.ts";

const RULE = "missing-star";

/** In a coroutine function, in which nothing else is amiss. */
const inCoroutine = (lines: string) => `function* main() {\n  yield* sleep(1);\n${lines}\n}`;

export const found: Case[] = [
  [
    "yield",
    `
    function* main() {
      yield sleep(1); //! ${RULE}
      yield work(); //! ${RULE}
      const item = yield queue.get(); //! ${RULE}
      return item;
    }`,
  ],
  [
    "yield of a future",
    inCoroutine(`
    yield createTask(work()); //! ${RULE}
    yield new Future<number>(); //! ${RULE}
    yield gather([work()]); //! ${RULE}`),
  ],
  [
    "yield in functions that are handed on",
    `
    run(function* () { yield sleep(1); }); //! ${RULE}
    createTask(function* () { yield work(); }); //! ${RULE}
    run(() => taskGroup(function* (group) { yield work(); })); //! ${RULE}`,
  ],
  [
    "yield under a return type that it does not fit",
    `
    function* main(): Coroutine<void> { yield sleep(1); } //! ${RULE}
    function* loose(): Generator<any, void, any> { yield sleep(1); } //! ${RULE}`,
  ],
  ["yield in a method", `class A { *run() { yield lock.acquire(); } } //! ${RULE}`],
  [
    "yield of a promise in a coroutine",
    inCoroutine(`
    yield fetch("file:"); //! ${RULE}
    const text = yield Promise.resolve("x"); //! ${RULE}
    return text;`),
  ],
  [
    "return",
    `
    function* main() { yield* sleep(1); return work(); } //! ${RULE}
    function* brief() { return sleep(1); } //! ${RULE}
    function* maybe() { if (ready) return work(); yield* sleep(1); } //! ${RULE}
    run(function* () { return work(); }); //! ${RULE}
    function* declared(): Coroutine<unknown> { return work(); } //! ${RULE}`,
  ],
  [
    "in a condition",
    inCoroutine(`
    if (lock.acquire()) cleanup(); //! ${RULE}
    while (queue.get()) cleanup(); //! ${RULE}
    do cleanup(); while (work()); //! ${RULE}
    for (; work(); ) cleanup(); //! ${RULE}
    if (ready && work()) cleanup(); //! ${RULE}
    if (!work()) cleanup(); //! ${RULE}
    const a = work() ? 1 : 2; //! ${RULE}
    const b = work() || 5; //! ${RULE}
    const c = sleep(1);
    if (c) cleanup(); //! ${RULE}
    return [a, b];`),
  ],
  [
    "in arithmetic",
    inCoroutine(`
    const a = (work() as any as Coroutine<number>) + 1; //! ${RULE}
    const b = "" + work(); //! ${RULE}
    let c = 1;
    c += work(); //! ${RULE}
    const d = -work(); //! ${RULE}
    const e = work() * 2; //! ${RULE}
    return [a, b, c, d, e, work() < 5]; //! ${RULE}`),
  ],
  [
    "in a comparison",
    inCoroutine(`
    if (work() === 5) cleanup(); //! ${RULE}
    if ("x" != work()) cleanup(); //! ${RULE}
    switch (work()) { case 1: } //! ${RULE}`),
  ],
  [
    "in a text",
    inCoroutine(`
    const text = \`got \${work()}\`; //! ${RULE}
    console.log(work(), queue.get()); //! ${RULE} ${RULE}
    return text;`),
  ],
  [
    "taken apart",
    inCoroutine(`
    const [a, b] = gather([work(), work()]); //! ${RULE}
    const all = [...work()]; //! ${RULE}
    Math.max(...(work() as Iterable<any> as Coroutine<number>)); //! ${RULE}
    for (const byte of queue.get()) cleanup(); //! ${RULE}
    let c;
    [c] = gather([work()]); //! ${RULE}
    return [a, b, all, c];`),
  ],
  [
    "using",
    inCoroutine(`
    using guard = lock.acquire(); //! ${RULE}
    { using _guard = work(); } //! ${RULE}`),
  ],
  [
    "in an async function",
    `async function main() {
    if (sleep(1)) cleanup(); //! ${RULE}
    console.log(queue.get()); //! ${RULE}
    const [n] = gather([work()]); //! ${RULE}
    return n;
  }`,
  ],
];

export const fine: Case[] = [
  [
    "what can be awaited or held",
    `import { ThreadPoolExecutor } from "heddle/node";
  import { type Coroutine } from "heddle";
  function* main(pool: ThreadPoolExecutor): Coroutine<unknown> {
    using results = pool.map((n: number) => n, [1]);
    return yield* results.next();
  }`,
  ],
  [
    "the star is there",
    inCoroutine(`
    using guard = yield* lock.acquire();
    const [a, b] = yield* gather([work(), work()]);
    if (yield* work()) cleanup();
    const c = (yield* work()) + 1;
    console.log(yield* work(), \`\${yield* work()}\`, a, b, c);
    return yield* work();`),
  ],
  [
    "a plain generator",
    `
    function* count() { yield 1; return 2; }
    function* pairs(): Generator<[number, number]> { yield [1, 2]; }
    function* mixed() { yield 1; return work(); }
    function* outer() { yield* count(); yield* pairs(); yield; }
    const [first] = count();
    const texts = [...count()].map((n) => \`\${n}\`);
    for (const n of outer()) console.log(n, count(), first, texts);`,
  ],
  [
    "a generator of promises",
    `
    function* pages() { yield fetch("file:"); yield Promise.resolve(1); }
    console.log(pages());`,
  ],
  [
    "an async generator awaits what it yields",
    `
    async function* answers() { yield queue.get(); yield sleep(1, 2); return sleep(1); }
    async function main() { for await (const item of answers()) console.log(item); }`,
  ],
  [
    "a generator of coroutines that says so",
    `
    function* jobs(): Generator<Coroutine<number>> { yield work(1); yield work(2); }
    const more: () => Iterable<Awaitable<number>> = function* () { yield work(1); };
    class Jobs { *[Symbol.iterator](): Iterator<Coroutine<number>> { yield work(3); } }
    run(() => gather([...jobs(), ...more(), ...new Jobs()]));`,
  ],
  [
    "a generator of coroutines that is used so",
    `
    function* jobs() { for (const n of items) yield work(n); }
    function* others() { yield sleep(1); }
    run(function* () {
      yield* gather([...jobs()]);
      for (const job of others()) yield* job;
    });`,
  ],
  [
    "a coroutine that makes another",
    `
    function* make(): Coroutine<Coroutine<number>> { yield* sleep(1); return work(); }
    function* start() { yield* sleep(1); return createTask(work()); }
    run(function* () { console.log(yield* yield* make(), yield* start()); });`,
  ],
  [
    "is there one?",
    `
    function* f(a: Coroutine<number> | undefined, b?: Awaitable<void> | null) {
      let c: Coroutine<number> | null = null;
      if (ready) c = work();
      if (a) yield* a;
      if (b && ready) yield* b;
      if (!a || c) yield* c ?? work();
      if (a !== undefined && a !== c && c == null) return 1;
      let d = work();
      if (d) yield* d;
      return 2;
    }`,
  ],
  [
    "one of two",
    inCoroutine(`
    const first = ready ? work() : sleep(1);
    const second = ready && work();
    if (first === second) cleanup();
    yield* first;
    if (second) yield* second;`),
  ],
  [
    "a union that is more than a coroutine",
    `
    function main(list: Iterable<number> | Coroutine<number>, text: string | Coroutine<string>) {
      console.log([...list], \`\${text}\`, text === "x");
    }`,
  ],
  [
    "a task in a text",
    inCoroutine(`
    const task = createTask(work());
    console.log(\`\${task} has been started\`, "" + task);`),
  ],
];
