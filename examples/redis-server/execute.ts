// Executes commands, one after another: none sees another one half done.
import type { Coroutine } from "heddle";
import type { Client } from "./client.ts";
import { type Command, find, register } from "./command.ts";
import { connectionCommands } from "./connection-commands.ts";
import { keyCommands } from "./key-commands.ts";
import { listCommands } from "./list-commands.ts";
import { pubSubCommands } from "./pub-sub-commands.ts";
import { ReplyError } from "./replies.ts";
import { serverCommands } from "./server-commands.ts";
import { stringCommands } from "./string-commands.ts";
import { transactionCommands } from "./transaction-commands.ts";

register(stringCommands);
register(keyCommands);
register(listCommands);
register(pubSubCommands);
register(transactionCommands);
register(connectionCommands);
register(serverCommands);

const UNQUEUED = new Set(["multi", "exec", "discard", "quit", "reset"]);
const WHILE_SUBSCRIBED = new Set([
  ...["subscribe", "unsubscribe", "psubscribe", "punsubscribe"],
  ...["ping", "quit", "reset"],
]);

/** Puts the answer into the client's replies, now; or returns a coroutine that will, after a wait. */
export function execute(client: Client, args: string[]): Coroutine<void> | undefined {
  const { redis } = client;
  redis.commands++;
  redis.current = client;
  try {
    const command = permitted(client, args);
    client.lastCommand = command.name;
    if (client.queued !== null && !UNQUEUED.has(command.name)) {
      client.queued.push(args);
      client.replies.simple("QUEUED");
      return undefined;
    }
    return command.run(client, args) as Coroutine<void> | undefined;
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    client.replies.error(error.message);
    return undefined;
  } finally {
    redis.current = null;
    redis.blocked.serve();
    if (client.later !== "") {
      client.replies.text += client.later;
      client.later = "";
    }
  }
}

function permitted(client: Client, args: string[]): Command {
  try {
    const command = find(args);
    if (client.subscriptions > 0 && client.replies.protocol === 2) refuseOthers(command.name);
    return command;
  } catch (error) {
    client.spoiled = client.queued !== null;
    throw error;
  }
}

function refuseOthers(name: string): void {
  if (WHILE_SUBSCRIBED.has(name)) return;
  const allowed = "(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET";
  throw new ReplyError(`ERR Can't execute '${name}': only ${allowed} are allowed in this context`);
}
