/** Reports about types that do not fit: both sides, each with where it came from. */
import type { Span } from "../../../base/source/span.js";
import { printDim } from "../../../base/types/dim.js";
import { isAmbiguous } from "../broadcast.js";
import type { Checker } from "../checker.js";
import { axesOf, type Axis, printAxes, printSemanticType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";

interface RelatedPlace {
  readonly span: Span;
  readonly message: string;
}

/** "`H` of [S, H] comes from the param `W`", or where the expression itself stands. */
export function placeOfAxis(expression: TypedExpression, axis: number): RelatedPlace {
  const axes = axesOf(expression.type);
  const found = axes[axis];
  const shape = printAxes(axes);
  if (found?.source === undefined) return { span: expression.span, message: `this is ${shape}` };
  const dim = axes.length === 1 ? shape : `\`${printDim(found.dim)}\` of ${shape}`;
  return { span: found.source.span, message: `${dim} comes from ${found.source.words}` };
}

export function placeOfAxes(axes: readonly Axis[], span: Span, axis = axes.length - 1): RelatedPlace {
  return placeOfAxis({ kind: "error", span, type: { kind: "real", axes } }, axis);
}

/** True for a real or complex value; reports anything else that was not reported already. */
export function isNumber(checker: Checker, expression: TypedExpression): boolean {
  return expression.type.kind === "complex" || isReal(checker, expression);
}

/** Activations that are taken of both parts; of others that would be another function. */
const ofEachPart = new Set(["tanh", "sigmoid", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "cumsum"]);

/**
 * True for a real value; reports anything else that was not reported already. Where types are guessed the unknown is a number.
 *
 * @param taker The function that takes it, where it is one.
 */
export function isReal(checker: Checker, expression: TypedExpression, taker?: string): boolean {
  const { type, span } = expression;
  switch (type.kind) {
    case "real":
      return true;
    case "error":
      return checker.isGuessing;
    case "index":
      checker.report("integer-as-real", span, `an ${printSemanticType(type)} is not a real number`, {
        help: "it selects a row, `E[x]` with `param E: [V, D]`; the number that it is is `real(x)`",
      });
      return false;
    case "bool":
      checker.report("truth-value-as-real", span, "a truth value is not a real number", {
        help: "make it one: `if … then 1 else 0`",
      });
      return false;
    case "complex": {
      const message = `${taker === undefined ? "a real number is expected here" : `\`${taker}\` takes real numbers`}, this is complex`;
      const ofParts = `of the parts it is \`complex(${taker ?? ""}(re(z)), ${taker ?? ""}(im(z)))\``;
      const help = "its parts are `re(z)` and `im(z)`, its size and angle `abs(z)` and `arg(z)`";
      checker.report("complex-value", span, message, {
        help: taker !== undefined && ofEachPart.has(taker) ? ofParts : help,
      });
      return false;
    }
    case "outputs":
      reportSeveralOutputs(checker, expression, type.instance);
      return false;
  }
}

export function isTruth(checker: Checker, expression: TypedExpression): boolean {
  const { type, span } = expression;
  if (type.kind === "bool" || (type.kind === "error" && checker.isGuessing)) return true;
  if (type.kind === "outputs") reportSeveralOutputs(checker, expression, type.instance);
  else if (type.kind !== "error") {
    checker.report("real-as-truth-value", span, "a truth value is expected here, this is a number", {
      help: "compare it: `x > 0`",
    });
  }
  return false;
}

function reportSeveralOutputs(checker: Checker, { span }: TypedExpression, instance: string): void {
  const outputs = checker.instances.instances.get(instance)?.cell.outputs.map((output) => output.name) ?? [];
  const first = outputs[0];
  checker.report("several-outputs", span, `\`${instance}\` has ${outputs.length} outputs, not one`, {
    help: first === undefined ? `read its states: \`${instance}.h'\`` : `choose one: \`${instance}.${first}\``,
  });
}

/** The two ways of a vector in a matrix; of others only that they must be told apart. */
export function helpForAmbiguous(a: readonly Axis[], b: readonly Axis[]): string {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const [axis] = short;
  if (axis === undefined || short.length > 1 || long.length > 2) {
    return "give both as many axes: `reshape(…)` with axes of 1 says along which axes it repeats";
  }
  const size = printDim(axis.dim);
  return `\`reshape(…, [1, ${size}])\` is the same in every row, \`reshape(…, [${size}, 1])\` in every column`;
}

/** Where a value would fill its place in more than one way. */
export function helpToFill(checker: Checker, axes: readonly Axis[], target: readonly Axis[]): string | undefined {
  return axes.length < target.length && isAmbiguous(axes, target, checker.isRuntime)
    ? helpForAmbiguous(axes, target)
    : undefined;
}
