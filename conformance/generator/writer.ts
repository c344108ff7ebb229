/** What writes a statement of one operation. */
import type { Body, Statement, StatementOf } from "../program.ts";
import type { Draft } from "./draft.ts";

export type Op = Statement["op"];

/**
 * Gives the statement, or several where one makes no sense alone, or nothing where there is nothing
 * to write it about.
 */
type Writer<O extends Op> = (draft: Draft) => StatementOf<O> | Body | undefined;

export type Writers<O extends Op> = { readonly [Each in O]: Writer<Each> };

/** Operations that have a name and nothing else. */
type Plain = Extract<Statement, { op: string; var: string }>["op"];

/** `{ op, var }` about one of the names that there are. */
export function about<O extends Plain>(
  op: O,
  names: (draft: Draft) => readonly string[],
): (draft: Draft) => { op: O; var: string } | undefined {
  return (draft) => {
    const name = draft.oneOf(names(draft));
    return name === undefined ? undefined : { op, var: name };
  };
}
