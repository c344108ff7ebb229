import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { findFiles } from "../../../src/cli/check/find-files.ts";
import { UsageError } from "../../../src/cli/program-file.ts";
import { folderOf } from "./folder.ts";

describe("the files to check", () => {
  const folder = () =>
    folderOf({
      "a.ts": "",
      "b.mts": "",
      "deep/c.tsx": "",
      "deep/er/d.cjs": "",
      "deep/e.jsx": "",
      "types.d.ts": "",
      "style.d.css.ts": "",
      "text.md": "",
      "node_modules/x/index.js": "",
      "deep/node_modules/x/index.js": "",
      "dist/a.js": "",
      ".hidden/a.ts": "",
    });

  it("are those in the folder that have code, and none that others made", () => {
    const path = folder();
    const files = findFiles([path]).map((file) => relative(path, file));
    expect(files.sort()).toEqual(["a.ts", "b.mts", "deep/c.tsx", "deep/e.jsx", "deep/er/d.cjs"]);
  });

  it("are those that are named, wherever they are, once", () => {
    const path = folder();
    const files = findFiles([`${path}/dist/a.js`, `${path}/dist`, `${path}/types.d.ts`]);
    expect(files).toEqual([`${path}/dist/a.js`, `${path}/types.d.ts`]);
  });

  it.each([
    ["is not there", "gone.ts", "no such file: gone.ts"],
    ["has no code", "text.md", /text\.md is neither TypeScript .* nor JavaScript/],
  ])("refuses a file that %s", (_, name, message) => {
    const path = folder();
    expect(() => findFiles([`${path}/${name}`])).toThrow(UsageError);
    const rest = typeof message === "string" ? `no such file: ${path}/${name}` : message;
    expect(() => findFiles([`${path}/${name}`])).toThrow(rest);
  });

  it("refuses a folder without code", () => {
    const path = folderOf({ "readme.md": "", "node_modules/x.js": "" });
    expect(() => findFiles([path])).toThrow(
      `there is no TypeScript and no JavaScript file in ${path}`,
    );
  });
});
