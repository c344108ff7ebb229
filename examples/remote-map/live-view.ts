// The picture while it grows, at the bottom of the terminal; a coroutine to be run as a task and
// cancelled. It draws on stderr, and takes itself away at its end. Where stderr is no terminal, or
// too small a one, it prints a line for each quarter.
import { type Coroutine, sleep } from "heddle";
import type { Picture } from "./picture.ts";
import { COLUMNS } from "./tile.ts";

const PAUSE = 80;
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

export class LiveView {
  readonly #picture: Picture;
  /** Lines that are drawn at this moment. */
  #drawn = 0;

  constructor(picture: Picture) {
    this.#picture = picture;
  }

  /** A line above the picture. */
  say(text: string): void {
    this.#erase();
    console.log(text);
  }

  *show(): Coroutine<void> {
    if (!this.#hasRoom()) return yield* this.#tellQuarters();
    process.stderr.write(HIDE_CURSOR);
    try {
      while (true) {
        this.#draw();
        yield* sleep(PAUSE);
      }
    } finally {
      this.#erase();
      process.stderr.write(SHOW_CURSOR);
    }
  }

  #lines(): string[] {
    const { done, total } = this.#picture;
    const legend = this.#picture.legend(true);
    return [...this.#picture.rows(true), ...legend, `${done} of ${total} tiles`];
  }

  #hasRoom(): boolean {
    const { isTTY, rows, columns } = process.stderr;
    return isTTY === true && rows > this.#lines().length && columns > COLUMNS;
  }

  #draw(): void {
    const lines = this.#lines();
    this.#erase();
    process.stderr.write(lines.join("\n"));
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    const up = this.#drawn === 1 ? "" : `\x1b[${this.#drawn - 1}A`;
    process.stderr.write(`\r${up}\x1b[J`);
    this.#drawn = 0;
  }

  *#tellQuarters(): Coroutine<void> {
    const { total } = this.#picture;
    for (let quarter = 1; quarter < 4; quarter++) {
      while (this.#picture.done < (total * quarter) / 4) yield* sleep(PAUSE);
      console.log(`${this.#picture.done} of ${total} tiles`);
    }
  }
}
