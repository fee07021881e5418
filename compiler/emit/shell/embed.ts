/**
 * Makes `shell.generated.ts`: the parts of the shell as texts to put into modules.
 *
 * The parts are JavaScript and stand in a module as they are written, but for what only tools read: imports, exports
 * and type comments.
 */
import { minify_sync } from "terser";
import { invariant } from "../../diagnostics/invariant.js";
import { baseParts, optionalParts, type ShellPart, shellParts } from "./parts.js";

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
    .map((line) => `${indent}// ${line}\n`)
    .join("");
}

/** A piece of the shell in as few characters as can be, but for names that other pieces ask for. */
export function minify(text: string, isAskedFor: (name: string) => boolean): string {
  const names = [...text.matchAll(/^(?:async )?(?:function|const) (\w+)/gmu)].map(([, name = ""]) => name);
  const kept = names.filter(isAskedFor);
  const { code } = minify_sync(text, {
    ecma: 2020,
    compress: {
      passes: 3,
      hoist_funs: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      toplevel: true,
      top_retain: kept,
    },
    mangle: { toplevel: true, reserved: kept },
    format: { comments: false },
  });
  invariant(code !== undefined, "a piece of the shell without code");
  return code;
}

/** The text of the generated file. `read` gives the source of a part. */
export function shellModule(read: (part: ShellPart) => string): string {
  const texts = new Map(shellParts.map((part) => [part, stripTools(read(part))]));
  const readable = [...texts].map(([part, text]) => {
    const lines = text.split("\n").map((line) => `    ${JSON.stringify(line)},\n`);
    return `  ${JSON.stringify(part)}: [\n${lines.join("")}  ].join("\\n"),\n`;
  });
  const textOf = (parts: readonly ShellPart[]): string => parts.map((part) => texts.get(part) ?? "").join("\n");
  const optional = textOf(optionalParts);
  const pieces: (readonly [string, string])[] = [
    ["base", minify(textOf(baseParts), (name) => new RegExp(`\\b${name}\\b`, "u").test(optional))],
    // Modules themselves ask for what these parts declare.
    ...optionalParts.map((part) => [part, minify(textOf([part]), () => true)] as const),
  ];
  const small = pieces.map(([name, text]) => `  ${JSON.stringify(name)}: ${JSON.stringify(text)},\n`);
  return [
    "// Generated from the .js files beside it by `npm run generate`; not edited by hand.",
    'import type { OptionalPart, ShellPart } from "./parts.js";',
    "",
    "/** To be read. */",
    `export const shell: Readonly<Record<ShellPart, string>> = {\n${readable.join("")}};`,
    "",
    "/** The same in as few characters as can be. */",
    `export const smallShell: Readonly<Record<"base" | OptionalPart, string>> = {\n${small.join("")}};`,
    "",
  ].join("\n");
}
