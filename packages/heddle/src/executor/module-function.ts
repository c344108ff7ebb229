/*
 * A function that a module exports, by its place.
 *
 * Threads share no functions: what they have in common is the module's file, which each loads for itself.
 * The stand-in is a function, so that an executor's `submit` infers and checks the arguments; what it stands
 * for is kept under a registered symbol, by which another copy of heddle finds it, too.
 */

/** Where a function is exported. */
export interface ModuleReference {
  readonly url: string;
  readonly name: string;
}

const REFERENCE = Symbol.for("heddle.moduleFunction");

const RELATIVE = /^\.{0,2}[\\/]|^\.{1,2}$/;
const SCHEME = /^[a-z][a-z\d+.-]*:/i;
const WINDOWS_PATH = /^[a-z]:[\\/]/i;

/**
 * A stand-in for the function that a module exports as `name`, to be handed to `toThread`, `runInExecutor`
 * or an executor. The worker imports the module when it meets the function for the first time; here
 * nothing is loaded, and calling the stand-in throws TypeError.
 *
 * `url` is a URL ("file:", "node:", "data:", "https:" …), an absolute path of the file system, or the name
 * of a package, which is looked for from where heddle is installed. Where that is not where you are, give
 * `import.meta.resolve("lodash")`. In browsers give `new URL("./work.js", import.meta.url)`, which bundlers
 * understand.
 *
 * Give its type, and the compiler checks the arguments; `import` in a type loads nothing.
 *
 * Throws TypeError for a relative `url`: nobody knows what it is relative to.
 *
 * @example
 * const hash = moduleFunction<typeof import("./work.ts").hash>(import.meta.resolve("./work.ts"), "hash");
 * const digest = yield* toThread(hash, data);
 */
export function moduleFunction<F extends (...args: never[]) => unknown>(
  url: string | URL,
  name?: string,
): F;
export function moduleFunction(url: string | URL, name = "default"): unknown {
  if (typeof name !== "string" || name === "") {
    const got = name === "" ? "an empty string" : typeof name;
    throw new TypeError(`moduleFunction(): expected the name of an export, got ${got}`);
  }
  const reference: ModuleReference = { url: absolute(url), name };
  const standIn = () => {
    throw new TypeError(
      `moduleFunction(): "${name}" of ${shown(reference.url)} was called here, but it is a stand-in: hand ` +
        "it to toThread() or to an executor's submit(), or import the module to call it here",
    );
  };
  Object.defineProperty(standIn, "name", { value: name, configurable: true });
  return Object.defineProperty(standIn, REFERENCE, { value: reference });
}

/** What a stand-in stands for; undefined for any other function. */
export function referenceOf(fn: unknown): ModuleReference | undefined {
  if (typeof fn !== "function" || !(REFERENCE in fn)) return undefined;
  const reference: unknown = fn[REFERENCE];
  return isReference(reference) ? reference : undefined;
}

function isReference(value: unknown): value is ModuleReference {
  return typeof value === "object" && value !== null && "url" in value && "name" in value;
}

function absolute(url: string | URL): string {
  if (url instanceof URL) return url.href;
  if (typeof url !== "string") {
    throw new TypeError(`moduleFunction(): expected the URL of a module, got ${typeof url}`);
  }
  if (url.trim() === "") {
    throw new TypeError("moduleFunction(): expected the URL of a module, got an empty string");
  }
  if (WINDOWS_PATH.test(url)) return fileUrl(`/${url.replaceAll("\\", "/")}`);
  if (url.startsWith("\\\\")) return fileUrl(url.slice(2).replaceAll("\\", "/"));
  if (url.startsWith("/")) return fileUrl(url);
  if (RELATIVE.test(url)) {
    throw new TypeError(
      `moduleFunction(): "${url}" is relative, and nobody knows to what: give ` +
        `import.meta.resolve(${JSON.stringify(url.replaceAll("\\", "/"))})`,
    );
  }
  if (url.startsWith("#")) {
    throw new TypeError(
      `moduleFunction(): "${url}" means something in your package alone: give ` +
        `import.meta.resolve("${url}")`,
    );
  }
  if (SCHEME.test(url) && !canParse(url)) {
    throw new TypeError(`moduleFunction(): "${shown(url)}" is no valid URL`);
  }
  return url;
}

/** A path may hold what means something else in a URL. */
function fileUrl(path: string): string {
  const escaped = path.replace(/[%?#\\\t\n\r]/g, (char) => encodeURIComponent(char));
  return new URL(`file://${escaped}`).href;
}

function canParse(url: string): boolean {
  try {
    return new URL(url).href !== "";
  } catch {
    return false;
  }
}

/** A data: URL may be a whole program. */
function shown(url: string): string {
  return url.length > 200 ? `${url.slice(0, 200)}…` : url;
}
