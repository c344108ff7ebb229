// The rules of the house that neither the compiler nor Biome can say:
//
//   rooms   a room of packages/heddle/src imports lower rooms only; only node/ and cli/ import
//           packages; no package reaches into another's files
//   host    outside node/, web/, cli/ and loop/hosts/ nothing imports a `node:` module or touches a global
//           that tells the time, makes chance, schedules, or belongs to one runtime. What index.ts
//           loads imports no `node:` module at all, hosts included: "heddle" runs everywhere
//   cycles  no file loads itself through others; imports of types alone do not count
//   places  no file names a folder of somebody's machine or a package registry's host
//
// dependency-cruiser was the first candidate: its current version needs Node 22, and the compiler's
// old JavaScript API to read TypeScript. Biome's noRestrictedGlobals knows neither `Date.now` nor
// `globalThis.setTimeout`, and its import rules would need one override for each room.

import { posix } from "node:path";
import { readSource } from "./read-source.ts";

/** A room imports rooms of lower rank; those of one rank do not know each other. */
const rooms: Record<string, number> = {
  coroutine: 0,
  context: 1,
  loop: 2,
  task: 3,
  sync: 4,
  queue: 4,
  stream: 4,
  interop: 5,
  introspection: 5,
  "index.ts": 6,
  executor: 7,
  node: 8,
  testing: 8,
  web: 8,
  cli: 9,
};

/** These may import packages … */
const packaged = ["node", "cli"];
/** … and these belong to a platform. */
const platforms = ["node", "web", "cli"];

const folders = /(?<![\w.-])\/(?:tmp\b|(?:work|root|home|Users)\/[\w.])/;
const registries = /\bregistry\.(?:npm|yarn)|:\/\/[^\s/"'`]*(?:registry|npm|pypi|pythonhosted)/;

/** What each file loads when it is loaded, by path. */
type Loads = Map<string, { target: string; line: number }[]>;

/** Checks the texts of a tree, by path from its root. Each broken rule gives one line. */
export function checkHouse(files: ReadonlyMap<string, string>): string[] {
  const loads: Loads = new Map();
  const broken: string[] = [];
  for (const [path, text] of files) {
    broken.push(...checkPlaces(path, text));
    if (/^packages\/[^/]+\/src\/.*\.[cm]?tsx?$/.test(path)) {
      broken.push(...checkSource(path, text, loads));
    }
  }
  return [...broken, ...checkLoads(loads)];
}

function* checkPlaces(path: string, text: string): Iterable<string> {
  for (const [index, line] of text.split("\n").entries()) {
    const place = folders.exec(line) ?? registries.exec(line);
    if (place) yield `${path}:${index + 1}: "${place[0]}" is a place of one machine or network`;
  }
}

function* checkSource(path: string, text: string, loads: Loads): Iterable<string> {
  const home = path.split("/", 3).join("/");
  const isHeddle = home === "packages/heddle/src";
  const room = roomOf(path);
  const isPlatform = !isHeddle || platforms.includes(room);
  const mayImportPackages = !isHeddle || packaged.includes(room);
  const isHost = path.startsWith(`${home}/loop/hosts/`);
  if (isHeddle && !(room in rooms)) yield `${path}:1: "${room}" is no room of the house`;

  const { imports, touched } = readSource(path, text);
  for (const { specifier, kind, line } of imports) {
    const isRelative = specifier.startsWith(".");
    const target = isRelative ? posix.join(posix.dirname(path), specifier) : specifier;
    if (kind === "value") loads.set(path, [...(loads.get(path) ?? []), { target, line }]);

    if (isRelative && !target.startsWith(`${home}/`)) {
      yield `${path}:${line}: imports ${specifier}, a file of another package: import by its name`;
    } else if (isRelative && isHeddle && !isBelow(roomOf(target), room)) {
      yield `${path}:${line}: ${room} imports ${roomOf(target)}: rooms depend downwards only`;
    } else if (!isRelative && !specifier.startsWith("node:")) {
      if (!mayImportPackages) {
        yield `${path}:${line}: imports "${specifier}": only ${packaged.join("/, ")}/ depend on packages`;
      }
    } else if (!isRelative && !isPlatform && !isHost) {
      yield `${path}:${line}: imports "${specifier}": what needs Node stands in node/`;
    }
  }
  if (isPlatform || isHost) return;
  for (const { name, line } of touched) {
    yield `${path}:${line}: touches ${name}: the loop meets the world through its host alone`;
  }
}

const roomOf = (path: string) => path.split("/", 4)[3] ?? "";

const isBelow = (room: string, other: string) =>
  room === other || (rooms[room] ?? Number.NaN) < (rooms[other] ?? Number.NaN);

function checkLoads(loads: Loads): string[] {
  const broken: string[] = [];
  const face = "packages/heddle/src/index.ts";
  const done = new Set<string>();
  const enter = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0)
      broken.push(`${path}:1: loads itself: ${[...trail, path].slice(start).join(" > ")}`);
    if (start >= 0 || done.has(path)) return;
    const way = [...trail, path];
    for (const { target, line } of loads.get(path) ?? []) {
      if (way[0] === face && target.startsWith("node:")) {
        broken.push(
          `${path}:${line}: imports "${target}", and index.ts loads it: ${way.join(" > ")}`,
        );
      }
      enter(target, way);
    }
    done.add(path);
  };
  // The face goes first, so that all it loads is met on the way from it.
  for (const path of [face, ...loads.keys()]) enter(path, []);
  return broken;
}
