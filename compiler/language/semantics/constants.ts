/** Expressions that are known when the module is compiled: arguments of initialisers, real parameters. */
import { boundedSubtract } from "../../base/types/bounded-dim.js";
import { constantOf, type Dim, printDim } from "../../base/types/dim.js";
import type { Expression } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import { forEachPart } from "./expression-parts.js";
import { checkPositive } from "./dimension-expressions.js";
import { wholeOfSizes } from "./infer/whole-numbers.js";
import { wordsFor } from "./scope.js";
import { printSemanticType } from "./semantic-type.js";
import type { TypedExpression } from "./typed-program.js";

/** Numbers with a name; names of a cell or function hide them. */
export const languageConstants: ReadonlyMap<string, number> = new Map([
  ["pi", Math.PI],
  ["inf", Infinity],
]);

/** A scalar made of numbers, dimensions and real parameters; undefined where something was reported. */
export function inferConstant(checker: Checker, expression: Expression): TypedExpression | undefined {
  if (usesValues(checker, expression)) return undefined;
  const typed = checker.infer(expression);
  const { type, span } = typed;
  if (type.kind === "real" && type.axes.length === 0) return typed;
  if (type.kind === "error") return undefined;
  checker.report("not-a-constant", span, `a number is expected here, this is ${printSemanticType(type)}`);
  return undefined;
}

/** A whole number below `bound`, of dimensions too, or an index parameter; undefined where something was reported. */
export function inferIndex(checker: Checker, expression: Expression, bound: Dim): TypedExpression | undefined {
  const typed = checker.infer(expression);
  const { span, type } = typed;
  if (typed.kind === "real-parameter" && type.kind === "index") {
    if (checker.isAtMost(type.bound, bound)) return typed;
    checker.report(
      "not-a-constant",
      span,
      `an index below ${printDim(bound)} is expected here, this is ${printSemanticType(type)}`,
    );
    return undefined;
  }
  const place = wholeOfSizes(typed);
  const rest = place && boundedSubtract(bound, place);
  if (place !== undefined && rest !== undefined && (constantOf(place) ?? 0) >= 0) {
    checkPositive(checker, rest, span);
    if (!checker.provenAtLeast(place, 0)) checker.oblige("least", place, span);
    return typed;
  }
  if (type.kind !== "error")
    checker.report("not-a-constant", span, `a whole number from 0 to ${printDim(bound)} - 1 is expected here`, {
      help: "an index is given by a number or a size: `bos = 1`, `bos = V - 1`",
    });
  return undefined;
}

/** Reports the values in an expression. They are looked for by name: their types may not be known yet. */
function usesValues(checker: Checker, expression: Expression): boolean {
  let found = false;
  forEachPart(expression, (part) => {
    const name = part.kind === "reference" ? part.name : part.kind === "call" ? part.callee.text : undefined;
    const entry = name === undefined ? undefined : checker.scope.entries.get(name);
    if (name === undefined || entry === undefined) return;
    const isCall = part.kind === "call";
    const fn = isCall ? checker.scope.functions.get(name) : undefined;
    const isFine = isCall
      ? entry.kind !== "instance" && fn?.owner?.captures.has(name) !== true
      : (entry.kind === "dimension" && entry.runtime !== true) || entry.kind === "real";
    if (isFine) return;
    found = true;
    checker.scope.used.add(name);
    checker.report(
      "not-a-constant",
      part.span,
      `${wordsFor(entry.kind, name)} is not known when the cell is compiled`,
      {
        help: "use numbers, dimensions and the real parameters of the cell",
      },
    );
  });
  return found;
}
