import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { type Coroutine, fromPromise, getRunningLoop, run, type StreamReader, sleep } from "heddle";
import { openConnection } from "heddle/node";
import { describe, expect, it, onTestFinished } from "vitest";
import { MAX_BACKLOG } from "../redis-server/pub-sub.ts";
import { Redis } from "../redis-server/redis.ts";
import { startRedis } from "../redis-server.ts";
import { installed } from "./installed.ts";
import { startExample } from "./start-program.ts";

/** A command as clients send it. */
const command = (...words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

/** Runs `body` with a server on a free port. */
function withRedis<T>(body: (port: number, redis: Redis) => Coroutine<T>): Promise<T> {
  return run(function* () {
    const redis = new Redis();
    const server = yield* startRedis(0, redis);
    return yield* body(server.sockets[0]!.port, redis);
  });
}

/** Says everything at once; all that the server says until it closes. */
function* converse(port: number, request: string): Coroutine<string> {
  const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, timeout: 5000 });
  writer.write(Buffer.from(request, "latin1"));
  yield* writer.drain();
  const answer = yield* reader.read();
  writer.close();
  return Buffer.from(answer).toString("latin1");
}

function* expectNext(reader: StreamReader, answer: string): Coroutine<void> {
  const bytes = yield* reader.readexactly(Buffer.byteLength(answer));
  expect(Buffer.from(bytes).toString()).toBe(answer);
}

/** A program's output. It gets `input` and then the end of its stdin. */
async function output(program: string, args: string[], input: string | Buffer = "") {
  const child = spawn(program, args);
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.end(input);
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await ended;
  return { stdout, stderr, status };
}

