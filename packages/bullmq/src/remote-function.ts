import { RuntimeError } from "heddle";
import type { RemoteFunction } from "./options.ts";

/**
 * A function that is called by name where its code is not at hand: `remoteFunction<typeof resize>("resize")`
 * can be given to `submit`. Calling it throws RuntimeError.
 */
export function remoteFunction<F extends RemoteFunction>(name: string): F {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`remoteFunction() needs the function's name, got ${String(name)}`);
  }
  const stub: RemoteFunction = () => {
    throw new RuntimeError(
      `${name}() is a remote function: it runs where it is served. remote.submit(${name}, …) calls it`,
    );
  };
  Object.defineProperty(stub, "name", { value: name });
  // Only its type is of interest: whatever F takes and returns, the stub throws.
  return stub as F;
}
