/** Warnings about numbers of the text that the numbers of a module cannot hold. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { lostIn, rangeHelp, type RealType } from "../../ir/ops/number-range.js";
import { scalarValues } from "../../ir/ops/scalar-values.js";
import type { Span } from "../../base/source/span.js";
import type { Expression } from "../syntax/ast.js";
import { clip } from "../syntax/reporter.js";
import { partsOf } from "./expression-parts.js";

/** Reports literals, and results of arithmetic with nothing but literals, that are infinite or 0 in `dtype`; gives those numbers. */
export function checkNumbers(
  values: readonly Expression[],
  dtype: RealType,
  collector: DiagnosticCollector,
): readonly number[] {
  const reported: number[] = [];
  const check = (value: number, text: string, span: Span): number | undefined => {
    const lost = lostIn(dtype, value);
    if (lost === undefined) return value;
    collector.report("number-range", span, `\`${clip(text)}\` is ${lost}`, { help: rangeHelp });
    reported.push(value);
    return undefined;
  };
  /** The number that an expression is; undefined where it is none, or one that was reported. Nesting has a limit. */
  const visit = (expression: Expression): number | undefined => {
    if (expression.kind === "number") return check(expression.value, expression.text, expression.span);
    const parts = partsOf(expression).map(visit);
    if (!parts.every((part) => part !== undefined)) return undefined;
    const value = combined(expression, parts);
    if (value === undefined || expression.kind !== "binary") return value;
    // Only a division by 0 is meant to be infinite.
    if (!Number.isFinite(value) && expression.operator !== "/") {
      collector.report("number-range", expression.span, `this is ${value}, in float64 too`, { help: rangeHelp });
      return undefined;
    }
    return check(value, String(value), expression.span);
  };
  values.forEach(visit);
  return reported;
}

/** The number that literals and arithmetic with them are; undefined where anything else takes part. */
export function literalValue(expression: Expression): number | undefined {
  if (expression.kind === "number") return expression.value;
  const parts = partsOf(expression).map(literalValue);
  return parts.every((part) => part !== undefined) ? combined(expression, parts) : undefined;
}

function combined(expression: Expression, [a, b]: readonly number[]): number | undefined {
  if (expression.kind === "unary") return expression.operator === "-" && a !== undefined ? -a : undefined;
  const operation = expression.kind === "binary" ? arithmetic.get(expression.operator) : undefined;
  return operation === undefined || a === undefined || b === undefined ? undefined : scalarValues[operation](a, b);
}

const arithmetic = new Map([
  ["+", "add"],
  ["-", "sub"],
  ["*", "mul"],
  ["/", "div"],
  ["^", "pow"],
] as const satisfies readonly (readonly [string, keyof typeof scalarValues])[]) as ReadonlyMap<
  string,
  keyof typeof scalarValues
>;
