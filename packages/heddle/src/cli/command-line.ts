/*
 * What `heddle` accepts, and its help.
 *
 * commander, because it can stop at the first word that is no option (`passThroughOptions`), refuses
 * an option that it does not know, and lets its caller choose the exit status. citty can do none of
 * the three: it drops unknown options, and answers a `--help` that was meant for the program.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import type { CheckOptions } from "./check/check-files.ts";
import { USAGE } from "./end.ts";
import { runProgram } from "./run-program.ts";

/** Do what these arguments ask for (those after `heddle`). */
export async function parse(argv: string[]): Promise<void> {
  try {
    await heddle().parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  }
}

function heddle(): Command {
  // Subcommands inherit what is set before they are made.
  const program = new Command("heddle")
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "heddle: ")),
    })
    .enablePositionalOptions()
    .description("The coroutine runtime for TypeScript.")
    .version(version());

  program
    .command("run")
    .description("run a TypeScript or JavaScript program")
    .argument("<file>", "its default export is the main coroutine; without one it runs itself")
    .argument("[args...]", "everything after <file> is the program's: process.argv.slice(2)")
    .option("--debug", "debug mode, as HEDDLE_DEBUG=1: slow callbacks, whole stacks")
    .passThroughOptions()
    .action((file: string, args: string[], options: { debug?: boolean }) =>
      runProgram(file, args, { debug: options.debug === true }),
    );

  program
    .command("check")
    .description("find floating coroutines, missing stars and swallowed cancellations")
    .argument("<files...>", "TypeScript or JavaScript, or folders of it")
    .option("--json", "print the findings as JSON")
    .option("--project <path>", "the tsconfig.json to use; else the nearest one of each file")
    .action(async (names: string[], options: CheckOptions) => {
      // It takes a compiler with it, which nothing else needs.
      const { checkFiles } = await import("./check/check-files.ts");
      await checkFiles(names, options);
    });

  return program;
}

function version(): string {
  const path = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