/** Conversations that have the same answers whenever and wherever they are held. */
const conversations: Record<string, string[]> = {
  strings: [
    'SET name Ada\nGET name\nget nobody\nSTRLEN name\nAPPEND name " Lovelace"\nGET name\nAPPEND new x',
    "SET a 1 NX\nSET a 2 NX\nGET a\nSET a 3 XX\nSET b 3 XX\nSET a 4 GET\nSET new 1 GET\nGET new",
    "SET a 1 NX XX\nSET a 1 FOO\nSET a 1 EX\nSET a 1 EX 0\nSET a 1 EX x\nSET a 1 EX 5 PX 5\nSET a 1 KEEPTTL EX 5",
    "SET c 1 EX 100\nTTL c\nSET c 2 KEEPTTL\nTTL c\nSET c 3\nTTL c\nSET c 1 nx get\nSET d 1 NX GET\nGET d",
    "MSET a 1 b 2\nMGET a b none\nMSET a\nMSET a 1 b\nMSETNX a 5 z 6\nMSETNX y 5 z 6\nMGET a y z",
    "SETNX n 1\nSETNX n 2\nSETEX e 100 v\nTTL e\nSETEX e 0 v\nPSETEX e 100000 v\nTTL e\nGETSET e w\nTTL e",
    "GETDEL e\nGETDEL e\nSET g 1\nGETEX g EX 100\nTTL g\nGETEX g PERSIST\nTTL g\nGETEX g FOO\nGETEX none EX 5",
    "INCR i\nINCR i\nDECR i\nINCRBY i 10\nDECRBY i 3\nGET i\nINCRBY i x\nSET t text\nINCR t\nINCRBY i 1.5",
    "SET m 9223372036854775807\nINCR m\nDECR m\nSET m -9223372036854775808\nDECR m\nINCR m",
    'SET m 9007199254740992\nINCR m\nINCRBY m 9007199254740993\nSET m 007\nINCR m\nSET m " 7"\nINCR m',
    'SET "" empty\nGET ""\nSET bytes "\\xff\\x00\\r\\n"\nGET bytes\nSTRLEN bytes\nget "name\'s"',
  ],
  lists: [
    "RPUSH l a b c\nLPUSH l z y\nLRANGE l 0 -1\nLLEN l\nLINDEX l 0\nLINDEX l -1\nLINDEX l 9\nLINDEX none 0",
    "LPOP l\nRPOP l\nLPOP l 2\nLPOP l 0\nRPOP l 9\nEXISTS l\nLPOP l\nLPOP l 2\nLPOP l -1\nLPOP l x\nLPOP l 1 2",
    "RPUSH l 1 2 3 4 5\nLRANGE l 1 3\nLRANGE l -2 -1\nLRANGE l 3 1\nLRANGE l -100 100\nLRANGE l a b\nLRANGE no 0 1",
    "LSET l 0 one\nLSET l -1 five\nLSET l 9 x\nLSET none 0 x\nLRANGE l 0 -1\nLTRIM l 1 -2\nLRANGE l 0 -1\nLTRIM l 5 9\nEXISTS l",
    "RPUSH l a b a c a\nLREM l 2 a\nLRANGE l 0 -1\nRPUSH l a b a\nLREM l -1 a\nLRANGE l 0 -1\nLREM l 0 a\nLRANGE l 0 -1\nLREM l 0 x",
    "LPUSHX none 1\nRPUSHX l 1\nLPUSHX l 1\nLRANGE l 0 -1\nSET s 1\nLPUSH s 1\nGET l\nINCR l\nLLEN s\nSTRLEN l",
    "BLPOP l 1\nBRPOP none l 1\nBLPOP none 0.01\nBLPOP none -1\nBLPOP none x\nBLPOP s 1\nLPUSH l\nTYPE l\nAPPEND l x",
  ],
  keys: [
    "MSET a 1 b 2 c 3\nRPUSH l 1\nEXISTS a b none a\nDEL a none b\nDBSIZE\nTYPE c\nTYPE l\nTYPE none\nUNLINK c\nTOUCH l",
    "SET k 1\nEXPIRE k 100\nTTL k\nPERSIST k\nPERSIST k\nTTL k\nPTTL k\nTTL none\nPTTL none\nEXPIRE none 1\nEXPIRE k x",
    "EXPIRE k 100 NX\nEXPIRE k 200 NX\nEXPIRE k 200 GT\nTTL k\nEXPIRE k 100 GT\nEXPIRE k 50 LT\nTTL k\nEXPIRE k 9 XX\nTTL k\nEXPIRE k 1 QQ",
    "PEXPIRE k 100000\nTTL k\nEXPIREAT k 99999999999\nPEXPIREAT k 1\nEXISTS k\nSET k 1\nEXPIRE k -1\nGET k\nEXPIRE k 9223372036854775807",
    "MSET one 1 two 2 three 3\nKEYS t*e\nKEYS o?e\nKEYS [n-o]ne\nKEYS [^o]wo\nKEYS \\\\one\nKEYS nothing*\nSCAN x\nSCAN 0 COUNT 0\nSCAN 0 FOO 1",
    "FLUSHALL\nDBSIZE\nSET a 1\nFLUSHDB ASYNC\nDBSIZE\nSCAN 0\nFLUSHALL WHAT\nSELECT 0\nSELECT x",
  ],
  transactions: [
    "MULTI\nSET a 1\nINCR a\nLPUSH a 1\nGET a\nEXEC\nGET a",
    "MULTI\nSET a 5\nDISCARD\nGET a\nEXEC\nDISCARD\nMULTI\nMULTI\nEXEC",
    "MULTI\nNOSUCH\nSET a 9\nEXEC\nGET a\nMULTI\nGET\nEXEC\nMULTI\nEXEC\nMULTI\nBLPOP none 0\nPING\nEXEC",
  ],
  connections: [
    'PING\nping hello\nPING a b\nECHO "a b"\nECHO\nNOSUCH a b\nCLIENT GETNAME\nCLIENT SETNAME me\nCLIENT GETNAME\nCLIENT SETNAME "a b"\nCLIENT',
    "HELLO 4\nHELLO x\nHELLO 2 FOO\nCONFIG GET save\nCONFIG GET appendonly\nCONFIG GET none\nRESET\nCLIENT GETNAME",
    "SUBSCRIBE a b\nGET x\nPING\nPING hi\nPSUBSCRIBE p*\nUNSUBSCRIBE a\nUNSUBSCRIBE\nPUNSUBSCRIBE\nPUNSUBSCRIBE\nGET x",
    "SUBSCRIBE a\nPSUBSCRIBE b*\nRESET\nPUBLISH a x\nPUBSUB NUMPAT\nPUBSUB NUMSUB a\nPUBSUB CHANNELS\nPUBSUB NUMSUB",
    "SUBSCRIBE a\nSUBSCRIBE b b\nUNSUBSCRIBE none",
  ],
};

/** The same in RESP3, and what is different there. */
const resp3: string[] = [
  "HELLO 3 SETNAME me\nGET none\nLPOP none 1\nBLPOP none 0.01\nCONFIG GET save\nMGET a none\nCLIENT GETNAME",
  "HELLO 3\nSUBSCRIBE a\nPUBLISH b hello\nGET none\nPSUBSCRIBE *\nPUNSUBSCRIBE *\nUNSUBSCRIBE\nUNSUBSCRIBE",
];

