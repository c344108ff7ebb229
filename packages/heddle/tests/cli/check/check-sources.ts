// Checks texts as if they were files of a program that uses heddle: in one TypeScript program, and with
// the options of this repository. Their folder is not there, and lies outside of the package: what is
// declared in there is heddle's.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type ts from "@typescript/typescript6";
import { checkProgram } from "../../../src/cli/check/check-program.ts";
import type { Finding } from "../../../src/cli/check/finding.ts";
import { loadTypeScript } from "../../../src/cli/check/load-typescript.ts";
import { programMaker } from "../../../src/cli/check/program.ts";
import { projectsOf, slashed } from "../../../src/cli/check/project.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));

export interface Checked {
  /** Of a text, by its name. */
  findingsIn(name: string): Finding[];
  /** What the compiler says of it; what is not used is not mentioned. */
  typeErrorsIn(name: string): string[];
}

export async function checkSources(sources: ReadonlyMap<string, string>): Promise<Checked> {
  const pathOf = (name: string) => join(root, "programs", name);
  const api = await loadTypeScript([root]);
  const overlay = new Map(Array.from(sources, ([name, text]) => [pathOf(name), text]));
  const [project] = projectsOf(api, [...overlay.keys()], root);
  const unused = { noUnusedLocals: false, noUnusedParameters: false };
  const options: ts.CompilerOptions = { ...project!.options, ...unused };
  const program = programMaker(api, overlay)({ ...project!, options });
  const found = new Map<string, Finding[]>();
  for (const finding of checkProgram(api, program, project!.files)) {
    const path = join(process.cwd(), finding.file);
    found.set(path, [...(found.get(path) ?? []), finding]);
  }
  return {
    findingsIn: (name) => found.get(pathOf(name)) ?? [],
    typeErrorsIn: (name) =>
      program
        .getSemanticDiagnostics(program.getSourceFile(slashed(pathOf(name))))
        .map(({ messageText }) => api.flattenDiagnosticMessageText(messageText, "\n")),
  };
}
