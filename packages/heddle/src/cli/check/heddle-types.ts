/*
 * Which types are heddle's.
 *
 * What can stand after `yield*` is known by what its iterator yields: heddle's `Suspension`, wherever
 * an alias, a union, a constraint or an interface of the program has put it. Of these, a Future (and a
 * Task) has been started by whoever made it; everything else runs when it is awaited, and never if it
 * is not. "heddle's" means: declared in the package of that name, installed or in its sources.
 */
import { dirname, join } from "node:path";
import type ts from "@typescript/typescript6";
import type { TypeScript } from "./load-typescript.ts";

/** What the values of a type can be, as bits. */
const Nature = {
  /** Awaitable, and does nothing until it is awaited. */
  COROUTINE: 1,
  /** A Future or a Task. */
  FUTURE: 2,
  /** null, undefined, void. */
  NOTHING: 4,
  OTHER: 8,
} as const;

export class HeddleTypes {
  readonly #ts: TypeScript;
  readonly #checker: ts.TypeChecker;
  readonly #readFile: (path: string) => string | undefined;
  readonly #natures = new Map<ts.Type, number>();
  readonly #packages = new Map<string, boolean>();

  constructor(
    ts: TypeScript,
    checker: ts.TypeChecker,
    readFile: (path: string) => string | undefined,
  ) {
    this.#ts = ts;
    this.#checker = checker;
    this.#readFile = readFile;
  }

  /** The bits of Nature that the values of this type can have. */
  natureOf(type: ts.Type): number {
    const known = this.#natures.get(type);
    if (known !== undefined) return known;
    this.#natures.set(type, Nature.OTHER);
    const nature = this.#findNature(type);
    this.#natures.set(type, nature);
    return nature;
  }

  /** Can it be a coroutine: something that runs only if it is awaited? */
  mayBeCoroutine(type: ts.Type): boolean {
    return (this.natureOf(type) & Nature.COROUTINE) !== 0;
  }

  /** Is it a coroutine, and nothing else? */
  isCoroutine(type: ts.Type): boolean {
    return this.natureOf(type) === Nature.COROUTINE;
  }

  /** Is it for `yield*`, and nothing else? */
  isAwaitable(type: ts.Type): boolean {
    const nature = this.natureOf(type);
    return nature !== 0 && (nature & ~(Nature.COROUTINE | Nature.FUTURE)) === 0;
  }

  /** Can it be for `yield*`? */
  mayBeAwaitable(type: ts.Type): boolean {
    return (this.natureOf(type) & (Nature.COROUTINE | Nature.FUTURE)) !== 0;
  }

  /** Can it be what a `function*` of the program returned? `await` does not run those. */
  mayBePlainCoroutine(type: ts.Type): boolean {
    return this.#parts(type).some(
      (part) =>
        this.mayBeCoroutine(part) &&
        this.#checker.getPropertyOfType(part, "throw") !== undefined &&
        this.#checker.getPropertyOfType(part, "then") === undefined,
    );
  }

  /** What its iterator yields, if it has or is one. */
  yieldedBy(type: ts.Type): ts.Type | undefined {
    const iterate = this.#checker
      .getPropertiesOfType(type)
      .find(({ escapedName }) => (escapedName as string).startsWith("__@iterator@"));
    const iterator = iterate ? this.#returnedBy(this.#checker.getTypeOfSymbol(iterate)) : type;
    const next = iterator && this.#checker.getPropertyOfType(iterator, "next");
    const result = next && this.#returnedBy(this.#checker.getTypeOfSymbol(next));
    if (result === undefined) return undefined;
    const step = this.#parts(result).find((part) => this.#member(part, "done") !== "true");
    const value = step && this.#checker.getPropertyOfType(step, "value");
    return value && this.#checker.getTypeOfSymbol(value);
  }

  /** Is this declared in the package heddle? */
  isOwn(symbol: ts.Symbol | undefined): boolean {
    return this.ownName(symbol) !== undefined;
  }

  /** Its name in the package heddle, whatever it is called here; undefined for anything else. */
  ownName(symbol: ts.Symbol | undefined): string | undefined {
    if (symbol === undefined) return undefined;
    if (symbol.flags & this.#ts.SymbolFlags.Alias) {
      return this.ownName(this.#checker.getAliasedSymbol(symbol));
    }
    const isOwn = symbol.declarations?.some((declaration) =>
      this.#isInPackage(dirname(declaration.getSourceFile().fileName)),
    );
    return isOwn ? symbol.name : undefined;
  }

  #findNature(type: ts.Type): number {
    const { TypeFlags } = this.#ts;
    if (type.isUnion()) return type.types.reduce((bits, part) => bits | this.natureOf(part), 0);
    if (type.flags & TypeFlags.Never) return 0;
    if (type.flags & (TypeFlags.Undefined | TypeFlags.Null | TypeFlags.Void)) return Nature.NOTHING;
    if (type.flags & TypeFlags.Instantiable) {
      const constraint = this.#checker.getBaseConstraintOfType(type);
      return constraint === undefined || constraint === type
        ? Nature.OTHER
        : this.natureOf(constraint);
    }
    if (!(type.flags & (TypeFlags.Object | TypeFlags.Intersection))) return Nature.OTHER;
    // One of suspensions comes of `[...work()]`.
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type)) return Nature.OTHER;
    const yielded = this.yieldedBy(type);
    const suspends =
      yielded !== undefined && this.#parts(yielded).some((part) => this.#isSuspension(part));
    if (!suspends) return Nature.OTHER;
    return this.#isFuture(type) ? Nature.FUTURE : Nature.COROUTINE;
  }

  #isSuspension(type: ts.Type): boolean {
    return this.ownName(type.symbol) === "Suspension";
  }

  /** By a method that only the class Future declares: subclasses and intersections have it too. */
  #isFuture(type: ts.Type): boolean {
    const method = this.#checker.getPropertyOfType(type, "addDoneCallback");
    return this.isOwn(method);
  }

  #returnedBy(type: ts.Type): ts.Type | undefined {
    return type.getCallSignatures()[0]?.getReturnType();
  }

  #member(type: ts.Type, name: string): string | undefined {
    const property = this.#checker.getPropertyOfType(type, name);
    return property && this.#checker.typeToString(this.#checker.getTypeOfSymbol(property));
  }

  #parts(type: ts.Type): readonly ts.Type[] {
    return type.isUnion() ? type.types : [type];
  }

  #isInPackage(folder: string): boolean {
    const known = this.#packages.get(folder);
    if (known !== undefined) return known;
    const name = nameIn(this.#readFile(join(folder, "package.json")) ?? "{}");
    const parent = dirname(folder);
    const isIn =
      name === undefined ? parent !== folder && this.#isInPackage(parent) : name === "heddle";
    this.#packages.set(folder, isIn);
    return isIn;
  }
}

function nameIn(packageJson: string): unknown {
  try {
    return (JSON.parse(packageJson) as { name?: unknown }).name;
  } catch {
    return undefined;
  }
}
