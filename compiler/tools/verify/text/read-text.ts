/** The text of a module before anything of it runs: is there anything in it that a compiled module must not have? */
import type { FunctionExpression, Identifier, Node, Program } from "acorn";
import { ModuleError } from "../../../../runtime/base/errors.js";
import { toEsModule } from "../../../../runtime/module/common-js.js";
import { visible } from "../../../base/diagnostics/screen-text.js";
import { freeNames, isFunction, walk } from "./free-names.js";
import { parseText } from "./parse-text.js";

/** A module as a script: an expression, a function that takes the values of `globals` and gives the exports by name. */
export interface ModuleText {
  readonly script: string;
  readonly exports: readonly string[];
  readonly usesWebAssembly: boolean;
}

const typedArrays = [
  "Int8",
  "Uint8",
  "Int16",
  "Uint16",
  "Int32",
  "Uint32",
  "Float32",
  "Float64",
  "BigInt64",
  "BigUint64",
];

/** All that a module may have of the host: values of the language, none of which reaches outside, and WebAssembly. */
export const globals: readonly string[] = [
  ...["undefined", "NaN", "Infinity", "isNaN", "isFinite", "parseFloat", "parseInt"],
  ...["Object", "Array", "String", "Number", "Boolean", "BigInt", "Symbol", "Math", "JSON", "RegExp", "Date"],
  ...["Map", "Set", "WeakMap", "WeakSet", "Promise", "Reflect"],
  ...["Error", "TypeError", "RangeError", "EvalError", "SyntaxError", "ReferenceError", "AggregateError"],
  ...["ArrayBuffer", "SharedArrayBuffer", "DataView", "Uint8ClampedArray"],
  ...typedArrays.map((kind) => `${kind}Array`),
  "WebAssembly",
];

/**
 * Parses a text, as an ES module or CommonJS, and refuses what reaches beyond it: imports, exports of another module, `import()`,
 * `import.meta`, waiting at the top level, and every name of the host that is not in `globals`. Comments and strings may say
 * what they like.
 *
 * @throws ModuleError `not-loadable` for what is no JavaScript, `not-a-cell` for what no compiled cell has.
 */
export function readText(source: string): ModuleText {
  const text = toEsModule(source);
  try {
    const program = parseText(text, "module");
    refuseForms(program);
    const { body, exports } = withoutExports(text, program);
    const script = asScript(body, exports);
    return { script, exports: [...exports.keys()], usesWebAssembly: namesOf(script).has("WebAssembly") };
  } catch (error) {
    if (error instanceof ModuleError) throw error;
    // Of the parser, or of the engine where brackets are nested too deep for it.
    const reason = error instanceof Error ? `${error.name}: ${visible(error.message)}` : String(error);
    throw new ModuleError("not-loadable", `the module could not be loaded: ${reason}`);
  }
}

const refuse = (what: string): never => {
  throw new ModuleError("not-a-cell", `this is no compiled cell: ${what}`);
};

const quoted = (text: string): string => visible(JSON.stringify(text.slice(0, 60)));

/** The text with blanks in place of what only modules have, and the exports: what they are called outside, and inside. */
function withoutExports(text: string, program: Program): { body: string; exports: Map<string, string> } {
  const exports = new Map<string, string>();
  let body = "";
  let end = 0;
  const cut = (from: number, to: number): void => {
    body += text.slice(end, from);
    end = to;
  };
  for (const statement of program.body) {
    switch (statement.type) {
      case "ImportDeclaration":
        return refuse(`it imports ${quoted(String(statement.source.value))}, and a compiled module imports nothing`);
      case "ExportAllDeclaration":
        return refuse(
          `it exports from ${quoted(String(statement.source.value))}, and a compiled module imports nothing`,
        );
      case "ExportDefaultDeclaration":
        return refuse("it has a default export");
      case "ExportNamedDeclaration":
        if (statement.source) {
          return refuse(
            `it exports from ${quoted(String(statement.source.value))}, and a compiled module imports nothing`,
          );
        }
        cut(statement.start, statement.declaration?.start ?? statement.end);
        for (const { local, exported } of statement.specifiers) exports.set(nameOf(exported), nameOf(local));
        for (const name of declaredBy(statement.declaration)) exports.set(name, name);
    }
  }
  cut(text.length, text.length);
  return { body, exports };
}

const nameOf = (node: { readonly type: string; readonly name?: string; readonly value?: unknown }): string =>
  node.name ?? String(node.value);

function declaredBy(declaration: Node | null | undefined): string[] {
  if (!declaration) return [];
  const { id, declarations } = declaration as Node & { id?: { name: string }; declarations?: { id: Node }[] };
  if (id) return [id.name];
  return (declarations ?? []).map(({ id: pattern }) =>
    pattern.type === "Identifier" ? nameOf(pattern as Node & { name: string }) : refuse("it exports by a pattern"),
  );
}

/**
 * Where names of the host are parameters they are found at once, which global names of a foreign realm are not. The exports are
 * read when the function is called.
 */
function asScript(body: string, exports: ReadonlyMap<string, string>): string {
  const given = [...exports].map(([outside, inside]) => `[${JSON.stringify(outside)}, ${inside}]`).join(", ");
  return `"use strict"; (function (${globals.join(", ")}) { return (function () {\n${body}\nreturn [${given}];\n})(); })`;
}

/** The free names of what will run, as it will run: a script reads some characters as comments that a module does not. */
function namesOf(script: string): ReadonlySet<string> {
  const program = parseText(script, "script");
  const [, statement, ...others] = program.body;
  const isWhole = statement?.type === "ExpressionStatement" && statement.expression.type === "FunctionExpression";
  if (!isWhole || others.length > 0) return refuse("its text ends the function that it is put into");
  refuseForms(program);
  const names = freeNames((statement.expression as FunctionExpression).body);
  for (const name of names) {
    if (!globals.includes(name)) return refuse(`it uses ${quoted(name)}, which is nothing of its own`);
  }
  return names;
}

/** What loads something, or waits, wherever it stands. */
function refuseForms(program: Program): void {
  walk(program, false, (node, _, isInside) => {
    if (node.type === "ImportExpression") return refuse("it has an import(), and a compiled module imports nothing");
    if (node.type === "MetaProperty" && nameOf(node["meta"] as Identifier) === "import")
      return refuse("it has an import.meta");
    const waits = node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node["await"] === true);
    if (waits && !isInside) return refuse("it waits at its top level");
    return isInside || isFunction(node);
  });
}
