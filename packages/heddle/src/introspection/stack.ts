/*
 * Native stacks, read: V8's and JavaScriptCore's in Bun ("at name (file:line:column)"), Firefox's and
 * Safari's ("name@file:line:column").
 *
 * While a coroutine runs, everything that it has called by `yield*` stands on the native stack; the engine
 * keeps the chain. Frames of heddle itself are left out: they are the same in every stack. In a bundle, where
 * heddle shares a file with the program, they cannot be told from others and stay.
 */
import { type CodePlace, pathOf } from "../loop/code-place.ts";

/** Engines give 10 frames if they are not asked for more. On V8 a coroutine takes two. */
const MOST_FRAMES = 200;

/** An error with more frames than errors have. Its stack is dear only when it is read. */
export function traceHere(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = MOST_FRAMES;
  const trace = new Error();
  Error.stackTraceLimit = limit;
  return trace;
}

/** The program's own frames, the innermost first, down to where heddle stepped the task. */
export function framesOf(error: unknown): CodePlace[] {
  const frames: CodePlace[] = [];
  for (const frame of parse(error)) {
    // A task with an async context of the program's is stepped through the platform's own function.
    if (/\brunInAsyncScope$/.test(frame.functionName)) continue;
    if (!isOwn(frame)) frames.push(frame);
    else if (/\bstep$/.test(frame.functionName)) break;
  }
  return frames;
}

function* parse(error: unknown): Generator<CodePlace> {
  const { stack, message } = Object(error) as Partial<Error>;
  if (typeof stack !== "string") return;
  for (const line of belowMessage(stack, String(message)).split("\n")) {
    const found =
      /^ *at (?:async )?(?:(.*?) \()?(.*):(\d+):(\d+)\)?$/.exec(line) ??
      /^(?:async\*)?(.*?)@(.*):(\d+):(\d+)$/.exec(line);
    if (found === null) continue;
    const [, name, file = "", row, column] = found;
    yield {
      functionName: name === undefined || /^(<anonymous>)?$/.test(name) ? "(anonymous)" : name,
      file: pathOf(file),
      line: Number(row),
      column: Number(column),
    };
  }
}

/** The message comes first, and may have lines that look like frames. */
function belowMessage(stack: string, message: string): string {
  const at = stack.indexOf(message);
  return at < 0 ? stack : stack.slice(at + message.length);
}

let ownFolder: string | null | undefined;

/** Is this a frame of heddle? */
export function isOwn({ file }: CodePlace): boolean {
  if (ownFolder === undefined) {
    const [here] = parse(new Error());
    ownFolder = /^(.*[\\/])introspection[\\/]stack\.[jt]s$/.exec(here?.file ?? "")?.[1] ?? null;
  }
  return ownFolder !== null && file.startsWith(ownFolder);
}
