import { describe, expect, test } from "vitest";
import { moduleFunction, referenceOf } from "../../src/executor/module-function.ts";

test("a stand-in says where the function is, and is named like it", () => {
  const hash = moduleFunction("file:///app/work.js", "hash");
  expect(typeof hash).toBe("function");
  expect(hash.name).toBe("hash");
  expect(referenceOf(hash)).toEqual({ url: "file:///app/work.js", name: "hash" });
  expect(referenceOf(moduleFunction("file:///app/work.js"))?.name).toBe("default");
});

test("no other function has a reference", () => {
  for (const other of [
    () => {},
    class {},
    undefined,
    null,
    "file:///a.js",
    { url: "a", name: "b" },
  ]) {
    expect(referenceOf(other)).toBe(undefined);
  }
});

test("calling a stand-in throws, and says what to do", () => {
  const hash = moduleFunction<(text: string) => number>("file:///app/work.js", "hash");
  expect(() => hash("text")).toThrow(
    new TypeError(
      'moduleFunction(): "hash" of file:///app/work.js was called here, but it is a stand-in: hand ' +
        "it to toThread() or to an executor's submit(), or import the module to call it here",
    ),
  );
  const long = moduleFunction<() => void>(`data:text/javascript,${"x".repeat(5000)}`);
  expect(long).toThrow(/^moduleFunction\(\): "default" of data:text\/javascript,x{100,200}… was/);
});

test.each([
  ["file:///a/b.js", "file:///a/b.js"],
  ["node:crypto", "node:crypto"],
  ["data:text/javascript,export default 1", "data:text/javascript,export default 1"],
  ["https://example.com/a.js?v=1#x", "https://example.com/a.js?v=1#x"],
  ["blob:https://example.com/1234", "blob:https://example.com/1234"],
  ["npm:lodash@4", "npm:lodash@4"],
  ["lodash", "lodash"],
  ["@scope/package/file.js", "@scope/package/file.js"],
  [".hidden-package", ".hidden-package"],
  ["/a/b.js", "file:///a/b.js"],
  ["/with space/50%/#1/a?b.js", "file:///with%20space/50%25/%231/a%3Fb.js"],
  ["/back\\slash.js", "file:///back%5Cslash.js"],
  ["C:\\code\\my work.js", "file:///C:/code/my%20work.js"],
  ["d:/code/work.js", "file:///d:/code/work.js"],
  ["\\\\server\\share\\work.js", "file://server/share/work.js"],
])("%s is found at %s", (given, url) => {
  expect(referenceOf(moduleFunction(given))).toEqual({ url, name: "default" });
});

test("a URL object will do", () => {
  const url = new URL("./work.js?x=a b", "file:///app/");
  expect(referenceOf(moduleFunction(url))?.url).toBe("file:///app/work.js?x=a%20b");
});

describe("refused is", () => {
  test.each(["./work.js", "../work.js", ".\\work.js", "..", "."])("the relative %s", (url) => {
    expect(() => moduleFunction(url)).toThrow(
      new TypeError(
        `moduleFunction(): "${url}" is relative, and nobody knows to what: give ` +
          `import.meta.resolve("${url.replace("\\", "/")}")`,
      ),
    );
  });

  test("what means something in one package alone", () => {
    expect(() => moduleFunction("#work")).toThrow(/give import.meta.resolve\("#work"\)$/);
  });

  test("what is no URL", () => {
    expect(() => moduleFunction("")).toThrow(/expected the URL of a module, got an empty string$/);
    // @ts-expect-error: no URL
    expect(() => moduleFunction(undefined)).toThrow(/expected the URL of a module, got undefined$/);
    expect(() => moduleFunction("https://")).toThrow(
      new TypeError('moduleFunction(): "https://" is no valid URL'),
    );
  });

  test("a name that is none", () => {
    expect(() => moduleFunction("lodash", "")).toThrow(/name of an export, got an empty string$/);
    // @ts-expect-error: no name
    expect(() => moduleFunction("lodash", 1)).toThrow(/name of an export, got number$/);
  });
});
