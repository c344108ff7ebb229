import type { Case } from "./case.ts";

const RULE = "floating-coroutine";

/** In a coroutine function, in which nothing else is amiss. */
const inCoroutine = (lines: string) => `function* main() {\n  yield* sleep(1);\n${lines}\n}`;

export const found: Case[] = [
  ["a statement", inCoroutine(`  work(1); //! ${RULE}`)],
  [
    "what heddle's calls return",
    inCoroutine(`
    sleep(1); //! ${RULE}
    queue.get(); //! ${RULE}
    queue.put(1); //! ${RULE}
    queue.join(); //! ${RULE}
    lock.acquire(); //! ${RULE}
    new Event().wait(); //! ${RULE}
    new Barrier(2).reset(); //! ${RULE}
    taskGroup(function* () {}); //! ${RULE}
    timeout(5, () => work()); //! ${RULE}
    waitFor(work(), 5); //! ${RULE}
    wait([createTask(work())]); //! ${RULE}`),
  ],
  ["at the top level", `work(); //! ${RULE}`],
  ["in a plain function", `function plain() { work(); } //! ${RULE}`],
  ["in a method", `class A { *work(): Coroutine<void> {} run() { this.work(); } } //! ${RULE}`],
  [
    "in an async function",
    `async function main() {
    sleep(1); //! ${RULE}
    await sleep(1);
  }`,
  ],
  ["behind an optional call", `function f(job?: () => Coroutine<void>) { job?.(); } //! ${RULE}`],
  ["both sides of a comma", inCoroutine(`  work(1), work(2); //! ${RULE} ${RULE}`)],
  ["the left side of a comma", inCoroutine(`  const n = (work(1), 2); return n; //! ${RULE}`)],
  [
    "in a for's head",
    inCoroutine(`
    for (work(1); ready; work(2)) {} //! ${RULE} ${RULE}`),
  ],
  [
    "behind && || ??",
    inCoroutine(`
    ready && work(); //! ${RULE}
    ready || work(); //! ${RULE}
    (ready as boolean | null) ?? work(); //! ${RULE}`),
  ],
  [
    "on either side of a condition",
    inCoroutine(`  ready ? work(1) : work(2); //! ${RULE} ${RULE}`),
  ],
  [
    "in parentheses, cast, asserted",
    inCoroutine(`
    (work()); //! ${RULE}
    (work() as Coroutine<unknown>); //! ${RULE}
    work()!; //! ${RULE}`),
  ],
  [
    "a const that is never read",
    inCoroutine(`
    const page = work(); //! ${RULE}
    const other = sleep(1); //! ${RULE}`),
  ],
  [
    "a let that is only written",
    inCoroutine(`
    let page;
    page = work(); //! ${RULE}
    page = work(); //! ${RULE}`),
  ],
  ["a const of a module", `const page = work(); //! ${RULE}`],
  [
    "one of the same name that is read",
    inCoroutine(`
    const page = work(); //! ${RULE}
    { const page = work(); yield* page; }`),
  ],
  [
    "await of a function*'s coroutine",
    `async function main() {
    await work(); //! ${RULE}
    const n = await work(); //! ${RULE}
    return [n, await (ready ? work() : sleep(1))]; //! ${RULE}
  }`,
  ],
  [
    "promises of coroutines",
    `async function main() {
    await Promise.all([work(1), work(2)]); //! ${RULE}
    await Promise.race(items.map(work)); //! ${RULE}
  }`,
  ],
  [
    "a new array of coroutines",
    inCoroutine(`
    items.map((n) => work(n)); //! ${RULE}
    items.map(work); //! ${RULE}
    Array.from(items, work); //! ${RULE}
    [work(1), sleep(1)]; //! ${RULE}`),
  ],
  [
    "callbacks whose result is dropped",
    inCoroutine(`
    items.forEach((n) => work(n)); //! ${RULE}
    items.forEach((n) => { return work(n); }); //! ${RULE}
    items.forEach(function* (n) { yield* work(n); }); //! ${RULE}
    items.forEach(work); //! ${RULE}
    items.forEach((n) => { work(n); }); //! ${RULE}
    emitter.on("x", () => work()); //! ${RULE}
    emitter.on("x", work); //! ${RULE}
    emitter.once("x", () => sleep(1)); //! ${RULE}
    new Promise((resolve) => work()); //! ${RULE}
    setTimeout(() => work(), 10); //! ${RULE}
    setInterval(work, 10); //! ${RULE}
    setImmediate(function* () { yield* sleep(1); }); //! ${RULE}
    queueMicrotask(() => ready && work()); //! ${RULE}`),
  ],
  [
    "callbacks of the loop",
    inCoroutine(`
    const loop = heddle.getRunningLoop();
    loop.callSoon(() => work()); //! ${RULE}
    loop.callLater(5, work); //! ${RULE}
    new Future().addDoneCallback(() => work()); //! ${RULE}`),
  ],
  [
    "an async callback that returns a function*'s coroutine",
    `
    items.forEach(async (n) => work(n)); //! ${RULE}`,
  ],
  [
    "a function where one that returns nothing is wanted",
    `
    const listener: () => void = () => work(); //! ${RULE}
    const listeners: { close(): void } = { close: () => work() }; //! ${RULE}
    export { listener, listeners };`,
  ],
  [
    "a method that is to return nothing",
    `
    class Echo extends heddle.Protocol {
      override *dataReceived(data: Uint8Array) { //! ${RULE}
        yield* sleep(data.length);
      }
    }
    interface Listener { hear(ms: number): void }
    class Ear implements Listener {
      *hear(ms: number) { yield* sleep(ms); } //! ${RULE}
    }`,
  ],
  [
    "generic: constrained to an awaitable",
    `
    function f<A extends Awaitable<number>>(make: () => A) { make(); } //! ${RULE}
    function g<T>(make: () => Awaitable<T>) { make(); } //! ${RULE}`,
  ],
  [
    "an interface that extends Awaitable",
    `
    interface Job extends Awaitable<void> { name: string }
    function f(make: () => Job) { make(); } //! ${RULE}`,
  ],
  [
    "by another name",
    `
    import { sleep as pause, type Coroutine as Co } from "heddle";
    import * as all from "heddle";
    type Work = Co<void>;
    const { waitFor: within } = all;
    function f(make: () => Work) {
      pause(1); //! ${RULE}
      all.sleep(1); //! ${RULE}
      make(); //! ${RULE}
      within(make(), 1); //! ${RULE}
    }`,
  ],
];

