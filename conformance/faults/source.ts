/** heddle's sources with one fault planted, bundled with the interpreter. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Fault } from "./faults.ts";

const sources = fileURLToPath(new URL("../../packages/heddle/src/", import.meta.url));

/** The fault's text is not there, or not once: the fault must be written anew. */
export class StaleFault extends Error {
  override name = "StaleFault";
}

/** The text of the fault's file with the fault in it. Throws StaleFault. */
export function planted({ name, file, find, replace }: Fault): string {
  const text = readFileSync(join(sources, file), "utf8");
  const escaped = find.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
  const parts = text.split(new RegExp(escaped));
  if (parts.length === 2) return parts.join(replace);
  throw new StaleFault(
    `fault ${name}: its text occurs ${parts.length - 1} times in ${file}, and must occur once: ` +
      JSON.stringify(find),
  );
}

/** Writes a module that exports `traceOf`, over heddle with the fault (or without any). */
export async function bundle(outfile: string, fault?: Fault): Promise<void> {
  const plant: Plugin = {
    name: "plant",
    setup(to) {
      if (fault === undefined) return;
      const contents = planted(fault);
      const path = join(sources, fault.file);
      to.onLoad({ filter: /\.ts$/ }, (file) =>
        file.path === path ? { contents, loader: "ts" } : undefined,
      );
    },
  };
  await build({
    entryPoints: [fileURLToPath(new URL("../trace.ts", import.meta.url))],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    logLevel: "silent",
    alias: {
      heddle: join(sources, "index.ts"),
      "heddle/testing": join(sources, "testing/index.ts"),
    },
    plugins: [plant],
  });
}
