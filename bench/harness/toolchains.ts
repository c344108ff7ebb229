// What the contestants need, found at run time: Node.js, a Python with gevent and uvloop, Go, and the
// npm packages. Whatever is missing is skipped, with a line that says what to install.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contestant, Load } from "../works.ts";
import { UsageError } from "./options.ts";

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** Why a contestant cannot take part, and what to do about it. */
export interface Missing {
  readonly missing: string;
}

export interface Python {
  readonly path: string;
  readonly python: string;
  readonly uvloop: string | null;
  readonly gevent: string | null;
}

interface Go {
  readonly version: string;
  /** The directory of the compiled programs. */
  readonly programs: string;
}

/** Contestants that are npm packages. */
const PACKAGES: readonly string[] = ["effect", "effection", "workerpool", "piscina"];

const BENCH = join(import.meta.dirname, "..");
const ROOT = join(BENCH, "..");

export const HEDDLE = join(ROOT, "packages/heddle/dist/index.js");

export class Toolchains {
  readonly node: string;
  readonly nodeVersion: string;
  private readonly python: Python | undefined;
  private readonly go: Go | Missing;

  constructor(node: string) {
    this.node = node;
    const version = output(node, ["--version"]);
    if (!version?.startsWith("v")) throw new UsageError(`--node ${node}: this is not a Node.js.`);
    this.nodeVersion = version.slice(1);
    this.python = findPython();
    this.go = buildGo();
  }

  /** The versions of what was found, for the report. */
  versions(): Record<string, string> {
    const { python } = this;
    return {
      node: this.nodeVersion,
      ...Object.fromEntries(PACKAGES.map((name) => [name, packageVersion(name) ?? "missing"])),
      python: python?.python ?? "missing",
      uvloop: python?.uvloop ?? "missing",
      gevent: python?.gevent ?? "missing",
      go: "missing" in this.go ? "missing" : this.go.version,
    };
  }

  /** How to start a contestant's program in the directory `programs`, or why that is impossible. */
  launch(contestant: Contestant, programs: string): Launch | Missing {
    switch (contestant) {
      case "effect-microtask":
        return this.script("effect", programs, ["--microtask"]);
      case "asyncio":
      case "uvloop":
      case "gevent":
        return this.pythonScript(contestant, programs);
      case "go":
        return this.goProgram(programs);
      default:
        return this.script(contestant, programs, []);
    }
  }

  /** The program that puts load on servers: the one in Go where there is Go and it has one. */
  load(kind: Load): Launch {
    const inGo = this.goProgram(`${kind}-load`);
    const isThere = !("missing" in inGo) && existsSync(inGo.command);
    return isThere ? inGo : (this.script("load", kind, []) as Launch);
  }

  private script(name: string, programs: string, args: string[]): Launch | Missing {
    if (PACKAGES.includes(name) && !packageVersion(name)) {
      return { missing: `npm install ${name}` };
    }
    const file = join(BENCH, programs, `${name}.js`);
    return { command: this.node, args: ["--expose-gc", file, ...args] };
  }

  private pythonScript(name: "asyncio" | "uvloop" | "gevent", programs: string): Launch | Missing {
    const { python } = this;
    if (!python) return { missing: "Python 3.11 or later on the PATH" };
    if (name !== "asyncio" && !python[name]) {
      return { missing: `apt-get install python3-${name}, or pip install ${name}` };
    }
    const file = name === "gevent" ? "python-gevent.py" : "python-asyncio.py";
    const args = [join(BENCH, programs, file)];
    if (name === "uvloop") args.push("--uvloop");
    return { command: python.path, args };
  }

  private goProgram(name: string): Launch | Missing {
    if ("missing" in this.go) return this.go;
    return { command: join(this.go.programs, name), args: [] };
  }
}

function packageVersion(name: string): string | undefined {
  const file = join(ROOT, "node_modules", name, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}

/** The Python that has most of what is wanted: Debian's packages are seen by Debian's Python only. */
export function findPython(): Python | undefined {
  const question = `
import importlib.metadata as m, json, sys
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps({"path": sys.executable, "python": ".".join(map(str, sys.version_info[:3])),
  "new": sys.version_info >= (3, 11), "uvloop": version("uvloop"), "gevent": version("gevent")}))`;
  const found: Python[] = [];
  for (const command of ["python3", "/usr/bin/python3", "python"]) {
    const answer = output(command, ["-c", question]);
    const python = answer ? (JSON.parse(answer) as Python & { new: boolean }) : undefined;
    if (python?.new) found.push(python);
  }
  const has = (python: Python) => Number(!!python.uvloop) + Number(!!python.gevent);
  return found.sort((a, b) => has(b) - has(a))[0];
}

/** Compiles every Go program once, into a directory that goes when this process ends. */
function buildGo(): Go | Missing {
  const version = output("go", ["env", "GOVERSION"]);
  if (!version) return { missing: "apt-get install golang-go (1.19 or later)" };
  const programs = mkdtempSync(join(tmpdir(), "heddle-bench-"));
  process.once("exit", () => rmSync(programs, { recursive: true, force: true }));
  const { status, stderr } = spawnSync("go", ["build", "-o", `${programs}/`, "./..."], {
    cwd: BENCH,
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local", GOPROXY: "off" },
    timeout: 120_000,
  });
  if (status === 0) return { version: version.replace("go", ""), programs };
  return { missing: `the Go programs do not compile:\n${stderr}` };
}

function output(command: string, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", timeout: 20_000 });
  return status === 0 ? stdout.trim() : undefined;
}
