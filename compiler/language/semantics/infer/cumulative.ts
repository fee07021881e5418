/** `cumsum(v, axis = N, reverse = true)`: what has run up along an axis. */
import { at } from "../../../base/at.js";
import type { CallNode } from "../../syntax/ast.js";
import { cumulatives, type CumulativeName } from "../builtins.js";
import type { Checker } from "../checker.js";
import { matchBuiltin } from "../match-arguments.js";
import { axesOf } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { flagOf, oneAxis } from "./axis-arguments.js";
import { isReal } from "./mismatch.js";

export function inferCumulative(checker: Checker, node: CallNode, operation: CumulativeName): TypedExpression {
  const { span } = node;
  const matched = matchBuiltin(node, cumulatives[operation].parameters, checker.collector);
  const [value, axisArgument, reverseArgument] = matched ?? [];
  const operand = value && checker.infer(value.value);
  if (operand === undefined || !isReal(checker, operand, operation)) return checker.error(span);
  const axis = oneAxis(checker, node, axisArgument, operand);
  const reverse = reverseArgument === undefined ? false : flagOf(checker, reverseArgument);
  if (axis === undefined || reverse === undefined) return checker.error(span);
  const typed = { kind: "cumulative", operation, axis, reverse, operand, span, type: operand.type } as const;
  const symbol = checker.runtimeSymbol(at(axesOf(operand.type), axis).dim);
  if (symbol === undefined) return typed;
  const { runs, draws } = checker.instances;
  if (runs !== undefined && draws !== undefined) return { ...typed, along: draws.node };
  refuseInCell(checker, node, symbol);
  return checker.error(span);
}

function refuseInCell(checker: Checker, { callee, span }: CallNode, symbol: string): void {
  const message = `\`${callee.text}\` over \`${symbol}\`, which is known at run time only`;
  const help = "it is written out when the cell is compiled: give the axis a parameter of the cell as its size";
  checker.report("run-time-dimension", span, message, { help });
}
