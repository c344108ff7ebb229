// The picture: a part of the Mandelbrot set in characters, cut into tiles. One tile is one job.
import { reportProgress } from "@heddle/bullmq";
import { type Coroutine, sleep } from "heddle";

export const COLUMNS = 72;
export const ROWS = 18;
export const TILE = { columns: 8, rows: 3 };

const CENTRE = { x: -0.65, y: 0 };
const WIDTH = 3.1;
/** Points for each character, in each direction: what makes it work. */
const POINTS = 12;
const ITERATIONS = 15_000;
const SHADES = " .:-=+*%@";

/** Where a tile begins, in characters. */
export interface Tile {
  readonly column: number;
  readonly row: number;
}

export interface RenderedTile extends Tile {
  readonly rows: readonly string[];
  /** The process that did it. */
  readonly pid: number;
}

/** What a worker says of the tile at which it is. */
export interface TileProgress extends Tile {
  readonly rowsDone: number;
  readonly pid: number;
}

export function allTiles(): Tile[] {
  const tiles: Tile[] = [];
  for (let row = 0; row < ROWS; row += TILE.rows) {
    for (let column = 0; column < COLUMNS; column += TILE.columns) tiles.push({ column, row });
  }
  return tiles;
}

/** What the workers do. Between two rows it lets the loop go on, which keeps the worker's lease. */
export function* renderTile(tile: Tile): Coroutine<RenderedTile> {
  const rows: string[] = [];
  const { pid } = process;
  for (let row = 0; row < TILE.rows; row++) {
    const progress: TileProgress = { ...tile, rowsDone: row, pid };
    reportProgress(progress);
    yield* sleep(0);
    rows.push(renderRow(tile.column, tile.row + row));
  }
  return { ...tile, rows, pid };
}

function renderRow(column: number, row: number): string {
  let text = "";
  for (let at = column; at < column + TILE.columns; at++) text += shade(at, row);
  return text;
}

/** A character is twice as high as it is wide. */
function shade(column: number, row: number): string {
  const step = WIDTH / COLUMNS / POINTS;
  let sum = 0;
  for (let i = 0; i < POINTS * POINTS; i++) {
    const x = (column - COLUMNS / 2) * POINTS + (i % POINTS);
    const y = (row - ROWS / 2) * POINTS + Math.floor(i / POINTS);
    sum += Math.log(escapeTime(CENTRE.x + x * step, CENTRE.y + 2 * y * step));
  }
  const share = sum / POINTS ** 2 / Math.log(60);
  return SHADES.charAt(Math.min(SHADES.length - 1, Math.floor(share * SHADES.length)));
}

function escapeTime(x: number, y: number): number {
  let [re, im, n] = [0, 0, 1];
  while (n < ITERATIONS && re * re + im * im < 4) {
    [re, im] = [re * re - im * im + x, 2 * re * im + y];
    n++;
  }
  return n;
}
