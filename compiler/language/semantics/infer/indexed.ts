/** `A[i, j] = e` and `sum(e for j)`: an expression for each value of an index. */
import type { Span } from "../../../base/source/span.js";
import type { CallNode, Expression, IndexedNode, Name } from "../../syntax/ast.js";
import type { Dim } from "../../../base/types/dim.js";
import { isOfSome, type ReductionName } from "../builtins.js";
import type { BoundIndex, Checker } from "../checker.js";
import { checkCount, dimensionOf } from "../dimension-expressions.js";
import { forEachPart, partsOf } from "../expression-parts.js";
import { wordsFor } from "../scope.js";
import { axesOf, type Axis, numbersOf, type SemanticType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { isNumber, isReal, isTruth } from "./mismatch.js";
import { axesOfPlaces } from "./places.js";
import { wholeNumbersOf } from "./whole-ranges.js";

/** The value of an equation with indices on its left. Anywhere else `for` stands in a call that does not take it. */
export function inferIndexed(checker: Checker, node: IndexedNode): TypedExpression {
  return withIndices(checker, node, (body, lengths) => {
    if (body.type.kind !== "index" && !isNumber(checker, body)) return checker.error(node.span);
    const whole = wholeNumbersOf(checker, body);
    let value = body;
    for (const [i, { name }] of [...node.indices.entries()].reverse()) {
      const length = lengths[i];
      if (length === undefined) return checker.error(node.span);
      const axes: readonly Axis[] = [{ dim: length, source: undefined }, ...axesOf(value.type)];
      const type: SemanticType = whole === undefined ? numbersOf([body], axes) : { kind: "real", axes, whole };
      value = { kind: "indexed", index: name.text, length, body: value, span: node.span, type };
    }
    return value;
  });
}

/** `sum(e for j, k)` is `sum(sum(e for k) for j)`. */
export function inferIndexReduction(
  checker: Checker,
  call: CallNode,
  operation: ReductionName,
  node: IndexedNode,
): TypedExpression {
  return withIndices(checker, node, (body, lengths) => {
    if (!isReducible(checker, operation, body)) return checker.error(call.span);
    let value = body;
    for (const [i, { name }] of [...node.indices.entries()].reverse()) {
      const length = lengths[i];
      if (length === undefined) return checker.error(call.span);
      const { type } = body;
      if (operation === "prod" && !isKnownSize(checker, length, call.span)) return checker.error(call.span);
      if (isOfSome(operation) && !checker.needEntries(length, call.span)) return checker.error(call.span);
      value = { kind: "index-reduction", operation, index: name.text, length, body: value, span: call.span, type };
    }
    return value;
  });
}

/** `any` and `all` are of truth values, all else is of numbers; only sums and means are of complex ones. */
export function isReducible(checker: Checker, operation: string, operand: TypedExpression): boolean {
  if (operation === "any" || operation === "all") return isTruth(checker, operand);
  return operation === "sum" || operation === "mean" ? isNumber(checker, operand) : isReal(checker, operand, operation);
}

/** What is multiplied is written out, element by element. */
export function isKnownSize(checker: Checker, size: Dim, span: Span): boolean {
  const symbol = checker.runtimeSymbol(size);
  if (symbol === undefined) return true;
  const help = "of values above 0 it is `exp(sum(log(v)))`";
  checker.report("run-time-dimension", span, `a product over \`${symbol}\`, which is known at run time only`, { help });
  return false;
}

/** Checks the expression with the indices bound; their ranges are known afterwards. */
function withIndices(
  checker: Checker,
  node: IndexedNode,
  make: (body: TypedExpression, lengths: readonly (Dim | undefined)[]) => TypedExpression,
): TypedExpression {
  const bound: BoundIndex[] = [];
  for (const binder of node.indices) {
    const index = bind(checker, binder.name, binder.size !== undefined);
    if (index === undefined) continue;
    const count = binder.size && dimensionOf(checker, binder.size);
    index.size = count && checkCount(checker, count, binder.size.span);
    if (index.size === undefined && index.written) unbind(checker, index);
    else bound.push(index);
  }
  const isComplete = bound.length === node.indices.length;
  if (isComplete) for (const index of bound) index.size ??= plainRange(checker, node.value, index.name);
  const body = isComplete ? checker.infer(node.value) : checker.error(node.span);
  const lengths = bound.map((index) => lengthOf(checker, index, body));
  const result = isComplete ? make(body, lengths) : body;
  for (const index of bound) unbind(checker, index);
  return result;
}

export function unbind(checker: Checker, { name }: BoundIndex): void {
  checker.indices.delete(name);
  checker.scope.entries.delete(name);
}

/** Undefined where something has the name already. */
export function bind(checker: Checker, name: Name, written: boolean, ofRounds = false): BoundIndex | undefined {
  const { scope } = checker;
  const known = scope.entries.get(name.text) ?? scope.hidden.get(name.text);
  if (known !== undefined) {
    checker.report(
      "index-name-taken",
      name.span,
      `${wordsFor(known.kind, name.text)} is there already, so it cannot be an index`,
      {
        related: [{ span: known.span, message: `${wordsFor(known.kind, name.text)} is declared here` }],
        help: helpForTaken(checker, name.text),
      },
    );
    return undefined;
  }
  const index: BoundIndex = { name: name.text, span: name.span, written, size: undefined, ofRounds };
  checker.indices.set(name.text, index);
  scope.entries.set(name.text, { kind: "index", span: name.span });
  return index;
}

/** `h'[k] = …` of an index `k`, as one place is set elsewhere. */
function helpForTaken(checker: Checker, name: string): string {
  const letter = freeLetters(checker, 1).join("");
  const one = `; one place alone is \`h'[${letter}] = if ${letter} == ${name} then … else h[${letter}]\``;
  return `use another letter: \`${letter}\`${checker.scope.types.get(name)?.kind === "index" ? one : ""}`;
}

/** Names for indices that nothing has. */
export function freeLetters({ scope }: Checker, count: number): string[] {
  const isFree = (name: string): boolean => !scope.entries.has(name) && !scope.hidden.has(name);
  const more = Array.from({ length: count }, (_, i) => `index_${i + 1}`);
  return [..."nmkjlpqrabcdefg", ...more].filter(isFree).slice(0, count);
}

function lengthOf(checker: Checker, { name, span, size }: BoundIndex, body: TypedExpression): Dim | undefined {
  if (size === undefined && body.type.kind !== "error") {
    checker.report("index-range-unknown", span, `nothing says how far \`${name}\` goes`, {
      help: `give its range, \`${name} < N\`, or read something by it: \`v[${name}]\``,
    });
  }
  return size;
}

/** The range of an index that stands alone in the brackets of something with a name; others are known when they are reached. */
function plainRange(checker: Checker, value: Expression, name: string): Dim | undefined {
  let found: Dim | undefined;
  forEachPart(value, (part) => {
    if (found !== undefined || part.kind !== "index" || !isPlain(part.object)) return;
    const place = part.indices.findIndex(({ kind, ...index }) => kind === "at" && isAlone(index, name));
    if (place < 0) return;
    const type = part.object.kind === "reference" ? typeOf(checker, part.object.name) : checker.infer(part.object).type;
    const position = axesOfPlaces(checker, part)[place];
    if (type !== undefined && position !== undefined) found = axesOf(type)[position]?.dim;
  });
  return found;
}

function typeOf({ roundValues, scope }: Checker, name: string): SemanticType | undefined {
  return roundValues.get(name)?.type ?? scope.types.get(name);
}

function isAlone(index: object, name: string): boolean {
  if (!("value" in index)) return false;
  const value = index.value as Expression;
  return value.kind === "reference" && !value.next && value.name === name;
}

/** `h`, `h'`, `lower.h'`. */
function isPlain(expression: Expression): boolean {
  if (expression.kind === "member") return partsOf(expression).every(isPlain);
  return expression.kind === "reference";
}
