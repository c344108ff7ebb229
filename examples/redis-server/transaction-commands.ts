// MULTI, EXEC and DISCARD. Commands are executed one after another without a wait between them anyway:
// a transaction only has to gather its own first. There is no WATCH.
import type { Client } from "./client.ts";
import { type CommandTable, find } from "./command.ts";
import { ReplyError } from "./replies.ts";

export function discard(client: Client): void {
  client.queued = null;
  client.spoiled = false;
}

function exec(client: Client): void {
  const { queued, spoiled, replies } = client;
  if (queued === null) throw new ReplyError("ERR EXEC without MULTI");
  discard(client);
  if (spoiled) {
    throw new ReplyError("EXECABORT Transaction discarded because of previous errors.");
  }
  replies.array(queued.length);
  client.executing = true;
  for (const args of queued) {
    try {
      const waiting = find(args).run(client, args);
      if (waiting !== undefined) throw new Error(`${args[0]} would wait, in a transaction`);
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      replies.error(error.message);
    }
  }
  client.executing = false;
}

export const transactionCommands: CommandTable = {
  multi: [
    1,
    (client) => {
      if (client.queued !== null) throw new ReplyError("ERR MULTI calls can not be nested");
      client.queued = [];
      client.replies.ok();
    },
  ],
  exec: [1, exec],
  discard: [
    1,
    (client) => {
      if (client.queued === null) throw new ReplyError("ERR DISCARD without MULTI");
      discard(client);
      client.replies.ok();
    },
  ],
};
