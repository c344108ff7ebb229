// Servers of the tests' own: redis-server and PostgreSQL, on a free port and in a temporary folder.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface TestBackend {
  readonly url: string;
  /** End it at once, as a power cut would; what it has promised to keep is kept. */
  kill(): Promise<void>;
  /** Start it on the data it had. */
  start(): Promise<void>;
  /** End it, and remove its data. */
  close(): Promise<void>;
}

/** What the tests need and this machine lacks, or null. */
export function lacking(kind: "redis" | "postgres"): string | null {
  if (kind === "redis") {
    return find("redis-server") === null ? "redis-server (Debian: apt install redis-server)" : null;
  }
  if (find("initdb") === null || find("postgres") === null) {
    return "initdb and postgres (Debian: apt install postgresql)";
  }
  // PostgreSQL refuses to run as root.
  return isRoot() && !hasPostgresUser() ? "a user other than root, for PostgreSQL" : null;
}

export async function startBackend(kind: "redis" | "postgres"): Promise<TestBackend> {
  const folder = mkdtempSync(join(tmpdir(), `heddle-${kind}-`));
  const port = await freePort();
  const backend = kind === "redis" ? redis(folder, port) : postgres(folder, port);
  await backend.start();
  return backend;
}

function redis(folder: string, port: number): TestBackend {
  const durable = ["--appendonly", "yes", "--save", ""];
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...durable];
  return server(folder, port, `redis://127.0.0.1:${port}`, find("redis-server") ?? "", args);
}

function postgres(folder: string, port: number): TestBackend {
  const data = join(folder, "data");
  if (isRoot()) execFileSync("chown", ["postgres", folder]);
  const [initdb, ...initdbArgs] = unprivileged([
    find("initdb") ?? "",
    ...["-D", data, "-A", "trust", "-U", "heddle", "--no-sync"],
  ]);
  execFileSync(initdb, initdbArgs, { stdio: "ignore", cwd: folder });
  const [program, ...args] = unprivileged([
    find("postgres") ?? "",
    ...["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"],
    ...["-c", "max_connections=200"],
  ]);
  return server(folder, port, `postgres://heddle@127.0.0.1:${port}/postgres`, program, args);
}

function server(
  folder: string,
  port: number,
  url: string,
  program: string,
  args: string[],
): TestBackend {
  let child: ChildProcess | null = null;
  const backend = {
    url,
    async start() {
      child = spawn(program, args, { stdio: "ignore", cwd: folder });
      while (!(await accepts(port))) {
        if (child.exitCode !== null) throw new Error(`${program} has ended: ${child.exitCode}`);
        await delay(20);
      }
    },
    async kill() {
      if (child === null) return;
      const ended = once(child, "exit");
      // PostgreSQL: an immediate shutdown, which takes its children along.
      child.kill(url.startsWith("postgres") ? "SIGQUIT" : "SIGKILL");
      await ended;
      child = null;
    },
    async close() {
      await backend.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return backend;
}

function find(program: string): string | null {
  const places = [...(process.env.PATH ?? "").split(delimiter), "/usr/lib/postgresql/15/bin"];
  return places.map((place) => join(place, program)).find(existsSync) ?? null;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function hasPostgresUser(): boolean {
  try {
    execFileSync("id", ["postgres"], { stdio: "ignore" });
    return find("setpriv") !== null;
  } catch {
    return false;
  }
}

/** The command as PostgreSQL's own user, if we are root. */
function unprivileged(command: string[]): [string, ...string[]] {
  const [program = "", ...args] = command;
  if (!isRoot()) return [program, ...args];
  const id = execFileSync("id", ["-u", "postgres"], { encoding: "utf8" }).trim();
  return [find("setpriv") ?? "", `--reuid=${id}`, "--clear-groups", program, ...args];
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
