import { type Runnable, run } from "heddle";

/** The networks that tests of `heddle/node` run on, and how a program is run on each. */
export const networks: readonly {
  name: string;
  /** A run of `main` on that network. */
  run: <T>(main: Runnable<T>) => Promise<T>;
}[] = [{ name: "on the system's network", run: (main) => run(main) }];
