/** Writes the files that are made from other sources of this repository: `npm run generate`. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { generateCstDts } from "#chevrotain";
import { programsModule } from "./cli/apart/embed.js";
import { diagnosticsReference } from "./base/diagnostics/reference.js";
import { shellModule } from "./emit/shell/embed.js";
import { operationsReference } from "./language/semantics/operations-reference.js";
import { standardLibraryModule } from "./language/std/embed.js";
import { CellParser } from "./language/syntax/grammar.js";

/** A generated file: its path from the root of the repository, and its whole text. */
interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** Everything that is generated; a test compares it with what is committed. */
export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { path: "compiler/language/syntax/cst.generated.ts", text: cstTypes() },
    { path: "compiler/language/std/std.generated.ts", text: standardLibraryModule("compiler/language/std") },
    { path: "spec/operations.md", text: operationsReference() },
    { path: "spec/diagnostics.md", text: diagnosticsReference() },
    {
      path: "compiler/emit/shell/shell.generated.ts",
      text: shellModule((part) => readFileSync(`compiler/emit/shell/${part}.js`, "utf8")),
    },
    {
      path: "compiler/cli/apart/programs.generated.ts",
      text: programsModule((part) => readFileSync(`compiler/cli/apart/${part}.ts`, "utf8")),
    },
  ];
}

/** Types of the concrete syntax tree, from the grammar. */
function cstTypes(): string {
  const note = "// Generated from grammar.ts by `npm run generate`; not edited by hand.\n";
  return note + generateCstDts(new CellParser().getGAstProductions());
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  for (const { path, text } of generatedFiles()) {
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}
