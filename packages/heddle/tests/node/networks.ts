import type { Socket } from "node:net";
import { type Runnable, run, type StreamWriter, type Transport } from "heddle";
import { runVirtual, SimulatedNetwork } from "heddle/testing";

/** The networks that tests of `heddle/node` run on, and how a program is run on each. */
export const networks: readonly {
  name: string;
  /** Nothing real takes part: time is virtual, and there are no `net.Socket`s. */
  simulated: boolean;
  /** A run of `main` on that network. */
  run: <T>(main: Runnable<T>) => Promise<T>;
}[] = [
  { name: "on the system's network", simulated: false, run: (main) => run(main) },
  {
    name: "on the simulated network",
    simulated: true,
    run: (main) => runVirtual(main, { network: new SimulatedNetwork() }),
  },
];

/** Break the connection of this writer: the other side is told so (RST). */
export function reset(writer: StreamWriter): void {
  const socket = writer.getExtraInfo("socket") as Socket | undefined;
  if (socket === undefined) (writer.transport as Transport & { reset(): void }).reset();
  else socket.resetAndDestroy();
}
