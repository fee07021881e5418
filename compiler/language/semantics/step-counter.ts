/** `step`: how many steps there were before this one. A cell that reads the name, or draws, and has nothing called so, has a state that counts. */
import type { Span } from "../../base/source/span.js";
import type { CellItem, CellNode, Expression, ReferenceNode } from "../syntax/ast.js";
import type { CellDeclaration } from "./declared.js";
import { drawFunctionNamed } from "./draw-functions.js";
import { forEachPart } from "./expression-parts.js";
import { mostPlaces } from "./semantic-type.js";

const word = "step";

/** Cells in which the name is that of the counter. */
const counted = new WeakSet<CellNode>();

export const countsSteps = (node: CellNode): boolean => counted.has(node);

export function withStepCounter(declaration: CellDeclaration): CellDeclaration {
  if (declaration.node.form === "network" || isNamed(declaration.node)) return declaration;
  const first = (declaration.module.entries.has(word) ? undefined : firstReading(declaration.node.items)) ?? firstDraw(declaration); // prettier-ignore
  if (first === undefined) return declaration;
  const node = { ...declaration.node, items: [...declaration.node.items, ...counter(first)] };
  counted.add(node);
  return { ...declaration, node };
}

/** What is drawn in a step is told by its number. */
function firstDraw({ node: { items }, module }: CellDeclaration): Span | undefined {
  const own = items.flatMap((item) => ("names" in item ? item.names : item.kind === "function" ? [item.name] : []));
  const names = new Set(own.map(({ text }) => text));
  let first: Span | undefined;
  for (const item of items) {
    if (item.kind !== "equation" && item.kind !== "output") continue;
    forEachPart(item.value, (part) => {
      if (part.kind !== "call" || drawFunctionNamed(part.callee.text) === undefined) return;
      if (!names.has(part.callee.text) && !module.entries.has(part.callee.text)) first ??= part.callee.span;
    });
  }
  return first;
}

function isNamed({ parameters, items }: CellNode): boolean {
  const isWord = ({ text }: { readonly text: string }): boolean => text === word;
  return (
    parameters.some(({ name }) => isWord(name)) ||
    items.some((item) => ("names" in item ? item.names.some(isWord) : isWord(item.name)))
  );
}

/** The first place that reads it; undefined, too, where it is the name of an index. */
function firstReading(items: readonly CellItem[]): Span | undefined {
  let first: Span | undefined;
  let isIndex = false;
  for (const item of items) {
    if (item.kind !== "equation" && item.kind !== "output") continue;
    forEachPart(item.value, (part) => {
      if (part.kind === "reference" && part.name === word) first ??= part.span;
      if (part.kind === "indexed") isIndex ||= part.indices.some(({ name }) => name.text === word);
      if (part.kind === "rounds") isIndex ||= part.rounds.index?.text === word;
    });
  }
  return isIndex ? undefined : first;
}

/** `state step: index(2^24)` and `step' = (step + 1) mod 2^24`: then it begins again. */
function counter(span: Span): CellItem[] {
  const name = { text: word, span };
  const number = (value: number): Expression => ({ kind: "number", value, text: String(value), span });
  const before: ReferenceNode = { kind: "reference", name: word, next: false, span };
  const binary = (operator: "+" | "mod", left: Expression, right: Expression): Expression => ({
    kind: "binary",
    operator,
    operatorSpan: span,
    left,
    right,
    span,
  });
  const documentation = "Steps before this one.";
  return [
    {
      kind: "state",
      documentation,
      names: [name],
      type: { kind: "index-type", bound: number(mostPlaces), dimensions: [], span },
      span,
    },
    {
      kind: "equation",
      documentation: undefined,
      name,
      next: true,
      value: binary("mod", binary("+", before, number(1)), number(mostPlaces)),
      span,
    },
  ];
}
