/**
 * The two forms of a compiled module. Its text is an ES module; as CommonJS it is the same text but for what marks exports, which
 * stand at the starts of lines in both forms and nowhere else: comments and strings never start a line so.
 */

/** Node's own loader finds the names of a file in this form too: `import { instantiate } from "./gru.cjs"`. */
const assigned = /^module\.exports = \{ ([\w, ]+) \};$/mu;
const listed = /^export \{ ([\w, ]+) \};\n?/mu;
const declared = /^export (?=(?:const|function|async function) (\w+))/gmu;

/** The line that makes CommonJS as strict as every ES module is. */
const strict = '"use strict";\n\n';

export const isCommonJs = (text: string): boolean => assigned.test(text);

export function toCommonJs(text: string): string {
  const names = [
    ...(listed.exec(text)?.[1]?.split(", ") ?? []),
    ...[...text.matchAll(declared)].map(([, name]) => name!),
  ];
  const body = text.replace(listed, "").replace(declared, "").trimEnd();
  return `${strict}${body}\n\nmodule.exports = { ${names.join(", ")} };\n`;
}

/** The module as an ES module, whichever form it has. */
export function toEsModule(text: string): string {
  if (!isCommonJs(text)) return text;
  const body = text.startsWith(strict) ? text.slice(strict.length) : text;
  return body.replace(assigned, "export { $1 };");
}

/** An ES module that keeps some of its exports to itself. */
export function withoutExports(text: string, names: readonly string[]): string {
  const kept = (list: string): string => {
    const rest = list.split(", ").filter((name) => !names.includes(name));
    return rest.length === 0 ? "" : `export { ${rest.join(", ")} };\n`;
  };
  return text
    .replace(listed, (_, list: string) => kept(list))
    .replace(declared, (prefix, name: string) => (names.includes(name) ? "" : prefix));
}
