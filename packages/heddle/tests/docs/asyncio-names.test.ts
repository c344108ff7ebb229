// Holds docs/guide/asyncio.md to asyncio and to heddle: every public name of CPython's asyncio has one
// row there, and what a row says of heddle is so.
//
// asyncio-names.json is CPython's own list. To renew it, with a new pyodide, say:
//
//   npx tsx packages/heddle/tests/docs/programs/asyncio-names.ts
//
// The page's tables have three columns: names of asyncio, what they are called in heddle, a note.
//
//   | asyncio | heddle | |              functions, constants and classes; `Class`: `a`, `b` are members
//   | `Future` | `Future` | |           members of the class, or classes, of the head
//
// The second column is a list of names, which are exported by heddle, or by heddle/node if it says "of
// `heddle/node`"; "to come" behind them says that they are not there yet; "none", that they never will be,
// and then the note has the reason.
import { readFileSync } from "node:fs";
import * as heddle from "heddle";
import * as node from "heddle/node";
import { beforeAll, expect, test } from "vitest";
import { heddle as command } from "../cli/heddle-command.ts";
import names from "./asyncio-names.json" with { type: "json" };

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const page = read("../../../../docs/guide/asyncio.md");

interface Row {
  line: number;
  left: string;
  right: string;
  note: string;
}

/** The tables of the page, each with its head as the first row. */
function tablesOf(markdown: string): Row[][] {
  const tables: Row[][] = [];
  let isInside = false;
  for (const [at, text] of markdown.split("\n").entries()) {
    if (!text.startsWith("|")) {
      isInside = false;
      continue;
    }
    if (!isInside) tables.push([]);
    isInside = true;
    const [left = "", right = "", note = ""] = text
      .split("|")
      .slice(1)
      .map((cell) => cell.trim());
    if (!/^-+$/.test(left)) tables.at(-1)?.push({ line: at + 1, left, right, note });
  }
  return tables;
}

const codeIn = (cell: string) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = ""]) => code);

/** Names in a cell; those of the members of a class with the class in front. */
function namesIn(cell: string): string[] {
  const [, owner, members] = /^`(\w+)`: (.*)$/.exec(cell) ?? [];
  if (owner === undefined || members === undefined) return codeIn(cell);
  return [owner, ...codeIn(members).map((member) => `${owner}.${member}`)];
}

const membersOf = new Map<string, string[]>(Object.entries(names.members));

/** What the first column of the page names: `Queue`, `Queue.put`, `python -m asyncio`. */
const claimed = tablesOf(page).flatMap(([head, ...rows]) => {
  const classes = codeIn(head?.left ?? "");
  if (classes.length === 0) return rows.flatMap(({ left }) => namesIn(left));
  // CPython's list has a member under one of the classes of the head.
  const ownerOf = (name: string) => classes.find((each) => membersOf.get(each)?.includes(name));
  const members = rows.flatMap(({ left }) => codeIn(left));
  return [...classes, ...members.map((name) => `${ownerOf(name) ?? classes.join("/")}.${name}`)];
});

/** What must be there. */
const wanted = [
  ...Object.values(names.modules).flat(),
  ...Array.from(membersOf, ([owner, all]) => all.map((name) => `${owner}.${name}`)).flat(),
  ...names.commands,
];

test("every name of asyncio has a row, and no other name", () => {
  expect(claimed.filter((name) => !wanted.includes(name))).toEqual([]);
  expect(wanted.filter((name) => !claimed.includes(name))).toEqual([]);
});

test("the page is that of this CPython", () => {
  expect(page).toContain(`CPython ${names.cpython.replace(/\.\d+$/, "")}`);
});

test("no name has two rows, but for classes whose members do", () => {
  const again = claimed.filter((name, at) => claimed.indexOf(name) !== at && !membersOf.has(name));
  expect(again).toEqual([]);
});

// ---- the other column

type Face = "heddle" | "heddle/node";

const faces: Record<Face, Record<string, unknown>> = { heddle, "heddle/node": node };

/** Types that a face exports: they are nowhere at run time. */
function typesOf(face: Face): string[] {
  const index = read(`../../src/${face === "heddle" ? "" : "node/"}index.ts`);
  const lists = index.matchAll(/export type \{([^}]*)\}/g);
  return Array.from(lists, ([, list = ""]) => list.split(",").map((name) => name.trim())).flat();
}

const isExported = (name: string, face: Face) =>
  name in faces[face] || typesOf(face).includes(name);

/** One object of each class whose members are its objects' own. */
const objects: Record<string, object> = {
  ContextVar: new heddle.ContextVar("any"),
  EventLoop: new heddle.EventLoop(),
  IncompleteReadError: new heddle.IncompleteReadError(new Uint8Array(), 1),
  LifoQueue: new heddle.LifoQueue(),
  LimitOverrunError: new heddle.LimitOverrunError("", 0),
  PriorityQueue: new heddle.PriorityQueue(),
  Queue: new heddle.Queue(),
  Token: new heddle.Context().run(() => new heddle.ContextVar<number>("any").set(1)),
};

