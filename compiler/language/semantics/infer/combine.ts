/** Operations element by element: shapes that must agree. */
import { at } from "../../../base/at.js";
import type { Span } from "../../../base/source/span.js";
import { equalDims } from "../../../base/types/dim.js";
import { broadcastAxes } from "../broadcast.js";
import type { ElementwiseName } from "../builtins.js";
import type { Checker } from "../checker.js";
import { axesOf, type Axis, printAxes, type SemanticType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { helpForAmbiguous, placeOfAxes, placeOfAxis } from "./mismatch.js";

interface Combination {
  readonly kind: SemanticType["kind"];
  readonly span: Span;
  /** The narrowest place that stands for the operation. */
  readonly reportAt: Span;
  /** "operands of `+`". */
  readonly words: string;
}

/** An operation on operands that were checked one by one: their shapes must agree. */
export function combine(
  checker: Checker,
  operation: ElementwiseName,
  operands: readonly TypedExpression[],
  { kind, span, reportAt, words }: Combination,
): TypedExpression {
  let axes: readonly Axis[] = [];
  for (const operand of operands) {
    const own = axesOf(operand.type);
    const result = broadcastAxes(axes, own, checker.isRuntime);
    if (!result.ok) {
      const other = operands.find((candidate) => axesOf(candidate.type) === axes);
      const shapes = `${words} have shapes ${printAxes(axes)} and ${printAxes(own)}`;
      const message = result.why === "differ" ? shapes : `${shapes}, which fit in more than one way`;
      const first = other === undefined ? placeOfAxes(axes, span, result.left) : placeOfAxis(other, result.left);
      checker.report("shape-mismatch", reportAt, message, {
        related: [first, placeOfAxis(operand, result.right)],
        help: result.why === "differ" ? helpFor(axes, own) : helpForAmbiguous(axes, own),
      });
      return checker.error(span);
    }
    // Kept by identity where nothing changed, so that a message finds the operand it came from.
    axes = [axes, own].find((candidate) => sameAxes(candidate, result.axes)) ?? result.axes;
  }
  return { kind: "elementwise", operation, operands, span, type: { kind, axes } as SemanticType };
}

function sameAxes(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}

function helpFor(a: readonly Axis[], b: readonly Axis[]): string | undefined {
  const sameReversed = a.length === b.length && a.every((axis, i) => equalDims(axis.dim, at(b, b.length - 1 - i).dim));
  if (a.length === 2 && sameReversed) return "one of them is the other way round: `transpose(…)`";
  if (a.length === 1 && b.length === 1) {
    return `bring them to one size: multiply one by a matrix, \`W @ …\`, or declare the cell with equal dimensions`;
  }
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const isLeading = short.length < long.length && short.every((axis, i) => equalDims(axis.dim, at(long, i).dim));
  if (isLeading) {
    const places = [...short.map(() => ":"), ...long.slice(short.length).map(() => "new")].join(", ");
    return `shapes are compared from their last axis: \`…[${places}]\` repeats along the last one`;
  }
  return undefined;
}
