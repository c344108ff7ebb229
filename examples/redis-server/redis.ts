// What all clients share.
import { Event, type StreamReader, type StreamWriter } from "heddle";
import { BlockedClients } from "./blocked-clients.ts";
import { Client } from "./client.ts";
import { PubSub } from "./pub-sub.ts";
import { Store } from "./store.ts";

export class Redis {
  readonly store = new Store();
  readonly pubSub = new PubSub(this);
  readonly blocked = new BlockedClients(this.store);
  readonly clients = new Set<Client>();
  readonly since = Date.now();
  /** Set when the server is to stop. */
  readonly stopping = new Event();
  /** Whose command is being executed. */
  current: Client | null = null;
  commands = 0;
  #lastId = 0;
  readonly #unsent = new Set<Client>();

  connect(reader: StreamReader, writer: StreamWriter): Client {
    const client = new Client(++this.#lastId, this, reader, writer);
    this.clients.add(client);
    return client;
  }

  disconnect(client: Client): void {
    this.pubSub.leave(client);
    this.clients.delete(client);
    this.#unsent.delete(client);
  }

  /** There are messages for this client: the next `flush` sends them. */
  hasMessages(client: Client): void {
    this.#unsent.add(client);
  }

  /** Send the answers of `client`, and what others were told meanwhile. */
  flush(client: Client): void {
    client.flush();
    if (this.#unsent.size === 0) return;
    for (const other of this.#unsent) other.flush();
    this.#unsent.clear();
  }
}
