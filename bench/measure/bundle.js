// The size of what a program adds to a web page: bundled and minified by esbuild, gzipped, in bytes.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { print } from "./measure.js";

export async function measureBundle(program) {
  const start = performance.now();
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["node:*"],
    write: false,
    logLevel: "error",
  });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  print(1, performance.now() - start, { bytes });
}