beforeAll(async () => {
  const [writer, transport, datagrams, child] = await heddle.run(function* () {
    const server = yield* node.startServer(function* () {}, { host: "127.0.0.1", port: 0 });
    const { port } = server.sockets[0] as { port: number };
    const [, writer] = yield* node.openConnection({ host: "127.0.0.1", port });
    const [datagrams] = yield* node.createDatagramEndpoint(() => new heddle.DatagramProtocol(), {
      localAddress: { host: "127.0.0.1", port: 0 },
    });
    const [child] = yield* node.subprocessExec(
      () => new heddle.SubprocessProtocol(),
      process.execPath,
      ["--version"],
      { stdout: "ignore" },
    );
    return [writer, writer.transport, datagrams, child] as const;
  });
  Object.assign(objects, {
    BaseTransport: transport,
    DatagramTransport: datagrams,
    SubprocessTransport: child,
    ReadTransport: transport,
    StreamWriter: writer,
    WriteTransport: transport,
  });
});

function isMember(owner: string, member: string, face: Face): boolean {
  const symbol = /^\[Symbol\.(\w+)\]$/.exec(member)?.[1] as keyof SymbolConstructor | undefined;
  const key = symbol === undefined ? member : (Symbol[symbol] as symbol);
  const made = faces[face][owner] as { prototype: object } | undefined;
  return made !== undefined && (key in made.prototype || key in (objects[owner] ?? {}));
}

/** Is this there: `name` or `Class.member`? In the table of a class: a member of each of its classes? */
function isThere(name: string, classes: readonly string[], face: Face): boolean {
  if (classes.length > 0) return classes.every((owner) => isMember(owner, name, face));
  const [, owner, member] = /^(\w+)\.(.*)$/.exec(name) ?? [];
  if (owner === undefined || member === undefined) return isExported(name, face);
  return isMember(owner, member, face);
}

const CELL = /^(`\w+`: )?`[^`]+`(, `[^`]+`)*( of `heddle(\/node)?`)?(, to come)?$/;

const faceIn = (cell: string) => / of `(heddle(?:\/node)?)`/.exec(cell)?.[1] as Face | undefined;

/** What is wrong with the second column of a row under this head. `help` is that of the command. */
function* faultsOf(row: Row, head: Row, help: string): Iterable<string> {
  const { right, note } = row;
  if (right === "none") {
    if (note.length < 8) yield "has none, and no reason";
    return;
  }
  if (!CELL.test(right)) {
    yield `is to say \`names\`, "to come" behind them, or "none"; it says ${right}`;
    return;
  }
  const isToCome = right.endsWith("to come");
  const isOfClass = row !== head && head.left.startsWith("`");
  const ofHead = head.right.replace(/ of `.*/, "");
  const classes = isOfClass ? codeIn(ofHead) : [];
  for (const name of namesIn(right.replace(/ of `.*/, ""))) {
    if (name.startsWith('"')) {
      if (!isReturnWhen(name.slice(1, -1))) yield `wait() does not know ${name}`;
    } else if (name.startsWith("heddle ")) {
      const there = new RegExp(`^ +${name.slice(7)}\\b`, "m").test(help);
      if (there === isToCome) yield `${name} ${there ? "is there" : "is not there"}`;
    } else if (isToCome) {
      // Members may be to come of a class that is there.
      if (right.startsWith(`\`${name}\`: `)) continue;
      const places = (["heddle", "heddle/node"] as const).filter(
        (face) => isThere(name, [], face) || (isOfClass && isThere(name, classes, face)),
      );
      if (places.length > 0) yield `${name} is there, in ${places}: it is not to come`;
    } else {
      // A row of a class's table that says of where it is means no member.
      const face = faceIn(right) ?? (isOfClass ? faceIn(head.right) : undefined) ?? "heddle";
      const owners = faceIn(right) === undefined ? classes : [];
      if (!isThere(name, owners, face)) yield `${name} is not there, in ${face}`;
    }
  }
}

function isReturnWhen(word: string): boolean {
  try {
    heddle.wait([new heddle.Future()], { returnWhen: word as heddle.ReturnWhen });
    return true;
  } catch {
    return false;
  }
}

test("what is said of heddle is so", async () => {
  const { stdout: help } = await command("--help");
  expect(help).toMatch(/^ +run\b/m);
  const faults = tablesOf(page).flatMap((table) =>
    table.flatMap((row, at) => {
      const head = table[0] as Row;
      if (at === 0 && !head.left.startsWith("`")) return [];
      return [...faultsOf(row, head, help)].map((fault) => `${row.line}: ${row.left}: ${fault}`);
    }),
  );
  expect(faults).toEqual([]);
});

test("rows are short enough to be read", () => {
  const long = tablesOf(page)
    .flat()
    .filter(({ left, right, note }) => {
      const text = [left, right, note].map((cell) => cell.replace(/\]\([^)]*\)|[`[]/g, ""));
      return text.join(" ").length > 170;
    });
  expect(long.map(({ line, left }) => `${line}: ${left}`)).toEqual([]);
});
