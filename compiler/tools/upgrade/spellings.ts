/** Older spellings of what has a shorter one: the program stays the same. Whether it does is found out afterwards. */
import { at } from "../../base/at.js";
import type { Expression, SourceFileNode } from "../../language/syntax/ast.js";
import { type Edit, edited, type Proposal } from "./edit.js";
import { expressionsOf } from "./values-in-file.js";

/** The text of an expression. */
type TextOf = (part: Expression) => string;

/** What is written today in the place of an expression, or of parts of it; undefined where it is no older spelling of this kind. */
type OlderSpelling = (part: Expression, textOf: TextOf) => string | readonly Edit[] | undefined;

/** Arguments of a call by position, where it has no others. */
function argumentsOf(part: Expression, name: string): readonly Expression[] | undefined {
  if (part.kind !== "call" || part.callee.text !== name || part.place !== undefined) return undefined;
  return part.arguments.some((argument) => argument.name !== undefined)
    ? undefined
    : part.arguments.map(({ value }) => value);
}

/** Binds tighter than all operators. */
const tight: ReadonlySet<Expression["kind"]> = new Set(["number", "reference", "call", "index", "member", "tuple"]);

/** As an operand of anything. */
const operand = (part: Expression, textOf: TextOf): string =>
  tight.has(part.kind) ? textOf(part) : `(${textOf(part)})`;

/** `constant(c)`: a number is an initialiser. */
const constantAsNumber: OlderSpelling = (part, textOf) => {
  const [value, ...more] = argumentsOf(part, "constant") ?? [];
  return value === undefined || more.length > 0 ? undefined : operand(value, textOf);
};

/** `stack(a, b)`: a list of values is their new first axis. What stands between them stays. */
const stackAsList: OlderSpelling = (part, textOf) => {
  if (part.kind !== "call" || part.callee.text !== "stack" || part.place !== undefined) return undefined;
  const items = part.arguments.filter(({ name }) => name === undefined);
  const named = part.arguments.slice(items.length);
  const isFirst = named.every(({ name, value }) => name?.text === "axis" && textOf(value) === "0");
  const [first, last] = [items[0], items[items.length - 1]];
  if (first === undefined || last === undefined || !isFirst) return undefined;
  return [
    { start: part.span.start, end: first.span.start, text: "[" },
    { start: last.span.end, end: part.span.end, text: "]" },
  ];
};

/** `reshape(v, [N, 1])` of `v: [N]`: `new` is an axis of size 1. */
const reshapeAsNewAxis: OlderSpelling = (part, textOf) => {
  const [value, shape, ...more] = argumentsOf(part, "reshape") ?? [];
  if (value === undefined || shape?.kind !== "tuple" || more.length > 0) return undefined;
  const isNew = shape.items.map((item) => item.kind === "number" && item.value === 1);
  if (!isNew.includes(true)) return undefined;
  const places = isNew.slice(0, isNew.lastIndexOf(true) + 1).map((added) => (added ? "new" : ":"));
  return `${operand(value, textOf)}[${places.join(", ")}]`;
};

/** The digits of pi. */
const piInDigits: OlderSpelling = (part) => (part.kind === "number" && part.value === Math.PI ? "pi" : undefined);

/** `a - b * floor(a / b)`. */
const floorAsMod: OlderSpelling = (part, textOf) => {
  if (part.kind !== "binary" || part.operator !== "-") return undefined;
  const { left, right } = part;
  if (right.kind !== "binary" || right.operator !== "*") return undefined;
  const quotient = argumentsOf(right.right, "floor")?.[0];
  if (quotient?.kind !== "binary" || quotient.operator !== "/") return undefined;
  if (!sameText(quotient.left, left, textOf) || !sameText(quotient.right, right.left, textOf)) return undefined;
  return `(${operand(left, textOf)} mod ${operand(right.left, textOf)})`;
};

const sameText = (a: Expression, b: Expression, textOf: TextOf): boolean =>
  textOf(a).replace(/\s+/gu, "") === textOf(b).replace(/\s+/gu, "");

/** As it is shown: without parentheses around all of it. */
function inOneLine(text: string): string {
  const line = text.replace(/\s+/gu, " ");
  let depth = 0;
  const ends = [...line].findIndex((sign) => (depth += sign === "(" ? 1 : sign === ")" ? -1 : 0) === 0);
  return ends > 0 && ends === line.length - 1 && line.startsWith("(") ? line.slice(1, -1) : line;
}

const spellings: readonly OlderSpelling[] = [constantAsNumber, stackAsList, reshapeAsNewAxis, piInDigits, floorAsMod];

/** Those of a file, the innermost only where some lie in others: what is around one is looked at again when it has changed. */
export function spellingProposals(file: SourceFileNode, text: string): Proposal[] {
  const textOf: TextOf = ({ span }) => text.slice(span.start, span.end);
  return file.declarations.flatMap((declaration) => {
    const around = expressionsOf(declaration);
    const found = new Map<Expression, Proposal>();
    for (const part of around.keys()) {
      const now = spellings.map((spelling) => spelling(part, textOf)).find((result) => result !== undefined);
      const { start, end } = part.span;
      if (now === undefined) continue;
      const edits = typeof now === "string" ? [{ start, end, text: now }] : now;
      const within = edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
      const was = textOf(part);
      found.set(part, { start, was: inOneLine(was), now: inOneLine(edited(was, within)), edits });
    }
    for (const part of [...found.keys()]) {
      for (let outer = around.get(part); outer !== undefined; outer = around.get(outer)) found.delete(outer);
    }
    return [...found.values()].sort((a, b) => at(a.edits, 0).start - at(b.edits, 0).start);
  });
}
