/** `windows(x, K, stride = 2)`: what stands in each window over the first axis, or the first two, along axes of its own. */
import { at } from "../../../base/at.js";
import type { Span } from "../../../base/source/span.js";
import { boundedAdd } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim } from "../../../base/types/dim.js";
import type { ArgumentNode, CallNode } from "../../syntax/ast.js";
import { shapeFunctions } from "../builtins.js";
import type { Checker } from "../checker.js";
import { matchBuiltin } from "../match-arguments.js";
import { type Axis, axesOf, printAxes, realType, scalarType, shapeOf } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import type { ConvolvedAxis } from "../typed-sizes.js";
import { isReal } from "./mismatch.js";
import { fixedSize, windowedAxes } from "./windowed-axes.js";

export function inferWindows(checker: Checker, node: CallNode): TypedExpression {
  const { span } = node;
  const [x, size, stride, dilation, pad, fill] =
    matchBuiltin(node, shapeFunctions.windows.parameters, checker.collector) ?? [];
  const operand = x && checker.infer(x.value);
  if (operand === undefined || size === undefined || !isReal(checker, operand, "windows")) return checker.error(span);
  const items = size.value.kind === "tuple" ? size.value.items : [size.value];
  const own = axesOf(operand.type);
  if (!hasAxes(checker, node, own, items.length)) return checker.error(span);
  const sizes = items.map((item) => fixedSize(checker, item));
  if (!sizes.every((one) => one !== undefined)) return checker.error(span);
  const over = windowedAxes(checker, node, own.slice(0, items.length), sizes as Dim[], { stride, dilation, pad });
  const filled = fillOf(checker, fill, span);
  if (over === undefined || filled === undefined) return checker.error(span);
  const padded = over.reduce<TypedExpression | undefined>(
    (value, axis, i) => value && around(checker, value, filled, i, axis),
    operand,
  );
  if (padded === undefined) return checker.error(span);
  const axes = over.map(({ stride, dilation, length }, i) => ({ stride, dilation, length, size: at(sizes as Dim[], i) })); // prettier-ignore
  const rest = shapeOf(own.slice(items.length));
  const type = realType([...axes.map(({ length }) => length), ...axes.map((axis) => axis.size), ...rest]);
  return { kind: "windows", operand: padded, axes, span, type };
}

function hasAxes(checker: Checker, node: CallNode, own: readonly Axis[], rank: number): boolean {
  if ((rank === 1 || rank === 2) && rank <= own.length) return true;
  const message = `\`windows\` over ${rank === 1 ? "one axis" : `${rank} axes`} of ${own.length === 0 ? "a number" : printAxes(own)}`;
  checker.report("shape-mismatch", node.callee.span, message, {
    help: "over the first axis `windows(x, K)`, over the first two `windows(x, [K, L])`",
  });
  return false;
}

/** What stands around: 0 where nothing is said. */
function fillOf(checker: Checker, argument: ArgumentNode | undefined, span: Span): TypedExpression | undefined {
  if (argument === undefined) return { kind: "number", value: 0, span, type: scalarType };
  const value = checker.infer(argument.value);
  if (!isReal(checker, value, "windows")) return undefined;
  if (axesOf(value.type).length === 0) return value;
  const message = `\`fill\` is one number, this is ${printAxes(axesOf(value.type))}`;
  checker.report("shape-mismatch", value.span, message, { help: "what stands around is the same everywhere" });
  return undefined;
}

/** Written as what it is: the value between what is filled in. */
function around(
  checker: Checker,
  value: TypedExpression,
  fill: TypedExpression,
  axis: number,
  { before, after }: Pick<ConvolvedAxis, "before" | "after">,
): TypedExpression | undefined {
  const { span } = value;
  const shape = shapeOf(axesOf(value.type));
  const replaced = (dim: Dim): TypedExpression["type"] => realType(shape.map((own, i) => (i === axis ? dim : own)));
  const part = (count: Dim): TypedExpression[] =>
    constantOf(count) === 0 ? [] : [{ kind: "repeat", operand: fill, span, type: replaced(count) }];
  const operands = [...part(before), value, ...part(after)];
  if (operands.length === 1) return value;
  const zeros = boundedAdd(before, after);
  const total = zeros && boundedAdd(at(shape, axis), zeros);
  if (total === undefined) checker.reportTooLarge(span);
  return total && { kind: "concat", axis, operands, span, type: replaced(total) };
}
