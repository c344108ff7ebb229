// What is still to be sent to a client, in its dialect: RESP2, or RESP3 after `HELLO 3`. Answers to all
// commands of a chunk are gathered here and sent by one write.

/** An error that the client gets as its answer, in Redis's words. */
export class ReplyError extends Error {
  override name = "ReplyError";
}

/** Bytes of answers that may be gathered for a client, and one string more. */
export const MAX_REPLIES = 64 * 1024 * 1024;

export class Replies {
  /** Each character is a byte. */
  text = "";
  protocol: 2 | 3 = 2;
  /** There was too much to say: strings are missing, and the client is to be disconnected. */
  full = false;

  simple(text: string): void {
    this.text += `+${text}\r\n`;
  }

  ok(): void {
    this.text += "+OK\r\n";
  }

  /** `message` begins with a word in capitals: ERR, WRONGTYPE … */
  error(message: string): void {
    this.text += `-${message.replace(/[\r\n]/g, " ")}\r\n`;
  }

  integer(value: number | bigint): void {
    this.text += `:${value}\r\n`;
  }

  bulk(value: string): void {
    this.full ||= this.text.length > MAX_REPLIES;
    if (this.full) return;
    this.text += `$${value.length}\r\n${value}\r\n`;
  }

  /** There is no such string. */
  nil(): void {
    this.text += this.protocol === 3 ? "_\r\n" : "$-1\r\n";
  }

  /** There is no such array. */
  nilArray(): void {
    this.text += this.protocol === 3 ? "_\r\n" : "*-1\r\n";
  }

  bulkOrNil(value: string | undefined): void {
    if (value === undefined) this.nil();
    else this.bulk(value);
  }

  /** The head of an array: `length` replies are to follow. */
  array(length: number): void {
    this.text += `*${length}\r\n`;
  }

  bulks(values: readonly string[]): void {
    this.array(values.length);
    for (const value of values) this.bulk(value);
  }

  /** Pairs of a map, whose head has been sent. */
  pairs(...pairs: (readonly [string, string])[]): void {
    for (const [name, value] of pairs) {
      this.bulk(name);
      this.bulk(value);
    }
  }

  /** The head of a map: `size` pairs of replies are to follow. RESP2 has none, and gets an array. */
  map(size: number): void {
    this.text += this.protocol === 3 ? `%${size}\r\n` : `*${size * 2}\r\n`;
  }

  /** Text for people. */
  verbatim(text: string): void {
    if (this.protocol === 3) this.text += `=${text.length + 4}\r\ntxt:${text}\r\n`;
    else this.bulk(text);
  }

  /** The head of a message that answers no command. */
  push(length: number): void {
    this.text += `${this.protocol === 3 ? ">" : "*"}${length}\r\n`;
  }
}
