// What services print, each line with the name of its service, in a colour of its own on a terminal.
const COLOURS = [36, 33, 32, 35, 34, 31];
let next = 0;

export type Say = (line: string) => void;

/** What prints the lines of this service. */
export function printerFor(name: string): Say {
  const colour = COLOURS[next++ % COLOURS.length];
  const label = process.stdout.isTTY ? `\x1b[${colour}m${name}\x1b[0m` : name;
  return (line) => console.log(`${label} | ${line}`);
}
