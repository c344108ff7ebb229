import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { startExample } from "./start-program.ts";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "heddle-hash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder that takes some seconds: many small files, and large ones that are holes on the disk. */
function newLargeFolder(): string {
  const folder = newFolder();
  for (let n = 0; n < 1000; n++) writeFileSync(join(folder, `small-${n}`), `${n}`);
  for (let n = 0; n < 64; n++) {
    writeFileSync(join(folder, `large-${n}`), "");
    truncateSync(join(folder, `large-${n}`), 128 * 1024 * 1024);
  }
  return folder;
}

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");

describe("hash-files", () => {
  it("hashes every file below a folder", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "b/.git"), { recursive: true });
    mkdirSync(join(folder, "empty"));
    const files: [string, Buffer][] = [
      ["a.txt", Buffer.from("a")],
      ["b/.git/c", Buffer.alloc(600_000, "c")],
      ["b/none", Buffer.alloc(0)],
    ];
    for (const [path, data] of files) writeFileSync(join(folder, path), data);
    // A link into its own folder would never end.
    symlinkSync(folder, join(folder, "b/loop"));

    const { status, stdout, stderr } = await startExample("hash-files", folder).ended;
    expect(stderr).toBe("");
    const lines = files.map(([path, data]) => `${sha256(data)}  ./${path}\n`).join("");
    expect(stdout).toContain(`digest of all: ${sha256(lines)}\n`);
    expect(stdout).toContain("done: 3 files\n0.6 MB in ");
    expect(stdout).toContain("files still open: 0\ncould not be read: 0\n");
    expect(status).toBe(0);
  });

  it("goes on when a file cannot be read, and lists it", async ({ skip }) => {
    const folder = newFolder();
    writeFileSync(join(folder, "fine"), "fine");
    try {
      // Node reads this name as other bytes than it has, so the file cannot be found by it.
      writeFileSync(Buffer.from(`${folder}/odd-\xff\x1b`, "latin1"), "");
    } catch {
      skip("this file system has no names that are not UTF-8");
    }
    const { status, stdout } = await startExample("hash-files", folder).ended;
    expect(stdout).toContain("done: 1 files\n");
    expect(stdout).toContain("could not be read: 1\n  ENOENT: no such file or directory, open ");
    expect(stdout).not.toContain("\x1b");
    expect(status).toBe(0);
  });

  it("ends cleanly at Ctrl-C", async () => {
    const program = startExample("hash-files", newLargeFolder());
    await program.printed("hashing ");
    await pause(300); // let it come somewhere
    program.interrupt();
    const { status, stdout, stderr } = await program.ended;
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^hashing .*\ninterrupted: \d+ files\n[\d.]+ MB in [\d.]+ s\n/);
    expect(stdout).toContain("files still open: 0\ncould not be read: 0\n");
    expect(stdout).not.toContain("digest");
    expect(status).toBe(130);
  });

  it("says in one line what is wrong with a folder", async () => {
    const missing = await startExample("hash-files", "there/is/none").ended;
    expect(missing.stderr).toMatch(/^not a folder: ENOENT.*there\/is\/none'\n$/);
    expect(missing.status).toBe(2);
    const file = await startExample("hash-files", "package.json").ended;
    expect(file.stderr).toMatch(/^not a folder: .*package\.json\n$/);
    expect(file.status).toBe(2);
  });
});
