import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fixture, heddle } from "./heddle-command.ts";

const packageJson = new URL("../../package.json", import.meta.url);

describe("heddle", () => {
  it("prints its help, which knows its commands", async () => {
    const { status, stdout, stderr } = await heddle("--help");
    expect([status, stderr]).toEqual([0, ""]);
    const commands = stdout.split("Commands:\n")[1] ?? "";
    expect(commands.match(/^ {2}\w+/gm)).toEqual(["  run", "  check", "  help"]);
  });

  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(packageJson, "utf8"));
    expect(await heddle("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it("without a command prints its help to stderr, status 2", async () => {
    const { status, stdout, stderr } = await heddle();
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^Usage: heddle /);
  });

  it.each([
    [["weave"], "heddle: unknown command 'weave'"],
    [["--colour"], "heddle: unknown option '--colour'"],
    [["run"], "heddle: missing required argument 'file'"],
    [["run", "--greenlets", "x.ts"], "heddle: unknown option '--greenlets'"],
  ])("refuses %j in one line, status 2", async (args, message) => {
    expect(await heddle(...args)).toMatchObject({ status: 2, stdout: "", stderr: `${message}\n` });
  });

  it("suggests what may have been meant", async () => {
    const { status, stderr } = await heddle("run", "--debugg", "x.ts");
    expect(status).toBe(2);
    expect(stderr).toBe("heddle: unknown option '--debugg'\n(Did you mean --debug?)\n");
  });
});

describe("heddle run", () => {
  it("has help of its own", async () => {
    const { status, stdout, stderr } = await heddle("run", "--help");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: heddle run \[options\] <file> \[args\.\.\.\]/);
    expect(stdout.match(/--\w+/g)).toEqual(["--debug", "--help"]);
  });

  const everything = ["--debug", "-h", "--version", "--", "", "run", "--no-x", "a b", "--help"];
  const seen = JSON.stringify([process.execPath, fixture("arguments.js"), ...everything]);

  it("hands everything after FILE to the program", async () => {
    const { status, stdout } = await heddle("run", "arguments.js", ...everything);
    expect([status, stdout]).toEqual([0, `${seen}\n`]);
  });

  it("does so behind an option of its own, and behind --", async () => {
    const { stdout } = await heddle("run", "--debug", "arguments.js", ...everything);
    expect(stdout).toBe(`${seen}\n`);
    expect((await heddle("run", "--", "arguments.js", ...everything)).stdout).toBe(`${seen}\n`);
  });
});
