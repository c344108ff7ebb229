// What the terminal at the other end of stdout can show.

const DEFAULT_WIDTH = 100;

export interface Terminal {
  width: number;
  paint: (style: Style, text: string) => string;
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };

export type Style = keyof typeof codes;

/** No colours where stdout is no terminal, cannot show them, or NO_COLOR is set. */
export function terminalOf(stdout: NodeJS.WriteStream): Terminal {
  const { NO_COLOR } = process.env;
  const isQuiet = NO_COLOR !== undefined && NO_COLOR !== "";
  const isColoured = stdout.isTTY === true && !isQuiet && stdout.hasColors();
  return {
    width: stdout.columns || DEFAULT_WIDTH,
    paint: isColoured ? (style, text) => `\x1b[${codes[style]}m${text}\x1b[0m` : (_, text) => text,
  };
}
