/** Printing of data and comments so that no text of the user's can become code. */

/** A string literal that is harmless in JavaScript, in TypeScript and inside an HTML script element. */
export function printString(text: string): string {
  return JSON.stringify(text).replace(
    /[<\u2028\u2029\u007f-\u009f\ufeff]|[\ud800-\udfff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Plain data as an expression, two spaces of indentation a level; what fits into a line stays on one.
 * A property `__proto__` is written as a computed name: only so does it make a property.
 */
export function printData(value: unknown, indent = "", width = 100): string {
  const line = printOnLine(value);
  if (indent.length + line.length <= width || typeof value !== "object" || value === null) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `${inner}${printData(item, inner, width)},\n`).join("")}${indent}]`;
  }
  const entries = Object.entries(value).map(
    ([name, item]) => `${inner}${printName(name)}: ${printData(item, inner, width)},\n`,
  );
  return `{\n${entries.join("")}${indent}}`;
}

function printOnLine(value: unknown): string {
  if (typeof value === "string") return printString(value);
  if (Array.isArray(value)) return `[${value.map(printOnLine).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([name, item]) => `${printName(name)}: ${printOnLine(item)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return Object.is(value, -0) ? "-0" : String(value);
}

function printName(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/u.test(name) ? name : printString(name);
}

/** Text for the inside of a block comment: it can end neither the comment nor a script element around it. */
export function commentText(text: string): string {
  return text
    .replace(/\*\//gu, "*\\/")
    .replace(/<(?=[!/])/gu, "<\\")
    .replace(/\r\n?|[\u2028\u2029]/gu, "\n");
}

/** A block comment of lines, `/** … *\/`. */
export function blockComment(lines: readonly string[], indent = ""): string {
  const text = commentText(lines.join("\n")).split("\n");
  return [`${indent}/**`, ...text.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join("\n");
}
