// Every work's programs run to their end and print a line that the harness can read. The counts are
// tiny: nothing is measured here.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Environment, type Line, runProgram, runServer } from "../harness/process.ts";
import { costOf } from "../harness/rounds.ts";
import { findPython, HEDDLE, type Launch } from "../harness/toolchains.ts";
import { type Contestant, WORKS, type Work } from "../works.ts";

const LIMIT = 20_000;
const BENCH = join(import.meta.dirname, "..");

afterEach(() => void vi.unstubAllEnvs());

function script(work: Work, name: string): Launch {
  return { command: process.execPath, args: ["--expose-gc", join(BENCH, work.programs, name)] };
}

function tiny({ name, unit, quick, load }: Work): Environment {
  const least: Record<string, string | number> = { WORK: name, ...quick, SECONDS: 0.02 };
  // Fewer would not show in the memory of a process.
  const memorable = load ? 2_000 : 20_000;
  if (quick.N) least.N = unit === "bytes" ? memorable : Math.min(quick.N, 258);
  if (quick.ATLEAST) least.ATLEAST = 1000;
  if (quick.SIZES) least.SIZES = "100,1000";
  return least;
}

function expectCost(work: Work, line: Line) {
  expect(line).toMatchObject({ work: work.name });
  expect(line.n).toBeGreaterThan(0);
  expect(costOf(work, line)).toBeGreaterThan(0);
}

describe.concurrent("heddle's programs", () => {
  const programs = WORKS.filter((work) => work.contestants.includes("heddle") && !work.load);

  it.for(programs.map((work) => [work.name, work] as const))("%s", async ([, work]) => {
    expect(existsSync(HEDDLE), "heddle must be built: npm run build").toBe(true);
    expectCost(work, await runProgram(script(work, "heddle.js"), tiny(work), LIMIT));
  });
});

describe.concurrent("the language's own programs", () => {
  // Some works are several of the same program.
  const works = WORKS.filter((work) => work.contestants.includes("promise") && !work.load);
  const programs = new Map(works.map((work) => [work.programs, work]));

  it.for([...programs])("%s", async ([, work]) => {
    expectCost(work, await runProgram(script(work, "promise.js"), tiny(work), LIMIT));
  });
});

describe.concurrent("raw pools of workers", () => {
  const programs = WORKS.flatMap((work) =>
    work.contestants
      .filter((name) => name === "workerpool" || name === "piscina")
      .map((name) => [`${work.name}, ${name}`, work, `${name}.js`] as const),
  );

  it.for(programs)("%s", async ([, work, name]) => {
    expectCost(work, await runProgram(script(work, name), tiny(work), LIMIT));
  });
});

describe("programs in Python: pyperformance's, and pools of workers", () => {
  // No Python 3.11 on the PATH: these are skipped.
  const python = findPython();
  const names = ["tree-io", "tree-memo-group", "tree-cpu-io-eager", "coroutines", "generators"];
  const pools = ["handover", "cpu-map", "lateness-map"];
  const works = WORKS.filter(
    (work) =>
      names.includes(work.name) ||
      (pools.includes(work.programs) && work.contestants.includes("asyncio")),
  );

  it.skipIf(!python).for(works.map((work) => [work.name, work] as const))(
    "%s",
    async ([, work]) => {
      const program = join(BENCH, work.programs, "python-asyncio.py");
      const launch = { command: python?.path as string, args: [program] };
      expectCost(work, await runProgram(launch, tiny(work), LIMIT));
    },
  );
});

describe("pyperformance's transfers, on other networks", () => {
  const works = WORKS.filter((work) => work.programs === "transfer");
  const python = findPython();

  it.for(works.map((work) => [work.name, work] as const))("%s, node-net", async ([, work]) => {
    expectCost(work, await runProgram(script(work, "node-net.js"), tiny(work), LIMIT));
  });

  // No Python 3.11 on the PATH: these are skipped.
  it.skipIf(!python).for(works.map((work) => [work.name, work] as const))(
    "%s, asyncio",
    async ([, work]) => {
      const program = join(BENCH, work.programs, "python-asyncio.py");
      const launch = { command: python?.path as string, args: [program] };
      expectCost(work, await runProgram(launch, tiny(work), LIMIT));
    },
  );
});

describe("an HTTP server under load", () => {
  const work = WORKS.find(({ name }) => name === "http") as Work;

  it.each(["heddle.js", "promise.js"])("http/%s", async (name) => {
    // Without wrk, which runs for whole seconds, by the load of our own.
    vi.stubEnv("PATH", "");
    const load = { command: process.execPath, args: [join(BENCH, "http/load.js")] };
    // Long enough for something to come back on a busy machine.
    const line = await runServer(script(work, name), load, { ...tiny(work), SECONDS: 0.2 }, LIMIT);
    expectCost(work, line);
    expect(line.extra.note).toContain("bench/http/load.js");
  });
});

// The loads in Go do the same; uvloop runs asyncio's programs.
describe("servers under the loads in JavaScript", () => {
  const python = findPython();
  const runners = new Map<Contestant, (work: Work) => Launch>([
    ["heddle", (work) => script(work, "heddle.js")],
    ["node-net", (work) => script(work, "node-net.js")],
  ]);
  const byPython = (name: string) => (work: Work) => ({
    command: python?.path as string,
    args: [join(BENCH, work.programs, name)],
  });
  // No Python 3.11 on the PATH, or one without gevent: less is run.
  if (python) runners.set("asyncio", byPython("python-asyncio.py"));
  if (python?.gevent) runners.set("gevent", byPython("python-gevent.py"));

  const underLoad = (server: Launch, work: Work) => {
    const args = [join(BENCH, work.load as string, "load.js")];
    // Long enough for something to come back on a busy machine.
    const parameters = { ...tiny(work), SECONDS: 0.2, CONNECTIONS: 4 };
    return runServer(server, { command: process.execPath, args }, parameters, LIMIT);
  };

  const isLinux = process.platform === "linux";
  const works = WORKS.filter(
    ({ load, onlyOnLinux }) => load && load !== "http" && (isLinux || !onlyOnLinux),
  );
  const servers = works.flatMap((work) =>
    work.contestants.flatMap((contestant) => {
      const launch = runners.get(contestant)?.(work);
      return launch ? [[`${work.name}, ${contestant}`, work, launch] as const] : [];
    }),
  );
  it.for(servers)("%s", async ([, work, launch]) => {
    const line = await underLoad(launch, work);
    expectCost(work, line);
    if (work.quick.TLS) expect(line.extra.note).toMatch(/^TLSv1\.3, TLS_/);
  });

  const whole = works.filter(({ name }) => ["echo", "accept", "idle"].includes(name));
  it.for(whole.map((work) => [work.name, work] as const))("%s: a wrong echo", async ([, work]) => {
    const liar = `
      const { createServer } = require("node:net");
      const server = createServer((socket) => {
        socket.on("data", (data) => {
          data[0]++;
          socket.write(data);
        });
      });
      server.listen(0, "127.0.0.1", () => console.log(server.address().port));
    `;
    const server = { command: process.execPath, args: ["-e", liar] };
    await expect(underLoad(server, work)).rejects.toThrow("an echo differs from its message");
  });
});
