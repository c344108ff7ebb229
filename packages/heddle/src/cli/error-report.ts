/*
 * What stderr shows of an error that ended the program: the error, and where in the program it was.
 *
 *   RangeError: 7 is odd
 *       at halve (…/numbers.ts:3:24)          the coroutine's frames, innermost first: `yield*`
 *       at main (…/numbers.ts:9:14)           keeps a real chain of calls
 *     caused by: Error: …                     causes and a group's members, indented, with frames of
 *         at read (…/numbers.ts:5:11)         their own
 *
 * Below an error's own frames stand those of the coroutines that waited for it, if it came from another
 * task or from Node (raised-places.ts).
 *
 * Left out are frames of heddle, of Node, of the TypeScript loader, and of `next` and `throw` that
 * the engine shows between two coroutines. Debug mode leaves nothing out.
 *
 * The stack is read as text: it is what source maps have been applied to, and what a program that
 * wrote its own `stack` wants to be seen.
 */
import { fileURLToPath } from "node:url";
import { inspect, types } from "node:util";
import { stacksOfRaised } from "./raised-places.ts";

const packageRoot = fileURLToPath(new URL("../../", import.meta.url));
const ownFolders = ["dist", "src", "bin"].map((folder) => `${packageRoot}${folder}`);
const machinery = /[\\/]node_modules[\\/](?:heddle|@heddle[\\/][^\\/]+|tsx|esbuild)[\\/]/;
const frameLine = /^ {4,}at /;
const resumption = /\.(?:next|throw|return) \(<anonymous>\)$/;

/** The report of an error, without a line feed at its end. `whole`: with every frame. */
export function reportError(error: unknown, whole: boolean): string {
  return describe(error, whole, new Set()).join("\n");
}

/** Does the stack of this error begin in the program, or in anything else that is not machinery? */
export function hasProgramFrames(error: unknown): boolean {
  return isError(error) && splitStack(error).frames.some(isOfProgram);
}

function describe(error: unknown, whole: boolean, above: Set<unknown>): string[] {
  if (!isError(error)) return [`thrown, and no Error: ${inspect(error)}`];
  if (above.has(error)) return [`${error.name}: see above`];
  above.add(error);
  if (error.name === "DeadlockError" && !whole) return error.message.split("\n");

  const { head, frames } = splitStack(error);
  const raised = new Set<string>();
  for (const stack of stacksOfRaised(error)) raised.add(framesIn(stack).join("\n"));
  for (const stack of raised) frames.push(...framesIn(stack));
  const lines = [...head, ...(whole ? frames : frames.filter(isOfProgram)).map(withPath)];
  const members = (error as Partial<AggregateError>).errors;
  if (Array.isArray(members)) {
    for (const [index, member] of members.entries()) {
      const inner = describe(member, whole, above);
      lines.push(...indent(`error ${index + 1} of ${members.length}: `, inner));
    }
  }
  // What `using` makes of two errors: that of the disposal, and that of the block.
  if (error.name === "SuppressedError" && "suppressed" in error) {
    const { error: last, suppressed } = error as Error & { error?: unknown; suppressed?: unknown };
    lines.push(...indent("error: ", describe(last, whole, above)));
    lines.push(...indent("suppressed by it: ", describe(suppressed, whole, above)));
  }
  if (error.cause !== undefined) {
    lines.push(...indent("caused by: ", describe(error.cause, whole, above)));
  }
  return lines;
}

/** An Error of any realm. */
function isError(error: unknown): error is Error {
  return error instanceof Error || types.isNativeError(error);
}

function indent(label: string, lines: string[]): string[] {
  return lines.map((line, index) => (index === 0 ? `  ${label}${line}` : `  ${line}`));
}

/**
 * What is said (several lines, if the message has them), and the frames. The message is looked for
 * in the stack, because it may have lines like frames, and since Node writes more into the stack than
 * name and message: a code, or the source line of a syntax error. One that was changed after the
 * stack was taken is not found there, and shown all the same.
 */
function splitStack(error: Error): { head: string[]; frames: string[] } {
  const stack = typeof error.stack === "string" ? error.stack : "";
  const ending = `: ${error.message}`;
  const found = error.message === "" ? -1 : stack.indexOf(ending);
  const end = found + ending.length;
  const title = error.message === "" ? error.name : `${error.name}${ending}`;
  const head = found < 0 ? title : stack.slice(0, end);
  const frames = framesIn(found < 0 ? stack : stack.slice(end));
  return { head: head.split("\n"), frames };
}

function framesIn(stack: string): string[] {
  return stack.split("\n").filter((line) => frameLine.test(line));
}

function isOfProgram(frame: string): boolean {
  if (resumption.test(frame)) return false;
  const place = placeOf(frame);
  return (
    !place.startsWith("node:") &&
    !machinery.test(place) &&
    !ownFolders.some((folder) => place.startsWith(folder))
  );
}

/** `file:3:9` of `    at main (file:///file:3:9)`. */
function placeOf(frame: string): string {
  const inBrackets = /\(([^()]*)\)$/.exec(frame)?.[1];
  return toPath(inBrackets ?? frame.replace(frameLine, "").replace(/^async /, ""));
}

function withPath(frame: string): string {
  return frame.replace(/file:\/\/[^\s)]+/, toPath);
}

function toPath(place: string): string {
  return place.startsWith("file:") ? fileURLToPath(place) : place;
}
