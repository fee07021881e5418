/**
 * Types of an emitted module: every tensor by its name, with its shape and the author's documentation in a comment.
 * `declared-types.ts` knows what is declared, this file only how it is spelled.
 */
import type { Manifest } from "../../../runtime/module/manifest.js";
import { commentText } from "../text/literal.js";
import {
  type DeclarationOptions,
  declaredTypes,
  literalType,
  optionsAreOptional,
  variantType,
} from "./declared-types.js";
import type { DeclaredMethod, DeclaredType } from "./declared.js";
import type { Member } from "./members.js";

/** The text of the module's `.d.ts`. It imports nothing, as the module itself. */
export function printDeclarations(manifest: Manifest, options: DeclarationOptions = {}): string {
  const parameter = `options${optionsAreOptional(manifest, options) ? "?" : ""}: InstantiateOptions`;
  const title = `${manifest.cell}, compiled by recell ${manifest.compiler}. Tensors are row-major; B examples, T steps.`;
  const statements = [
    ...declaredTypes(manifest, options).map(printAlias),
    printConstant("manifest", literalType(manifest), "What the module says about itself."),
    ...(options.fma === true ? [printConstant("variant", variantType(manifest, options), variantDocs(options))] : []),
    `${docsOf(`${title}\n\n${manifest.documentation}`.trim())}export declare function instantiate(${parameter}): Instance;\n`,
    `${docsOf("The same as `instantiate`, for code that should not care how a module starts.")}` +
      `export declare function instantiateAsync(${parameter}): Promise<Instance>;\n`,
  ];
  const head = "// Types of a compiled cell. Generated: edits are lost when it is compiled again.\n";
  return [head, ...statements].join("\n");
}

function variantDocs({ wasmFile = false }: DeclarationOptions): string {
  const which = "Which kernels this host runs: `wasm-fma`, with fused multiply-add (relaxed SIMD), where it has that.";
  return wasmFile ? `${which} Give \`instantiate\` the file of that variant.` : which;
}

function printConstant(name: string, type: string, docs: string): string {
  return `${docsOf(docs)}export declare const ${name}: ${type};\n`;
}

function printAlias({ name, docs, type }: DeclaredType): string {
  return `${docsOf(docs)}export type ${name} = ${typeof type === "string" ? type : printObject(type)};\n`;
}

function printObject({ members, methods = [] }: Exclude<DeclaredType["type"], string>): string {
  const lines = [...members.map(printMember), ...methods.map(printMethod)];
  return `{\n${lines.join("")}}`;
}

function printMember({ name, type, docs, optional }: Member): string {
  return `${docsOf(docs, "  ")}  readonly ${name}${optional ? "?" : ""}: ${type};\n`;
}

function printMethod({ name, parameters, result, docs }: DeclaredMethod): string {
  const list = parameters.map(([parameter, type, optional]) => `${parameter}${optional ? "?" : ""}: ${type}`);
  return `${docsOf(docs, "  ")}  ${name}(${list.join(", ")}): ${result};\n`;
}

/** A comment and the end of its line: in one line where the text is one, nothing where there is no text. */
function docsOf(text: string, indent = ""): string {
  if (text === "") return "";
  if (!text.includes("\n")) return `${indent}/** ${commentText(text)} */\n`;
  const lines = commentText(text).split("\n");
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`, ""].join("\n");
}
