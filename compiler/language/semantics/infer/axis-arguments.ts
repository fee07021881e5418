/** `axis = 0`, `axis = -1`, `axis = H`, and which way along it, `reverse = true`. */
import { at } from "../../../base/at.js";
import type { ArgumentNode, CallNode, Expression } from "../../syntax/ast.js";
import { equalDims, printDim, symbolsOf } from "../../../base/types/dim.js";
import { normalizations, reductions } from "../builtins.js";
import type { Checker } from "../checker.js";
import { dimensionOf } from "../dimension-expressions.js";
import { forEachPart } from "../expression-parts.js";
import { axesOf, printAxes } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { placeOfAxis } from "./mismatch.js";

/** One axis, or a list of them: in increasing order. */
export function axesListed(
  checker: Checker,
  expression: Expression,
  operand: TypedExpression,
): readonly number[] | undefined {
  const rank = axesOf(operand.type).length;
  const items = expression.kind === "tuple" ? expression.items : [expression];
  const found = items.map((item) => axisOf(checker, item, rank, operand));
  const known = found.filter((axis) => axis !== undefined);
  if (known.length < items.length) return undefined;
  if (known.length > 0 && new Set(known).size === known.length) return known.sort((a, b) => a - b);
  const message = known.length === 0 ? "a list of no axes" : "an axis stands here twice";
  checker.report("bad-axis", expression.span, message, { help: "each once: `axis = [0, 1]`, `axis = [N, K]`" });
  return undefined;
}

/** What is mostly done to the elements of a sequence, whose own axis is the first. */
const overEntries = new Set([...Object.keys(normalizations), "argmax", "argmin", "sample", "sort", "argsort"]);

/** Of a vector, where a call tells none. */
export function onlyAxis(checker: Checker, node: CallNode, operand: TypedExpression): readonly number[] | undefined {
  const axes = axesOf(operand.type);
  if (axes.length === 1) return [0];
  const name = node.callee.text;
  const likely = overEntries.has(name) ? axes.length - 1 : 0;
  const { dim } = at(axes, likely);
  const isName = symbolsOf(dim).length === 1 && axes.filter((axis) => equalDims(axis.dim, dim)).length === 1;
  const written = likely > 0 && isName ? printDim(dim) : String(likely);
  const all = Object.hasOwn(reductions, name) ? `, \`axis = [${axes.map((_, i) => i).join(", ")}]\` over all` : "";
  checker.report("missing-axis", node.callee.span, `\`${name}\` of ${printAxes(axes)} needs an axis`, {
    related: [placeOfAxis(operand, axes.length - 1)],
    help: `say which: \`${name}(…, axis = ${written})\` is over ${printDim(dim)}${all}`,
  });
  return undefined;
}

/** An axis from 0, where -1 is the last; or by its dimension, of `named`, which has it once. */
export function axisOf(
  checker: Checker,
  expression: Expression,
  rank: number,
  named?: TypedExpression,
): number | undefined {
  const value = integerOf(expression);
  if (value === undefined) {
    if (named !== undefined && isDimension(checker, expression)) return axisNamed(checker, expression, named);
    const help = named === undefined ? undefined : "or its dimension, where one axis has it: `axis = H`";
    checker.report("bad-axis", expression.span, "an axis is a number: 0 for the first, -1 for the last", { help });
    return undefined;
  }
  const axis = value < 0 ? value + rank : value;
  if (axis >= 0 && axis < rank) return axis;
  checker.report("bad-axis", expression.span, `there is no axis ${value} of ${rank}`, {
    help: rank === 1 ? ofOneAxis : `axes are 0 to ${rank - 1}, or -${rank} to -1 from the end`,
  });
  return undefined;
}

/** Where there is a batch, a vector of each example is axis 1. */
const ofOneAxis = "it has axis 0 alone, and none of a batch: a cell is written for one example";

/** Whether dimensions stand in it, and nothing else but numbers. */
export function isDimension(checker: Checker, expression: Expression): boolean {
  let hasSymbol = false;
  let isOther = false;
  forEachPart(expression, (part) => {
    const isSymbol = part.kind === "reference" && checker.scope.entries.get(part.name)?.kind === "dimension";
    hasSymbol ||= isSymbol;
    isOther ||= !isSymbol && part.kind !== "number" && part.kind !== "binary";
  });
  return hasSymbol && !isOther;
}

function axisNamed(checker: Checker, expression: Expression, operand: TypedExpression): number | undefined {
  const dim = dimensionOf(checker, expression);
  if (dim === undefined) return undefined;
  const axes = axesOf(operand.type);
  const found = axes.flatMap((axis, i) => (equalDims(axis.dim, dim) ? [i] : []));
  if (found.length === 1) return found[0];
  const how = found.length === 0 ? "no axis" : `${found.length} axes`;
  checker.report(
    "bad-axis",
    expression.span,
    `${how} of ${printAxes(axes)} ${found.length === 0 ? "is" : "are"} ${printDim(dim)}`,
    {
      related: [placeOfAxis(operand, found[1] ?? axes.length - 1)],
      help: "write its number: 0 for the first, -1 for the last",
    },
  );
  return undefined;
}

/** `2`, `-1`. */
export function integerOf(expression: Expression): number | undefined {
  if (expression.kind === "number") return Number.isInteger(expression.value) ? expression.value : undefined;
  if (expression.kind !== "unary" || expression.operator !== "-") return undefined;
  const value = integerOf(expression.operand);
  return value === undefined ? undefined : -value;
}

/** The axis that is told, or the only one. */
export function oneAxis(
  checker: Checker,
  node: CallNode,
  argument: ArgumentNode | undefined,
  operand: TypedExpression,
): number | undefined {
  const axes = axesOf(operand.type);
  if (axes.length === 0) {
    checker.report("bad-axis", operand.span, `\`${node.callee.text}\` needs a vector or more, this is a scalar`);
    return undefined;
  }
  if (argument === undefined) return onlyAxis(checker, node, operand)?.[0];
  return axisOf(checker, argument.value, axes.length, operand);
}

/** `true` or `false`, which are words here only. */
export function flagOf(checker: Checker, { value, name, span }: ArgumentNode): boolean | undefined {
  if (value.kind === "reference" && !value.next && (value.name === "true" || value.name === "false"))
    return value.name === "true";
  const word = name?.text ?? "reverse";
  checker.report("bad-argument", span, `\`${word}\` is \`true\` or \`false\``, { help: `write \`${word} = true\`` });
  return undefined;
}
