/*
 * Server: who listens, and the connections that came of it.
 *
 * asyncio's Server without a platform: a listener (node/serve.ts, on any network) knows how to
 * accept; this knows who is still there. As since CPython 3.12, `waitClosed` waits until the server is
 * closed and every connection is gone, in either order. Handlers that go on without their connection
 * are not waited for (the run does that): one that sleeps for an hour must not hold up Ctrl-C.
 */

import { RuntimeError } from "../coroutine/errors.ts";
import { reschedule } from "../coroutine/suspend.ts";
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { moveOnAfter } from "../task/cancel-scope.ts";
import { isCancelled } from "../task/errors.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { Future } from "../task/future.ts";
import { ownedCall } from "../task/owned-promise.ts";
import type { Owner } from "../task/owner.ts";
import type { Task } from "../task/task.ts";
import { GRACE } from "./grace.ts";
import type { SocketAddress, Transport } from "./transport.ts";

/** What accepts connections for a server. */
export interface Listener {
  /** Begin to accept; gives the addresses on which it does. */
  open(): Coroutine<readonly SocketAddress[]>;
  /** Accept no more, from now on. May be called twice, and before `open`. */
  close(): void;
}

/**
 * A server, as `startServer` makes it. Counterpart: `asyncio.Server`.
 *
 * It belongs to the run that started it, which closes it at its end. `await using` closes it and waits
 * for its clients to leave.
 *
 * @example
 * const server = yield* startServer(handler, { host: "127.0.0.1", port: 0 });
 * console.log(`listening on port ${server.sockets[0]?.port}`);
 * yield* server.serveForever();
 */
export class Server implements AsyncDisposable {
  readonly #listener: Listener;
  /** @internal */
  readonly _loop: EventLoop;
  /** @internal */
  readonly _owner: Owner | null;
  readonly #clients = new Set<Transport>();
  /** Those who may become clients: handshakes of TLS in progress. */
  readonly #handshakes = new Set<Task<void>>();
  readonly #leaving = new Set<Future<void>>();
  #sockets: readonly SocketAddress[] = [];
  #opening = false;
  #forever: Future<never> | null = null;
  #closed = false;
  #drops = 0;
  #dropping = false;

  /** @internal Made by `startServer`. */
  constructor(listener: Listener, loop: EventLoop, owner: Owner | null) {
    this.#listener = listener;
    this._loop = loop;
    this._owner = owner;
    owner?.own(this);
  }

  /** Where it listens: with `port: 0` the port that was found. Empty before and after. */
  get sockets(): readonly SocketAddress[] {
    return this.#sockets;
  }

  getLoop(): EventLoop {
    return this._loop;
  }

  /** Does it accept connections? */
  isServing(): boolean {
    return this.#sockets.length > 0;
  }

