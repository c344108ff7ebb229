// What the main process knows: which tiles are done, which worker is at which, and what became of those
// whose worker was killed.
import { allTiles, COLUMNS, type RenderedTile, ROWS, TILE, type TileProgress } from "./tile.ts";

const COLOURS = [36, 33, 35];
const RED = 31;

/** What is in the place of a tile that is not done. */
const PENDING = "·";
const LOST = "x";

interface Cell {
  /** Who is at it, or has done it. */
  pid?: number;
  rendered?: RenderedTile;
  rowsDone: number;
  /** It was begun by a worker that is dead. */
  isLost: boolean;
}

const keyOf = ({ column, row }: { column: number; row: number }) => `${column},${row}`;

export class Picture {
  readonly total: number;
  done = 0;
  /** Results that came for a tile that had one. */
  twice = 0;
  readonly #cells: Map<string, Cell>;
  readonly #pids: readonly number[];
  readonly #dead = new Set<number>();
  #killedAt = 0;
  #takenOver = 0;
  /** Milliseconds from the kill until the last tile, so far, of the dead worker was in other hands. */
  takeOver = 0;

  constructor(workers: readonly { pid: number }[]) {
    this.#pids = workers.map(({ pid }) => pid);
    const tiles = allTiles();
    this.total = tiles.length;
    this.#cells = new Map(tiles.map((tile) => [keyOf(tile), { rowsDone: 0, isLost: false }]));
  }

  /** What a worker says by reportProgress; `takenOver`: how many jobs have been, so far. */
  hear(progress: unknown, takenOver: number): void {
    if (takenOver > this.#takenOver && this.#dead.size > 0) {
      this.takeOver = Math.round(performance.now() - this.#killedAt);
    }
    this.#takenOver = takenOver;
    const { pid, rowsDone, ...tile } = progress as TileProgress;
    const cell = this.#cells.get(keyOf(tile));
    // What a dead one has said may come late.
    if (cell === undefined || cell.rendered !== undefined || this.#dead.has(pid)) return;
    Object.assign(cell, { pid, rowsDone, isLost: false });
  }

  add(rendered: RenderedTile): void {
    const cell = this.#cells.get(keyOf(rendered));
    if (cell === undefined) return;
    if (cell.rendered !== undefined) this.twice++;
    else this.done++;
    Object.assign(cell, { rendered, pid: rendered.pid, isLost: false });
  }

  /** The worker that is at most tiles in this moment; undefined if none is at any. */
  busiest(): number | undefined {
    const busy = [...this.#pids].sort((a, b) => this.#begun(b).length - this.#begun(a).length);
    return busy.find((pid) => this.#begun(pid).length > 0);
  }

  #begun(pid: number): Cell[] {
    const cells = [...this.#cells.values()];
    return cells.filter((cell) => cell.pid === pid && cell.rendered === undefined);
  }

  /** This worker is dead, as far as it has said in the middle of these tiles. */
  lose(pid: number): void {
    this.#dead.add(pid);
    this.#killedAt = performance.now();
    for (const cell of this.#begun(pid)) Object.assign(cell, { isLost: true, rowsDone: 0 });
  }

  nameOf(pid: number): string {
    return `worker ${this.#pids.indexOf(pid) + 1}`;
  }

  /** As it is now; in colour each worker has its own. */
  rows(colours: boolean): string[] {
    return Array.from({ length: ROWS }, (_, row) => {
      let text = "";
      for (let column = 0; column < COLUMNS; column += TILE.columns) {
        const cell = this.#cells.get(keyOf({ column, row: row - (row % TILE.rows) }))!;
        text += paint(look(cell, row % TILE.rows), colours ? this.#colourOf(cell) : undefined);
      }
      return text;
    });
  }

  #colourOf({ pid, isLost }: Cell): number | undefined {
    if (isLost) return RED;
    return pid === undefined ? undefined : COLOURS[this.#pids.indexOf(pid) % COLOURS.length];
  }

  /** A line for each worker. */
  legend(colours: boolean): string[] {
    return this.#pids.map((pid, n) => {
      const cells = [...this.#cells.values()];
      const done = cells.filter((cell) => cell.pid === pid && cell.rendered !== undefined).length;
      const begun = this.#begun(pid).length;
      const more = this.#dead.has(pid) ? ", killed" : begun > 0 ? `, at ${begun} more` : "";
      const name = paint(this.nameOf(pid), colours ? COLOURS[n % COLOURS.length] : undefined);
      return `${name}  process ${pid}  ${`${done}`.padStart(3)} tiles${more}`;
    });
  }
}

function look(cell: Cell, row: number): string {
  if (cell.rendered !== undefined) return cell.rendered.rows[row] ?? "";
  if (cell.isLost) return LOST.repeat(TILE.columns);
  const isBegun = cell.pid !== undefined && row <= cell.rowsDone;
  return (isBegun ? "▒" : PENDING).repeat(TILE.columns);
}

function paint(text: string, colour: number | undefined): string {
  return colour === undefined ? text : `\x1b[${colour}m${text}\x1b[0m`;
}
