/**
 * Makes `shell.generated.ts`: the parts of the shell as texts to put into modules.
 *
 * The parts are JavaScript and stand in a module as they are written, but for what only tools read: imports, exports
 * and type comments.
 */
import { minify_sync } from "terser";
import { invariant } from "../../base/diagnostics/invariant.js";
import { baseParts, innerProperties, namesInModules, optionalParts, type ShellPart, shellParts } from "./parts.js";

/** A part as modules have it, from its source. */
export function stripTools(source: string): string {
  return removeCasts(
    source
      .replace(/^import [^;]*;\n/gmu, "")
      .replace(/^export /gmu, "")
      // Documentation comments, also those that are types alone.
      .replace(/^ *\/\*\*(?:(?!\*\/)[^])*\*\/\n/gmu, stripTags)
      .replace(/\n{3,}/gu, "\n\n")
      .trim(),
  );
}

/** Removes type casts, and the parentheses around the expression where only the cast needed them. */
function removeCasts(text: string): string {
  const cast = /\/\*\* @type [^\n]*? \*\/ (?=\()/u;
  for (;;) {
    const found = cast.exec(text);
    if (found === null) return text;
    const open = found.index + found[0].length;
    const close = closingParenthesis(text, open);
    const before = text.slice(0, found.index);
    const inside = text.slice(open + 1, close);
    const after = text.slice(close + 1);
    const isWhole = /(?:[=(,?:] |=> |[(]|return )$/u.test(before) && /^ ?[;,):?]/u.test(after);
    const isPrimary = /^[\w.[\]~]+$/u.test(inside);
    text = isPrimary || isWhole ? before + inside + after : `${before}(${inside})${after}`;
  }
}

function closingParenthesis(text: string, open: number): number {
  let depth = 0;
  for (let at = open; ; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at;
  }
}

/** A documentation comment as plain lines, without its tags; nothing where it has nothing else. */
function stripTags(comment: string): string {
  const indent = /^ */u.exec(comment)?.[0] ?? "";
  const text = comment
    .replace(/^ *\/\*\* ?|\s*\*\/\n$/gu, "")
    .split("\n")
    .map((line) => line.replace(/^ *\* ?/u, ""))
    .join("\n")
    .replace(/(?:^|\s*)@(?:param|returns|type|typedef|import)\b[^]*$/u, "")
    .trim();
  if (text === "") return "";
  return text
    .split("\n")
    .map((line) => `${`${indent}// ${line}`.trimEnd()}\n`)
    .join("");
}

/**
 * Parts of the shell in as few characters as can be. They stand in one scope, so a name that one part has of another is
 * shortened alike in both, and so are properties of objects that never leave the shell; names that modules ask for stay. All parts but the first may be left out of a module.
 */
export function minify(parts: readonly string[]): string[] {
  const declared = (text: string): string[] =>
    [...text.matchAll(/^(?:async )?(?:function|const) (\w+)/gmu)].map(([, name = ""]) => name);
  const nameCache = {};
  return parts.map((text, i) => {
    const others = parts.filter((_, k) => k !== i).join("\n");
    const isUsed = (name: string): boolean => new RegExp(`\\b${name}\\b`, "u").test(others);
    const { code } = minify_sync(text, {
      ecma: 2020,
      compress: {
        passes: 3,
        hoist_funs: true,
        unsafe_arrows: true,
        unsafe_methods: true,
        toplevel: true,
        top_retain: declared(text).filter((name) => namesInModules.has(name) || isUsed(name)),
      },
      mangle: {
        toplevel: true,
        reserved: [...namesInModules],
        properties: { builtins: true, regex: new RegExp(`^(${innerProperties.join("|")})$`, "u") },
      },
      nameCache,
      format: { comments: false, max_line_len: 200 },
    });
    invariant(code !== undefined, "a part of the shell without code");
    return code;
  });
}

/** The text of the generated file. `read` gives the source of a part. */
export function shellModule(read: (part: ShellPart) => string): string {
  const texts = new Map(shellParts.map((part) => [part, stripTools(read(part))]));
  const readable = [...texts].map(([part, text]) => {
    const lines = text.split("\n").map((line) => `    ${JSON.stringify(line)},\n`);
    return `  ${JSON.stringify(part)}: [\n${lines.join("")}  ].join("\\n"),\n`;
  });
  const names = ["base", ...optionalParts.filter((part) => part !== "wasm")] as const;
  // Only modules with WebAssembly have it small: their part is in the base.
  const partsOf = (name: (typeof names)[number]): readonly ShellPart[] =>
    name === "base" ? [...baseParts, "wasm"] : [name];
  const parts = minify(
    names.map((name) =>
      partsOf(name)
        .map((part) => texts.get(part) ?? "")
        .join("\n"),
    ),
  );
  const small = parts.map((text, i) => `  ${JSON.stringify(names[i])}: ${JSON.stringify(text)},\n`);
  return [
    "// Generated from the .js files beside it by `npm run generate`; not edited by hand.",
    'import type { OptionalPart, ShellPart } from "./parts.js";',
    "",
    "/** To be read. */",
    `export const shell: Readonly<Record<ShellPart, string>> = {\n${readable.join("")}};`,
    "",
    "/** The same in as few characters as can be, for modules with WebAssembly kernels: their part is in the base. */",
    `export const smallShell: Readonly<Record<"base" | Exclude<OptionalPart, "wasm">, string>> = {\n${small.join("")}};`,
    "",
  ].join("\n");
}
