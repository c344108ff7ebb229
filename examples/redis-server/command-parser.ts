// Commands out of bytes, however the network has cut them. A client sends arrays of strings,
//
//   *2\r\n$3\r\nGET\r\n$4\r\nname\r\n
//
// or, typed by a person into nc, a line: `GET name\r\n`. Redis's strings are bytes. Here each byte is
// one character of a JavaScript string (latin1): V8 keeps it in one byte, and maps are fast with it.

/** The client does not speak Redis's protocol. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

export const MAX_ARGUMENTS = 1024 * 1024;
/** Bytes of one argument. */
export const MAX_BULK = 128 * 1024 * 1024;
/** Bytes of one command with all its arguments. */
export const MAX_COMMAND = 256 * 1024 * 1024;
/** Bytes of a line: of an inline command, or of a number. */
const MAX_LINE = 64 * 1024;

const CR = 13;
const LF = 10;
const MINUS = 45;
const ZERO = 48;
const STAR = 42;
const DOLLAR = 36;

const INCOMPLETE = -2;

/**
 * Most arguments are short. They are cut out of the chunk's text, which is made once, since each toString
 * of a Buffer is a call into C++ (a quarter more requests of redis-benchmark -t mset -P 16). V8's slice
 * copies so many characters; a longer one would keep the text of the whole chunk in memory.
 */
const SHORT = 12;

const NOTHING = Buffer.alloc(0);

export class CommandParser {
  #chunk: Buffer = NOTHING;
  /** The chunk as text, once it is needed. */
  #text: string | null = null;
  #at = 0;
  #args: string[] = [];
  /** How many arguments of the command are still to come. */
  #missing = 0;
  #size = 0;
  /** The length of the next argument, once it is known; else -1. */
  #length = -1;
  /** What has come of an argument that spans several chunks. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;

  /** More bytes. To be called when `next` has given null. */
  feed(bytes: Uint8Array): void {
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
    const rest = this.#chunk.length - this.#at; // less than a line
    this.#chunk = rest === 0 ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk]);
    this.#text = null;
    this.#at = 0;
  }

  /** The next command, its name first; null if more bytes are needed for that. */
  next(): string[] | null {
    while (this.#missing === 0) {
      if (this.#at === this.#chunk.length) return null;
      if (this.#chunk[this.#at] !== STAR) {
        const words = this.#inline();
        if (words === null || words.length > 0) return words;
        continue;
      }
      const count = this.#number("multibulk length", "mbulk count");
      if (count === INCOMPLETE) return null;
      if (count > MAX_ARGUMENTS) throw new ProtocolError("invalid multibulk length");
      this.#missing = Math.max(count, 0);
      this.#args = [];
      this.#size = 0;
    }
    while (this.#missing > 0) {
      if (this.#length < 0 && !this.#header()) return null;
      const argument = this.#bulk();
      if (argument === null) return null;
      this.#args.push(argument);
      this.#missing--;
    }
    return this.#args;
  }

  /** `$3\r\n` */
  #header(): boolean {
    if (this.#at === this.#chunk.length) return false;
    const byte = this.#chunk[this.#at]!;
    if (byte !== DOLLAR) {
      throw new ProtocolError(`expected '$', got '${String.fromCharCode(byte)}'`);
    }
    const length = this.#number("bulk length", "bulk count");
    if (length === INCOMPLETE) return false;
    this.#size += length;
    if (length < 0 || length > MAX_BULK || this.#size > MAX_COMMAND) {
      throw new ProtocolError("invalid bulk length");
    }
    this.#length = length;
    return true;
  }

  #bulk(): string | null {
    const length = this.#length;
    const start = this.#at;
    const chunk = this.#chunk;
    const end = start + length - this.#pieceBytes;
    if (end + 2 <= chunk.length) {
      this.#at = end + 2;
      this.#length = -1;
      if (this.#pieceBytes > 0) return this.#join(start, end);
      if (length > SHORT) return chunk.toString("latin1", start, end);
      this.#text ??= chunk.toString("latin1");
      return this.#text.slice(start, end);
    }
    // Whole arguments only are cut out of a chunk; of this one, keep what there is.
    const stop = Math.min(end, chunk.length);
    if (stop > start) this.#pieces.push(chunk.subarray(start, stop));
    this.#pieceBytes += stop - start;
    this.#at = stop;
    return null;
  }

  #join(start: number, end: number): string {
    const all = Buffer.concat([...this.#pieces, this.#chunk.subarray(start, end)]);
    this.#pieces = [];
    this.#pieceBytes = 0;
    return all.toString("latin1");
  }

  /** The number between the byte here and the end of the line. All negative numbers count as -1. */
  #number(what: string, line: string): number {
    const chunk = this.#chunk;
    let at = this.#at + 1;
    const negative = chunk[at] === MINUS;
    if (negative) at++;
    const first = at;
    let number = 0;
    while (at < chunk.length) {
      const digit = chunk[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
      at++;
    }
    if (at - this.#at > MAX_LINE) throw new ProtocolError(`too big ${line} string`);
    if (at >= chunk.length) return INCOMPLETE;
    if (chunk[at] !== CR || at === first) throw new ProtocolError(`invalid ${what}`);
    if (at + 1 >= chunk.length) return INCOMPLETE;
    this.#at = at + 2;
    return negative ? -1 : number;
  }

  #inline(): string[] | null {
    const end = this.#chunk.indexOf(LF, this.#at);
    if ((end < 0 ? this.#chunk.length : end) - this.#at > MAX_LINE) {
      throw new ProtocolError("too big inline request");
    }
    if (end < 0) return null;
    const line = this.#chunk.toString("latin1", this.#at, end);
    this.#at = end + 1;
    return splitWords(line);
  }
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

/** Words, as a shell would see them: "a \"quoted\" word\n", 'another', \x41. */
function splitWords(line: string): string[] {
  const words: string[] = [];
  const word = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"']\S*))(?=\s|$)/sy;
  while (word.lastIndex < line.length) {
    const from = word.lastIndex;
    const found = word.exec(line);
    if (found === null) {
      if (line.slice(from).trim() === "") break;
      throw new ProtocolError("unbalanced quotes in request");
    }
    const [, double, single, plain] = found;
    words.push(plain ?? single?.replaceAll("\\'", "'") ?? unquote(double!));
  }
  return words;
}

function unquote(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (_, hex?: string, letter = "") =>
    hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(parseInt(hex, 16)),
  );
}
