// What a command is, and the errors that all of them share.
import type { Coroutine } from "heddle";
import type { Client } from "./client.ts";
import { ReplyError } from "./replies.ts";

/** The Redis whose commands these are. */
export const VERSION = "7.0.0";

/**
 * Answers a command; `args` begin with its name. One that has to wait returns a coroutine, which is
 * awaited before the client's next command.
 */
export type Run = (client: Client, args: string[]) => Coroutine<void> | undefined | void;

/** How many words a command has, its name included; -3: at least three. */
export type CommandTable = Record<string, readonly [words: number, run: Run]>;

export interface Command {
  name: string;
  words: number;
  run: Run;
}

/** All commands, by name: in small letters and in capitals. */
export const commands = new Map<string, Command>();

export function register(table: CommandTable): void {
  for (const [name, [words, run]] of Object.entries(table)) {
    const command = { name, words, run };
    commands.set(name, command);
    commands.set(name.toUpperCase(), command);
  }
}

/** The command of these arguments, if it may have as many. */
export function find(args: string[]): Command {
  const name = args[0]!;
  const command = commands.get(name) ?? commands.get(name.toLowerCase());
  if (command === undefined) throw unknownCommand(args);
  const { words } = command;
  if (words >= 0 ? args.length !== words : args.length < -words) throw wrongNumber(command.name);
  return command;
}

function unknownCommand([name, ...rest]: string[]): ReplyError {
  let words = "";
  for (const word of rest) {
    if (words.length >= 128) break;
    words += `'${word.slice(0, 128 - words.length)}' `;
  }
  const start = name!.slice(0, 128);
  return new ReplyError(`ERR unknown command '${start}', with args beginning with: ${words}`);
}

export function wrongNumber(name: string): ReplyError {
  return new ReplyError(`ERR wrong number of arguments for '${name}' command`);
}

export function unknownSubcommand([name, sub]: string[]): ReplyError {
  return new ReplyError(`ERR unknown subcommand '${sub}'. Try ${name!.toUpperCase()} HELP.`);
}

export const syntaxError = () => new ReplyError("ERR syntax error");