export const fine: Case[] = [
  [
    "awaited",
    inCoroutine(`
    yield* work();
    const n = yield* work(1);
    return n + (yield* work(2));`),
  ],
  [
    "awaited, async",
    `async function main() {
    await sleep(1);
    return sleep(1);
  }`,
  ],
  [
    "what starts at once",
    inCoroutine(`
    createTask(work());
    gather([work(), sleep(1)]);
    shield(work());
    heddle.ensureFuture(work());
    new Future<number>();
    run(work());
    yield* taskGroup(function* (group) { group.createTask(work()); });
    const task = createTask(work());`),
  ],
  [
    "timers and groups",
    inCoroutine(`
    yield* timeout(5, function* (scope) { scope.reschedule(5); yield* work(); });
    new TaskGroup();`),
  ],
  [
    "void says that it is meant",
    inCoroutine(`
    void work();
    ready && void work();
    items.forEach((n) => void work(n));`),
  ],
  [
    "kept for later",
    `
    const waiting = new Set<Coroutine<number>>();
    export const exported = work();
    class A { coroutine: Coroutine<number> | undefined; }
    function keep(a: A) {
      const one = work();
      let two;
      two = work();
      let three: Coroutine<number> | undefined;
      a.coroutine = work();
      a.coroutine ??= work();
      const list = [work()];
      list.push(work());
      waiting.add(work());
      const named = { one, two };
      return [named, list, () => three = work(), three];
    }`,
  ],
  [
    "handed on",
    inCoroutine(`
    const coroutine = work();
    createTask(coroutine);
    const parts = items.map(work);
    yield* gather(parts);
    yield* gather(items.map((n) => work(n)));
    parts.sort(); parts.splice(0, 1); parts.reverse();`),
  ],
  [
    "callbacks whose result is awaited",
    inCoroutine(`
    yield* timeout(5, () => work());
    createTask(() => work());
    yield* taskGroup((group) => work(group ? 1 : 2));
    const make: () => Awaitable<number> = () => work();
    items.forEach((n) => createTask(work(n)));
    items.forEach((n) => { createTask(work(n)); });
    setTimeout(() => createTask(work()));
    return make;`),
  ],
  [
    "an async callback that returns what heddle's calls return",
    `
    items.forEach(async (n) => sleep(n));`,
  ],
  [
    "a callback that may return anything",
    `
    declare function each(fn: (n: number) => unknown): void;
    declare function maybe(fn: (() => void) | (() => Awaitable<number>)): void;
    each((n) => work(n));
    maybe(() => work());`,
  ],
  [
    "promises of what heddle's calls return",
    `async function main() {
    await Promise.all([sleep(1), queue.get(), createTask(work())]);
  }`,
  ],
  [
    "generators of other things",
    `
    function* count(): Generator<number> { yield 1; yield 2; }
    function* empty() {}
    function* any(): Generator<any> { yield sleep(1) as any; }
    async function* numbers() { yield 1; }
    class Suspension {}
    function* own(): Generator<Suspension> { yield new Suspension(); }
    function main() {
      count(); empty(); any(); numbers(); own();
      const unread = count();
      items.forEach((n) => count());
      items.forEach(function* (n) { yield n; });
      new Map([[1, 2]]).entries();
    }`,
  ],
  [
    "generator objects",
    `
    const counter = heddle.generator(function* () { yield 1; });
    counter();
    function main() { counter().send(undefined); }`,
  ],
  [
    "Object's functions give back their argument",
    `
    const coroutine = sleep(1);
    Object.defineProperty(coroutine, "name", { value: "x" });
    Object.freeze(coroutine);`,
  ],
  [
    "of unknown type",
    `
    declare const mystery: any;
    mystery();
    mystery.work().now();
    const unread = mystery();`,
  ],
];
