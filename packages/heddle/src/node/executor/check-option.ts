/*
 * The options that only Node's pools have.
 */

/** An option must be `expected`. */
export function checkOption(
  className: string,
  name: string,
  expected: string,
  isRight: boolean,
): void {
  if (!isRight) throw new TypeError(`new ${className}(): ${name} must be ${expected}`);
}

export const isObject = (value: unknown) => typeof value === "object" && value !== null;

export const areStrings = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((each) => typeof each === "string"));
