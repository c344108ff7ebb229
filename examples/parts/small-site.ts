// A web site on a local port, for crawler.ts: five pages, one that fails, one that never answers.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Coroutine, fromPromise } from "heddle";

const pages: Record<string, string[]> = {
  "/": ["/warp", "/weft", "/broken"],
  "/warp": ["/", "/heddle", "/silent"],
  "/weft": ["/", "/heddle", "/nowhere"],
  "/heddle": ["/warp", "/weft", "/shuttle"],
  "/shuttle": ["/"],
};

export interface Site {
  url: string;
  /** How many requests the busiest moment had. */
  busiest(): number;
  close(): Coroutine<void>;
}

export function* startSite(): Coroutine<Site> {
  let [now, most] = [0, 0];
  const server = createServer((request, response) => {
    most = Math.max(most, ++now);
    response.on("close", () => now--);
    const path = request.url ?? "/";
    if (path === "/silent") return;
    const links = pages[path];
    if (links === undefined) response.statusCode = path === "/broken" ? 500 : 404;
    const body = (links ?? []).map((link) => `<a href="${link}">${link}</a>`).join("\n");
    setTimeout(() => response.end(body), 30);
  });
  yield* fromPromise(
    new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(0, "127.0.0.1", resolve);
    }),
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    busiest: () => most,
    *close() {
      server.closeAllConnections();
      yield* fromPromise(new Promise((resolve) => server.close(resolve)));
    },
  };
}
