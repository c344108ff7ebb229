/*
 * A connection of any network as a Duplex of Node, for its TLS engine to run on: memory under TLS.
 *
 *   TLSSocket  <- engine ->  WireDuplex  <- Protocol, Transport ->  the network
 *
 * On a virtual clock two things must not be confused. What the engine does in Node's own turns (it answers
 * some turns of `setImmediate` after it was fed) takes no virtual time: time stands still from each byte that
 * goes in or out until the engine has settled. But a connection on which nothing happens waits for the simulated
 * network, and must let time go on.
 */
import { Duplex } from "node:stream";
import type { Connection } from "../../stream/connection.ts";
import type { StreamingProtocol, Wire } from "../../stream/network.ts";
import { Protocol } from "../../stream/protocol.ts";
import type { Transport } from "../../stream/transport.ts";
import type { EventLoop } from "../../task/event-loop.ts";

/** Turns of Node's loop after which the engine has done all that it was fed for: it takes two at most. */
const SETTLED = 4;

/** The methods of a transport as they were: `startTls` takes them from those who have it. */
type Lower = Pick<
  Transport,
  "write" | "writeEof" | "canWriteEof" | "pauseReading" | "resumeReading" | "close" | "abort"
>;

export class WireDuplex extends Duplex {
  readonly #loop: EventLoop;
  readonly #lower: Lower;
  readonly transport: Transport;
  #lost = false;
  #cut = false;
  #full = false;
  /** A write that waits until the network takes more. */
  #written: (() => void) | null = null;
  /** Turns for which time still stands. */
  #turns = 0;

  /** Over a wire that nobody listens to yet. */
  static open(wire: Wire, loop: EventLoop): WireDuplex {
    return new WireDuplex(loop, (below) =>
      wire.open(below, { loop, owner: null, frame: null, server: null, idleTimeout: null }),
    );
  }

  /** Over an open connection, from now on. */
  static take(transport: Connection, loop: EventLoop): WireDuplex {
    return new WireDuplex(loop, (below) => {
      transport.lend(below);
      return transport;
    });
  }

  private constructor(loop: EventLoop, connect: (below: StreamingProtocol) => Transport) {
    super({ allowHalfOpen: true });
    this.#loop = loop;
    const transport = connect(new Below(this));
    this.transport = transport;
    this.#lower = {
      write: transport.write.bind(transport),
      writeEof: transport.writeEof.bind(transport),
      canWriteEof: transport.canWriteEof.bind(transport),
      pauseReading: transport.pauseReading.bind(transport),
      resumeReading: transport.resumeReading.bind(transport),
      close: transport.close.bind(transport),
      abort: transport.abort.bind(transport),
    };
  }

  /** Close at once; what is buffered is lost. */
  cut(): void {
    this.#cut = true;
    this.destroy();
  }

  // ---- what the network tells

  came(data: Uint8Array): void {
    this.hold();
    if (!this.push(data)) this.#lower.pauseReading();
  }

  ended(): void {
    this.hold();
    this.push(null);
  }

  full(full: boolean): void {
    this.#full = full;
    if (full) return;
    this.hold();
    this.#taken();
  }

  lost(error: Error | null): void {
    this.hold();
    this.#lost = true;
    this.#taken();
    this.destroy(error ?? undefined);
  }

  #taken(): void {
    const written = this.#written;
    this.#written = null;
    written?.();
  }

  // ---- what the engine does

  override _read(): void {
    if (!this.#lost) this.#lower.resumeReading();
  }

  override _write(chunk: Uint8Array, _encoding: string, written: () => void): void {
    this.hold();
    if (!this.#lost) this.#lower.write(chunk);
    if (this.#full && !this.#lost) this.#written = written;
    else written();
  }

  override _final(done: () => void): void {
    this.hold();
    if (!this.#lost && this.#lower.canWriteEof()) this.#lower.writeEof();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.hold();
    if (!this.#lost) {
      if (this.#cut || !this.writableFinished) this.#lower.abort();
      else this.#lower.close();
    }
    done(error);
  }

  // ---- virtual time

  /** Something was set going: let time stand until the engine is done with it. */
  hold(): void {
    const { traffic } = this.#loop;
    if (traffic === null) return;
    const held = this.#turns > 0;
    this.#turns = SETTLED;
    if (held) return;
    traffic.outward.add(this);
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    if (--this.#turns > 0) setImmediate(this.#turn);
    else if (this.#loop.isClosed()) this.#letGo();
    else this.#loop.react(this.#letGo, undefined);
  };

  readonly #letGo = (): void => {
    this.#loop.traffic?.outward.remove(this);
  };
}

/** What listens to the network. */
class Below extends Protocol {
  readonly #above: WireDuplex;

  constructor(above: WireDuplex) {
    super();
    this.#above = above;
  }

  override dataReceived(data: Uint8Array): void {
    this.#above.came(data);
  }

  override eofReceived(): boolean {
    this.#above.ended();
    return true;
  }

  override pauseWriting(): void {
    this.#above.full(true);
  }

  override resumeWriting(): void {
    this.#above.full(false);
  }

  override connectionLost(error: Error | null): void {
    this.#above.lost(error);
  }
}