/** What the server closes the connection for. */
const nonsense = [
  "*x\r\n",
  "*1\r\nPING\r\n",
  "*1\r\n$x\r\n",
  "*1\r\n$-5\r\nPING\r\n",
  "*99999999999\r\n",
  'GET "unbalanced\n',
  "PING\r\n*1\r\n$99999999999\r\n",
  `*${"1".repeat(70_000)}`,
  "x".repeat(70_000),
];

const quit = (lines: string) => `${lines}\nQUIT\n`;
/** Answers that name the moment or the server. */
const comparable = (answer: string) =>
  answer.replace(/(\$2\r\nid\r\n):\d+/, "$1:ID").replace(/(\$7\r\nversion\r\n)\S+\r\n\S+/, "$1V");

describe("redis-server", () => {
  it("answers commands, in order, however they are cut", async () => {
    await withRedis(function* (port) {
      const request = `${command("SET", "käse", "gelb") + command("GET", "käse")}PING\r\n`;
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
      for (const byte of Buffer.from(request)) {
        writer.write(Buffer.of(byte));
        yield* sleep(0);
      }
      yield* expectNext(reader, "+OK\r\n$4\r\ngelb\r\n+PONG\r\n");
      const large = "x".repeat(1_000_000);
      writer.write(command("SET", "large", large) + command("GET", "large"));
      yield* expectNext(reader, `+OK\r\n$1000000\r\n${large}\r\n`);
    });
  });

  it("answers a pipeline by one write", async () => {
    await withRedis(function* (port) {
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
      writer.write(command("INCR", "n").repeat(1000));
      const answer = Array.from({ length: 1000 }, (_, i) => `:${i + 1}\r\n`).join("");
      const first = yield* reader.read(65_536);
      expect(Buffer.from(first).toString()).toBe(answer);
    });
  });

  it.each(nonsense.map((request) => [request.slice(0, 20), request] as const))(
    "closes the connection of who says %j",
    async (_, request) => {
      const answer = await withRedis((port) => converse(port, request));
      expect(answer).toMatch(/^(\+PONG\r\n)?-ERR Protocol error: [^\r\n]+\r\n$/);
    },
  );

  it("keeps keys for as long as they have, and removes those that nobody asks for", async () => {
    await withRedis(function* (port, { store }) {
      const request = "SET a 1 PX 400\nSET b 1\nPEXPIRE b 400\nSET c 1\nPTTL a\nEXISTS a b c\n";
      const answer = yield* converse(port, quit(request));
      expect(answer).toMatch(/:[1-4]\d\d\r\n:3\r\n\+OK\r\n$/);
      yield* sleep(410);
      expect(yield* converse(port, quit("GET a\nTTL a"))).toBe("$-1\r\n:-2\r\n+OK\r\n");
      yield* sleep(250);
      expect(store.size).toBe(1);
    });
  });

  it("scans all keys that are there from the beginning to the end, while others come and go", async () => {
    await withRedis(function* (port, { store }) {
      for (let i = 0; i < 1000; i++) store.set(`key ${i}`, "");
      const found = new Set<string>();
      let cursor = "0";
      do {
        const answer = yield* converse(port, quit(`SCAN ${cursor} COUNT 100`));
        const [next, ...keys] = Array.from(
          answer.matchAll(/\$\d+\r\n(.*)\r\n/g),
          ([, word]) => word!,
        );
        cursor = next!;
        for (const key of keys) found.add(key);
        for (let i = 500; i < 600; i++) store.delete(`key ${i}`);
        store.set(`more ${cursor}`, "");
      } while (cursor !== "0");
      for (let i = 0; i < 500; i++) expect(found.has(`key ${i}`)).toBe(true);
      for (let i = 600; i < 1000; i++) expect(found.has(`key ${i}`)).toBe(true);
    });
  });

  it("BLPOP: who has waited longest gets the first item; who has left gets none", async () => {
    await withRedis(function* (port, redis) {
      const errors: unknown[] = [];
      getRunningLoop().setExceptionHandler((_, { exception }) => void errors.push(exception));
      const ask = function* (...words: string[]) {
        const streams = yield* openConnection({ host: "127.0.0.1", port });
        streams[1].write(command(...words));
        yield* sleep(20);
        return streams;
      };
      const [left, leaving] = yield* ask("BLPOP", "jobs", "0");
      const [first] = yield* ask("BLPOP", "other", "jobs", "0");
      const [second, secondWriter] = yield* ask("BRPOP", "jobs", "10");
      const [, broken] = yield* ask("BLPOP", "jobs", "0");
      (broken.getExtraInfo("socket") as Socket).resetAndDestroy();
      secondWriter.write(command("PING")); // is answered afterwards
      leaving.writeEof();
      expect(Buffer.from(yield* left.read()).toString()).toBe("");
      yield* ask("RPUSH", "jobs", "a", "b", "c");
      yield* expectNext(first, "*2\r\n$4\r\njobs\r\n$1\r\na\r\n");
      yield* expectNext(second, "*2\r\n$4\r\njobs\r\n$1\r\nc\r\n+PONG\r\n");
      expect(redis.store.list("jobs")?.toArray()).toEqual(["b"]);
      expect(redis.clients.size).toBe(3);
      expect(errors).toEqual([]);
    });
  });

  it("BLPOP: who has left gets none, though it said more before", async () => {
    await withRedis(function* (port, redis) {
      const [, leaving] = yield* openConnection({ host: "127.0.0.1", port });
      for (const word of ["BLPOP jobs 0\r\n", "PING\r\n", "PING\r\n"]) {
        leaving.write(word);
        yield* sleep(20);
      }
      leaving.close();
      yield* sleep(50);
      expect(redis.clients.size).toBe(0);
      expect(yield* converse(port, quit("RPUSH jobs a\nLLEN jobs"))).toBe(":1\r\n:1\r\n+OK\r\n");
    });
  });

  it("cuts off a client whose transaction has too many answers, and keeps its effects", async () => {
    await withRedis(function* (port, redis) {
      redis.store.set("large", "x".repeat(1_000_000));
      const lines = ["MULTI", ...Array(100).fill("GET large"), "SET done 1", "EXEC", "PING"];
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
      writer.write(lines.join("\n"));
      writer.write("\n");
      const answer = Buffer.from(yield* reader.read()).toString();
      expect(answer).not.toContain("PONG");
      expect(redis.store.string("done")).toBe("1");
      expect(redis.clients.size).toBe(0);
    });
  });

  it("publishes to channels and patterns, as messages of RESP2 and pushes of RESP3", async () => {
    await withRedis(function* (port) {
      const [old, oldWriter] = yield* openConnection({ host: "127.0.0.1", port });
      oldWriter.write("SUBSCRIBE news\r\n");
      yield* expectNext(old, "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
      const [modern, modernWriter] = yield* openConnection({ host: "127.0.0.1", port });
      modernWriter.write("HELLO 3\r\nPSUBSCRIBE n*\r\n");
      yield* modern.readuntil(">3\r\n$10\r\npsubscribe\r\n$2\r\nn*\r\n:1\r\n");
      expect(yield* converse(port, quit("PUBLISH news hi\nPUBLISH other hi"))).toBe(
        ":2\r\n:0\r\n+OK\r\n",
      );
      yield* expectNext(old, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
      yield* expectNext(modern, ">4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
      modernWriter.write("MULTI\r\nPUBLISH n x\r\nPING\r\nEXEC\r\n");
      const answers = "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n+PONG\r\n"; // one's own message: behind
      yield* expectNext(
        modern,
        `${answers}>4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$1\r\nn\r\n$1\r\nx\r\n`,
      );
    });
  });

  it("cuts off a subscriber who does not read, and nobody else", async () => {
    await withRedis(function* (port, redis) {
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
      writer.write("SUBSCRIBE flood\r\n");
      yield* reader.readuntil(":1\r\n");
      const message = "x".repeat(1024 * 1024);
      let told = 1;
      let sent = 0;
      while (told > 0 && sent < 100) {
        told = Number(
          (yield* converse(port, `${command("PUBLISH", "flood", message)}QUIT\r\n`))[1],
        );
        sent++;
        for (const client of redis.clients) expect(client.backlog).toBeLessThan(2 * MAX_BACKLOG);
      }
      expect(told).toBe(0);
      expect(redis.pubSub.channels.size).toBe(0);
    });
  });

  it("holds back a client who sends commands and does not read the answers", async () => {
    await withRedis(function* (port, redis) {
      const value = "x".repeat(100_000);
      redis.store.set("large", value);
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
      writer.write(command("GET", "large").repeat(1000));
      yield* sleep(300);
      const [client] = redis.clients;
      expect(client!.backlog).toBeLessThan(1_000_000);
      expect(redis.commands).toBeLessThan(500);
      for (let i = 0; i < 1000; i++) yield* expectNext(reader, `$100000\r\n${value}\r\n`);
    });
  });

  it("as a program: serves, and ends in good order by Ctrl-C", async () => {
    const program = startExample("redis-server", "0");
    const port = Number(/127\.0\.0\.1:(\d+)\n/.exec(await program.printed("\n"))![1]);
    await run(function* () {
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
      writer.write("PING\r\nBLPOP none 0\r\n");
      yield* expectNext(reader, "+PONG\r\n");
      program.interrupt();
      expect((yield* reader.read()).length).toBe(0);
    });
    const { status, stdout, stderr } = await program.ended;
    expect(stderr).toBe("");
    expect(stdout).toBe(`listening on 127.0.0.1:${port}\nstopping, 1 clients\n`);
    expect(status).toBe(0);
  });

  it("refuses what is no port", async () => {
    const { status, stderr } = await startExample("redis-server", "99999").ended;
    expect(stderr).toContain('not "99999"\n\nheddle run examples/redis-server.ts');
    expect(status).toBe(2);
  });

  it("ends by SHUTDOWN", async () => {
    const program = startExample("redis-server", "0");
    const port = Number(/127\.0\.0\.1:(\d+)\n/.exec(await program.printed("\n"))![1]);
    expect(await run(converse(port, "SHUTDOWN NOSAVE\r\n"))).toBe("");
    expect((await program.ended).status).toBe(0);
  });
});

describe.skipIf(!installed("redis-server", "redis-server"))("beside redis-server itself", () => {
  it("gives the same answers", { timeout: 30_000 }, async () => {
    const peer = await startPeer();
    await withRedis(function* (port) {
      const all = [...Object.values(conversations).flat(), ...resp3].map(quit);
      for (const request of [...all, ...nonsense]) {
        const expected = yield* converse(peer, request);
        const answer = yield* converse(port, request);
        expect(comparable(answer), request.slice(0, 500)).toBe(comparable(expected));
      }
    });
  });
});

describe.skipIf(!installed("redis-cli", "redis-tools"))("redis-cli", () => {
  it("sets, gets, and speaks RESP3", async () => {
    await withRedis(function* (port) {
      const cli = (...args: string[]) => output("redis-cli", ["-p", String(port), ...args]);
      expect((yield* fromPromise(cli("set", "name", "Ada"))).stdout).toBe("OK\n");
      expect((yield* fromPromise(cli("get", "name"))).stdout).toBe("Ada\n");
      expect((yield* fromPromise(cli("-3", "config", "get", "save"))).stdout).toBe("save \n");
      expect((yield* fromPromise(cli("--scan"))).stdout).toBe("name\n");
      expect((yield* fromPromise(cli("nosuch"))).stdout).toContain("ERR unknown command 'nosuch'");
    });
  });

  it("--pipe inserts a hundred thousand keys", async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => command("SET", `key${i}`, `${i}`));
    await withRedis(function* (port, redis) {
      const { stdout } = yield* fromPromise(
        output("redis-cli", ["-p", String(port), "--pipe"], lines.join("")),
      );
      expect(stdout).toContain("errors: 0, replies: 100000\n");
      expect(redis.store.size).toBe(100_000);
      expect(redis.store.string("key77777")).toBe("77777");
    });
  });

  it("subscribes", async () => {
    await withRedis(function* (port, redis) {
      const child = spawn("redis-cli", ["-p", String(port), "subscribe", "news"]);
      onTestFinished(() => void child.kill("SIGKILL"));
      let heard = "";
      child.stdout.setEncoding("utf8").on("data", (words: string) => {
        heard += words;
      });
      while (!heard.includes("subscribe\nnews\n1\n")) yield* sleep(10);
      redis.pubSub.publish("news", "hello");
      for (const client of redis.clients) client.flush();
      while (!heard.includes("message\nnews\nhello\n")) yield* sleep(10);
    });
  });
});

describe.skipIf(!installed("redis-benchmark", "redis-tools"))("redis-benchmark", () => {
  it.each(["1", "16"])("runs to its end, -P %s", async (pipeline) => {
    await withRedis(function* (port) {
      const tests = "ping,set,get,incr,lpush,rpush,lpop,rpop,lrange_100,mset";
      const { stdout, stderr } = yield* fromPromise(
        output("redis-benchmark", [
          ...["-p", String(port), "-t", tests, "-n", "2000", "-P", pipeline, "-q", "--csv"],
        ]),
      );
      expect(stderr).toBe("");
      expect(stdout.trim().split("\n")).toHaveLength(13);
    });
  });
});

async function startPeer(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  const args = ["--port", String(port), "--save", "", "--bind", "127.0.0.1", "--dir", "/"];
  const child = spawn("redis-server", args);
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of child.stdout) if (String(line).includes("Ready to accept")) break;
  child.stdout.resume();
  await pause(10);
  return port;
}
