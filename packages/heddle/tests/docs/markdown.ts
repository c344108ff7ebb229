// What the tests of the documents need to know of Markdown: fenced blocks and links.

export interface Block {
  /** What stands behind the opening fence: `ts`, `ts no-run`, `text` … */
  info: string;
  code: string;
  /** Line of the opening fence, from 1. */
  line: number;
  /** The line above the opening fence. */
  above: string;
  /** The block that follows with nothing but empty lines between. */
  next: Block | undefined;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  let isAdjacent = false;
  for (let at = 0; at < lines.length; at++) {
    const opening = /^(`{3,}|~{3,})\s*(.*)$/.exec(lines[at]!);
    if (opening === null) {
      if (lines[at]!.trim() !== "") isAdjacent = false;
      continue;
    }
    const [, fence = "", info = ""] = opening;
    let end = at + 1;
    while (end < lines.length && lines[end]!.trimEnd() !== fence) end++;
    const block: Block = {
      info: info.trim(),
      code: lines.slice(at + 1, end).join("\n"),
      line: at + 1,
      above: lines[at - 1]?.trim() ?? "",
      next: undefined,
    };
    const before = blocks.at(-1);
    if (isAdjacent && before !== undefined) before.next = block;
    blocks.push(block);
    isAdjacent = true;
    at = end;
  }
  return blocks;
}

/** Targets of the links outside of blocks that lead to files: without anchors, images included. */
export function fileLinksOf(markdown: string): string[] {
  const prose = markdown.replace(/^(`{3,}|~{3,})[\s\S]*?^\1\s*$/gm, "").replace(/`[^`\n]*`/g, "");
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
    .filter((target) => !/^(?:[a-z]+:|#)/i.test(target))
    .map((target) => target.replace(/#.*$/, ""));
}
