/*
 * Lets a program that stands where no heddle is installed import the command's own.
 *
 * One function for both kinds of hooks: `registerHooks` calls it in this thread, and `next` returns;
 * for `register` it runs in the loaders' thread, and `next` returns a promise.
 */
interface Resolved {
  url: string;
}

type Next = (specifier: string, context: object) => Resolved | Promise<Resolved>;

/** Does this specifier name an entry point of the package? */
export function isHeddle(specifier: string): boolean {
  return /^heddle(\/|$)/.test(specifier);
}

export function resolve(
  specifier: string,
  context: object,
  next: Next,
): Resolved | Promise<Resolved> {
  if (!isHeddle(specifier)) return next(specifier, context);
  // From here, "heddle" is the package that this file belongs to.
  const own = () => next(specifier, { ...context, parentURL: import.meta.url });
  try {
    const found = next(specifier, context);
    return found instanceof Promise ? found.catch(own) : found;
  } catch {
    return own();
  }
}
