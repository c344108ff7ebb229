/** Loaded by the page, which its workers call back: the counter is the page's. */
let counted = 0;

export function count(by: number): number {
  counted += by;
  return counted;
}

export const isPage = (): boolean => "document" in globalThis;

export const refuse = (): never => {
  throw new RangeError("the page refuses");
};
