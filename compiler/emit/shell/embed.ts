/**
 * Makes `shell.generated.ts`: the parts of the shell as texts to put into modules.
 *
 * The parts are JavaScript and stand in a module as they are written, but for what only tools read: imports, exports
 * and type comments.
 */
import { minify_sync } from "terser";
import { invariant } from "../../diagnostics/invariant.js";
import { type ShellPart, shellParts } from "./parts.js";

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

/** A part in as few characters as can be; its own names stay, since other parts ask for them. */
export function minify(text: string): string {
  const { code } = minify_sync(text, {
    ecma: 2020,
    compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, pure_getters: true },
    mangle: true,
    format: { comments: false },
  });
  invariant(code !== undefined, "a part of the shell without code");
  return code;
}

/** The text of the generated file. `read` gives the source of a part. */
export function shellModule(read: (part: ShellPart) => string): string {
  const parts = shellParts.map((part) => ({ name: JSON.stringify(part), text: stripTools(read(part)) }));
  const readable = parts.map(({ name, text }) => {
    const lines = text.split("\n").map((line) => `    ${JSON.stringify(line)},\n`);
    return `  ${name}: [\n${lines.join("")}  ].join("\\n"),\n`;
  });
  const small = parts.map(({ name, text }) => `  ${name}: ${JSON.stringify(minify(text))},\n`);
  return [
    "// Generated from the .js files beside it by `npm run generate`; not edited by hand.",
    'import type { ShellPart } from "./parts.js";',
    "",
    `/** To be read. */\nexport const shell: Readonly<Record<ShellPart, string>> = {\n${readable.join("")}};`,
    "",
    `/** The same in as few characters as can be. */\nexport const smallShell: Readonly<Record<ShellPart, string>> = {\n${small.join("")}};`,
    "",
  ].join("\n");
}
