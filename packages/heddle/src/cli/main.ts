/*
 * The `heddle` command: where bin/heddle.js comes in.
 *
 * `heddle run FILE …` leaves nothing to parse: FILE is the word after `run`, and everything behind it
 * is the program's. That is nearly every call, so it does not wait for the parser to load (8 ms,
 * where Node itself starts in 50).
 *
 * No `await` stands at the top level here: a program that never ends its own would make Node blame
 * this file for it.
 */
import { runProgram } from "./run-program.ts";

const [command, file = "-", ...args] = process.argv.slice(2);

if (command === "run" && !file.startsWith("-")) {
  void runProgram(file, args, { debug: false });
} else {
  void import("./command-line.ts").then(({ parse }) => parse(process.argv.slice(2)));
}
