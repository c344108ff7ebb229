// The page of a directory that has no index.html.
import { readdir } from "node:fs/promises";
import { type Coroutine, fromPromise } from "heddle";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (char) => escapes[char]!);

export function* listing(path: string, names: readonly string[]): Coroutine<Buffer> {
  const entries = yield* fromPromise(readdir(path, { withFileTypes: true }));
  const shown = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  if (names.length > 0) shown.push("../");
  const items = shown.sort().map((name) => {
    const slash = name.endsWith("/") ? "/" : "";
    const href = encodeURIComponent(slash === "" ? name : name.slice(0, -1)) + slash;
    return `<li><a href="${href}">${escapeHtml(name)}</a></li>\n`;
  });
  const title = escapeHtml(`/${names.join("/")}`);
  return Buffer.from(
    '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n' +
      `<title>${title}</title>\n<h1>${title}</h1>\n<ul>\n${items.join("")}</ul>\n</html>\n`,
  );
}
