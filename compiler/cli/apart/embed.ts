/**
 * Makes `programs.generated.ts`: the programs of the child and of the thread between, each as one text. A text needs no file that the
 * child would have to be allowed to read, and runs as well where recell is one file of a bundle, or is run from its sources.
 */
import ts from "typescript";

/** A part without types, imports and exports: all parts of a program are in one scope. */
function plain(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      removeComments: true,
      verbatimModuleSyntax: true,
    },
  });
  return outputText.replace(/^import [^;]*;\n/gmu, "").replace(/^export (?:\{[^}]*\};\n)?/gmu, "");
}

/** The text of the generated file. `read` gives the source of a part. */
export function programsModule(read: (part: "codec" | "child" | "relay") => string): string {
  const [codec, child, relay] = (["codec", "child", "relay"] as const).map((part) => plain(read(part)));
  // Where the parent is gone, and the module does not come back, the child ends itself: after as much time as all of it may take.
  const start = `
globalThis.start = () => serve({ fs: require("node:fs"), vm: require("node:vm") });
require("node:vm").runInThisContext("start()", { timeout: Number(process.argv[1]) });
`;
  const childText = `"use strict";\n${codec}${child}${start}`;
  const host = '{ processes: require("node:child_process"), fs: require("node:fs"), platform: process.platform }';
  const relayText = `"use strict";\n${relay}relay(${host}, require("node:worker_threads").workerData);\n`;
  const asLines = (text: string): string =>
    text
      .split("\n")
      .map((line) => `  ${JSON.stringify(line)},\n`)
      .join("");
  return [
    "// Generated from codec.ts, child.ts and relay.ts by `npm run generate`; not edited by hand.",
    "",
    `export const childProgram = [\n${asLines(childText)}].join("\\n");`,
    "",
    `export const relayProgram = [\n${asLines(relayText)}].join("\\n");`,
    "",
  ].join("\n");
}
