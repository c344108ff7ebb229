// Names that are answered here: `--host name=address`, or the lines of a hosts file.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { A, AAAA } from "./message.ts";

export class Hosts {
  readonly #addresses = new Map<string, { type: number; bytes: Uint8Array }[]>();

  add(name: string, address: string): void {
    const family = isIP(address);
    if (family === 0 || address.includes("%")) throw new Error(`"${address}" is no IP address`);
    const key = name.toLowerCase().replace(/\.$/, "");
    const list = this.#addresses.get(key) ?? [];
    const type = family === 4 ? A : AAAA;
    list.push({ type, bytes: family === 4 ? four(address) : six(address) });
    this.#addresses.set(key, list);
  }

  /** As /etc/hosts: an address, then its names; # begins a comment. */
  addFile(path: string): void {
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const [address, ...names] = (line.split("#")[0] ?? "").split(/\s+/).filter(Boolean);
      // One with a zone ("fe80::1%eth0") is for this machine alone.
      if (address?.includes("%") === false) for (const name of names) this.add(name, address);
    }
  }

  /** The addresses of that type, as bytes; null for a name that is not known here. */
  find(name: string, type: number): Uint8Array[] | null {
    const all = this.#addresses.get(name);
    if (all === undefined) return null;
    return all.filter((each) => each.type === type).map(({ bytes }) => bytes);
  }
}

function four(address: string): Uint8Array {
  return Uint8Array.from(address.split("."), Number);
}

function six(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  // The URL parser writes every address in the same way: no dots, "::" at most once.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const before = groups(head);
  const after = groups(tail ?? "");
  const all = [...before, ...Array(8 - before.length - after.length).fill("0"), ...after];
  all.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes.set([value >> 8, value & 255], 2 * i);
  });
  return bytes;
}