  /**
   * Begin to accept connections, if `startServer` was told not to. Always suspends. Throws what prevents
   * it (an address in use, say), RuntimeError if the server is closed. On cancellation it has not begun.
   * Counterpart: `asyncio.Server.start_serving`.
   */
  startServing(): ThenableAwaitable<void> {
    return ownedCall(this, this.#startServing());
  }

  /**
   * Accept connections until this is cancelled: then the server closes, its clients' connections are
   * closed too (what is still to be sent gets a second), and when all have gone the CancelledError goes on.
   * It never returns.
   *
   * Throws RuntimeError if the server is closed, or somebody else waits here; a CancelledError if `close()`
   * is called meanwhile. Counterpart: `asyncio.Server.serve_forever`.
   */
  serveForever(): ThenableAwaitable<never> {
    return ownedCall(this, this.#serveForever());
  }

  /**
   * Accept no more connections. Those that are there stay; see `closeClients`. TLS handshakes that are not
   * over are given up. Never suspends. Closing twice does nothing. Counterpart: `asyncio.Server.close`.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this._owner?.disown(this);
    this.#sockets = [];
    this.#listener.close();
    for (const handshake of this.#handshakes) handshake.cancel();
    if (this.#forever?.done() === false) this.#forever.cancel();
    this.#mayBeEmpty();
  }

  /** Close every connection when what it has buffered is sent. Counterpart: `close_clients`. */
  closeClients(): void {
    for (const client of [...this.#clients]) client.close();
  }

  /** Close every connection at once. Counterpart: `abort_clients`. */
  abortClients(): void {
    for (const client of [...this.#clients]) client.abort();
  }

  /**
   * Wait until the server is closed and all connections are gone. Does not suspend if that is so. Cancelling
   * it changes nothing of the server.
   * Counterpart: `asyncio.Server.wait_closed` of Python 3.12 and later.
   */
  waitClosed(): ThenableAwaitable<void> {
    return ownedCall(this, this.#waitClosed());
  }

  /**
   * Close gracefully: accept no more, let those who are connected end by themselves for `grace` milliseconds,
   * then close their connections at once. Gives the number of those that were cut off. Their handlers
   * read the end of the stream, and their next drain throws a ConnectionResetError; those that wait for
   * something else are cancelled when the run ends.
   *
   * Suspends unless nobody is connected. Throws RangeError if `grace` is no number of at least 0. When it
   * is cancelled, the connections stay.
   *
   * @example
   * using stop = signals("SIGTERM", "SIGINT");
   * yield* stop.next();
   * yield* server.shutdown(10_000);
   */
  shutdown(grace: number): ThenableAwaitable<number> {
    if (typeof grace !== "number" || !(grace >= 0)) {
      const Kind = typeof grace === "number" ? RangeError : TypeError;
      throw new Kind(`shutdown() needs a grace of at least 0 milliseconds, got ${grace}`);
    }
    return ownedCall(this, this.#shutdown(grace));
  }

  /** For `await using`: `close()` and `waitClosed()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.waitClosed();
  }

  /** For reports: `Server on 127.0.0.1:8080 (3 clients)`. */
  toString(): string {
    const where = this.#sockets.map(({ address, port }) => `${address}:${port}`).join(", ");
    const state = this.#closed ? "closed" : where === "" ? "not started" : `on ${where}`;
    return `Server ${state} (${this.#clients.size} clients)`;
  }

  /** How many clients there are, and how many were refused since there were `maxConnections`. */
  statistics(): { clients: number; dropped: number } {
    return { clients: this.#clients.size, dropped: this.#drops };
  }

  /** @internal Those who are connected, or in the middle of a handshake. */
  get _clientCount(): number {
    return this.#clients.size + this.#handshakes.size;
  }

  /** @internal A handshake has begun. */
  _shaking(handshake: Task<void>): void {
    this.#handshakes.add(handshake);
  }

  /** @internal It is over. */
  _shaken(handshake: Task<void>): void {
    this.#handshakes.delete(handshake);
    this.#mayBeEmpty();
  }

  /** @internal A connection was accepted. */
  _accepted(): void {
    this.#dropping = false;
  }

  /** @internal A connection was refused: the first one since another was accepted is reported. */
  _dropped(maxConnections: number): void {
    this.#drops++;
    if (this.#dropping) return;
    this.#dropping = true;
    this._loop.callExceptionHandler({
      message:
        `${this} refuses connections: there are maxConnections (${maxConnections}). ` +
        "server.statistics().dropped counts them",
    });
  }

  /** @internal Its run has ended. */
  release(): undefined {
    this.close();
  }

  /** @internal There is a connection. */
  attach(transport: Transport): void {
    this.#clients.add(transport);
  }

  /** @internal A connection is gone. */
  detach(transport: Transport): void {
    this.#clients.delete(transport);
    this.#mayBeEmpty();
  }

  get #isOver(): boolean {
    return this.#closed && this._clientCount === 0;
  }

  #mayBeEmpty(): void {
    if (!this.#isOver) return;
    for (const waiter of this.#leaving) if (!waiter.done()) waiter.setResult(undefined);
  }

  *#startServing(): Coroutine<void> {
    this.#refuseIfClosed();
    if (this.#opening) throw new RuntimeError("startServing(): the server is starting already");
    if (this.isServing()) {
      yield* reschedule;
      return;
    }
    this.#opening = true;
    try {
      const sockets = yield* this.#listener.open();
      this.#refuseIfClosed();
      this.#sockets = sockets;
    } finally {
      this.#opening = false;
    }
  }

  *#serveForever(): Coroutine<never> {
    if (this.#forever !== null) {
      throw new RuntimeError("serveForever(): somebody else is awaiting it already");
    }
    this.#refuseIfClosed();
    const forever = new Future<never>(this._loop, this);
    this.#forever = forever;
    try {
      if (!this.isServing()) yield* this.#startServing();
      return yield* forever;
    } catch (error) {
      if (isCancelled(error)) {
        // Clients who wait for each other or for the next request would not leave by themselves. But
        // who called close() has left it to them.
        if (this.#closed) yield* this.#waitClosed();
        else {
          this.closeClients();
          yield* this.#shutdown(GRACE);
        }
      }
      throw error;
    } finally {
      this.#forever = null;
    }
  }

  *#waitClosed(): Coroutine<void> {
    if (this.#isOver) return;
    const waiter = new Future<void>(this._loop, `the clients of ${this}`);
    this.#leaving.add(waiter);
    try {
      yield* waiter;
    } finally {
      this.#leaving.delete(waiter);
    }
  }

  *#shutdown(grace: number): Coroutine<number> {
    this.close();
    yield* moveOnAfter(grace, () => this.#waitClosed());
    const cut = this.#clients.size;
    this.abortClients();
    yield* this.#waitClosed();
    return cut;
  }

  #refuseIfClosed(): void {
    if (this.#closed)
      throw new RuntimeError("the server is closed: start another by startServer()");
  }
}
