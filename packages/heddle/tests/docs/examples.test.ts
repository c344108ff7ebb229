// Runs what the documents show. A `ts` block in README.md or the guide is a whole program, and the
// `text` block right below it is what the program prints, to the letter. A block that cannot be run
// here is marked `ts no-run`, and the line above it says why: `<!-- no-run: needs a Redis -->`.
//
// The programs run with tsx against the build, as those of a reader would. They stand in a folder
// below node_modules, where `import "heddle"` finds the package and no other tool looks.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, blocksOf, fileLinksOf } from "./markdown.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const folder = join(root, `node_modules/.cache/heddle/documents-${process.pid}`);

const documents = [
  "README.md",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(root, "docs/guide")).map((name) => `docs/guide/${name}`),
].filter((path) => path.endsWith(".md") && existsSync(join(root, path)));

const read = (path: string) => readFileSync(join(root, path), "utf8");

const isProgram = ({ info, next }: Block) => info === "ts" && next?.info === "text";

const fileOf = (path: string, { line }: Block) =>
  join(folder, `${path.replace(/\.md$/, "").replaceAll("/", "-")}-${line}.mts`);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const path of documents) {
    for (const block of blocksOf(read(path)).filter(isProgram)) {
      writeFileSync(fileOf(path, block), block.code);
    }
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ending {
  status: number | null;
  stdout: string;
  stderr: string;
}

function execute(args: string[]): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const { FORCE_COLOR: _, ...env } = process.env;
    const child = spawn(process.execPath, args, { cwd: root, env: { ...env, NO_COLOR: "1" } });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject).on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

const trimmed = (text: string) => text.replace(/[^\S\n]+$/gm, "").trimEnd();

describe.each(documents)("%s", (path) => {
  const blocks = blocksOf(read(path));

  const programs = blocks.filter(isProgram);

  describe.runIf(programs.length > 0).concurrent("prints what it says it prints", () => {
    for (const block of programs) {
      // Their time is real: on a machine that is too busy for one, they get another.
      it(`line ${block.line}`, { retry: 2 }, async () => {
        const { status, stdout, stderr } = await execute(["--import", "tsx", fileOf(path, block)]);
        expect(trimmed(stdout), stderr).toBe(trimmed(block.next?.code ?? ""));
        expect(status, stderr).toBe(0);
      });
    }
  });

  it("runs every ts block, or says above it why not", () => {
    const isExcused = ({ info, above }: Block) =>
      info === "ts no-run" && /^<!-- no-run: .{8,} -->$/.test(above);
    const left = blocks.filter(
      (block) => /^ts\b/.test(block.info) && !isProgram(block) && !isExcused(block),
    );
    const advice =
      "put what it prints into a ```text block right below it, or mark it ```ts no-run with a " +
      "line above it: <!-- no-run: the reason -->";
    expect(left.map(({ line }) => `${path}:${line}: ${advice}`)).toEqual([]);
  });

  it("links to files that are there", () => {
    const missing = fileLinksOf(read(path)).filter(
      (target) => !existsSync(join(root, dirname(path), target)),
    );
    expect(missing).toEqual([]);
  });
});

it("shows programs whose types are right", async () => {
  const config = {
    extends: `${relative(folder, root)}/tsconfig.json`,
    compilerOptions: {
      incremental: false,
      tsBuildInfoFile: null,
      // What is shown is short: it may leave out a check of `error`, or what it does not use.
      useUnknownInCatchVariables: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ["*.mts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { stdout, status } = await execute([
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    folder,
  ]);
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

it("lists every page in the guide's index", () => {
  const listed = fileLinksOf(read("docs/guide/README.md"));
  const pages = readdirSync(join(root, "docs/guide")).filter((name) => name !== "README.md");
  expect(pages.filter((name) => !listed.includes(name))).toEqual([]);
});

// A document names what it says is to come: <!-- to come: iterate once -->
it("says of nothing that is there that it is to come", async () => {
  const faces = [
    await import("heddle"),
    await import("heddle/node"),
    await import("heddle/testing"),
  ];
  const there = new Set(faces.flatMap((face) => Object.keys(face)));
  const wrong = documents.flatMap((path) => {
    const lists = Array.from(read(path).matchAll(/<!-- to come: (.*) -->/g), ([, names]) => names);
    const names = lists.join(" ").split(" ");
    return names.filter((name) => there.has(name)).map((name) => `${path}: ${name} is there`);
  });
  expect(wrong).toEqual([]);
});
