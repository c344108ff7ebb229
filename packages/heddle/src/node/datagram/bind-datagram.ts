import type { Coroutine } from "../../coroutine/types.ts";
import type { DatagramOptions, DatagramWire } from "../../stream/network.ts";
export function* bindDatagram(_options: DatagramOptions): Coroutine<DatagramWire> {
  throw new Error("to come");
}
