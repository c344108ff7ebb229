import { expect, test } from "vitest";
import { testRuntimes } from "../../runtimes/command.ts";
import { parseOptions, RUNTIMES } from "../../runtimes/options.ts";

async function command(...args: string[]) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const status = await testRuntimes(
    args,
    (line) => printed.push(line),
    (line) => complaints.push(line),
  );
  return { status, printed: printed.join("\n"), complaints: complaints.join("\n") };
}

test("without options: every runtime, every test", () => {
  expect(parseOptions([])).toEqual({
    runtimes: RUNTIMES,
    grep: undefined,
    list: false,
    help: false,
  });
});

test("--only takes names in any order, each once", () => {
  expect(parseOptions(["--only", "deno, node22,deno"]).runtimes).toEqual(["node22", "deno"]);
});

test.each([
  [["--only", "safari"], 'there is no runtime "safari"; there are: node20, node22,'],
  [["--only", ""], 'there is no runtime ""'],
  [["--grep", "("], "--grep takes a regular expression"],
  [["--grep", ""], "--grep needs a pattern, not an empty text"],
  [["--verbose"], "Unknown option '--verbose'"],
  [["node22"], "Unexpected argument 'node22'"],
])("bad usage, %j: exit status 2, and what would be right", async (args, complaint) => {
  const { status, printed, complaints } = await command(...args);
  expect(status).toBe(2);
  expect(printed).toBe("");
  expect(complaints).toContain(`test:runtimes: ${complaint}`);
});

test("--help prints the usage", async () => {
  const { status, printed } = await command("--help");
  expect(status).toBe(0);
  for (const option of ["--only", "--grep", "--list", "--help"]) expect(printed).toContain(option);
});

test("--list names each runtime, the running Node with its version", async () => {
  const { status, printed } = await command("--list");
  expect(status).toBe(0);
  expect(printed.split("\n").map((line) => line.split(" ")[0])).toEqual([...RUNTIMES]);
  expect(printed).toContain(` ${process.versions.node}`);
});
