/** `conv(x, W, stride = 2, pad = same)`: over the one or two axes of `x: [X, I]`, `[Y, X, I]` before its last. */
import { at } from "../../../base/at.js";
import type { Span } from "../../../base/source/span.js";
import { boundedDivide, boundedMultiply } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, equalDims, printDim } from "../../../base/types/dim.js";
import type { ArgumentNode, CallNode } from "../../syntax/ast.js";
import { shapeFunctions } from "../builtins.js";
import type { Checker } from "../checker.js";
import { checkWhole, sizeOf } from "../dimension-expressions.js";
import { matchBuiltin } from "../match-arguments.js";
import { type Axis, axesOf, printAxes, realType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { isReal, placeOfAxis } from "./mismatch.js";
import { windowedAxes } from "./windowed-axes.js";

const one = dimConstant(1);

export function inferConvolution(checker: Checker, node: CallNode): TypedExpression {
  const matched = matchBuiltin(node, shapeFunctions.conv.parameters, checker.collector);
  const [x, W, ...settings] = matched ?? [];
  const [left, right] = [x, W].map((argument) => argument && checker.infer(argument.value));
  if (left === undefined || right === undefined) return checker.error(node.span);
  if (![left, right].map((operand) => isReal(checker, operand, "conv")).every(Boolean)) return checker.error(node.span);
  return new Convolution(checker, node, left, right).infer(settings);
}

class Convolution {
  private readonly checker: Checker;
  private readonly node: CallNode;
  private readonly left: TypedExpression;
  private readonly right: TypedExpression;
  private readonly own: readonly Axis[];
  private readonly weights: readonly Axis[];
  /** How many axes it goes over. */
  private readonly rank: number;

  constructor(checker: Checker, node: CallNode, left: TypedExpression, right: TypedExpression) {
    this.checker = checker;
    this.node = node;
    this.left = left;
    this.right = right;
    this.own = axesOf(left.type);
    this.weights = axesOf(right.type);
    this.rank = this.own.length - 1;
  }

  infer([stride, dilation, pad, groups]: readonly (ArgumentNode | undefined)[]): TypedExpression {
    const { checker, node, left, right } = this;
    const failed = (): TypedExpression => checker.error(node.span);
    if (!this.haveAxes() || !this.areKnown()) return failed();
    const count = groups === undefined ? one : sizeOf(checker, groups.value);
    if (count === undefined || !this.fitGroups(count, groups?.span ?? node.span)) return failed();
    const sizes = this.weights.slice(2).map(({ dim }) => dim);
    const axes = windowedAxes(checker, node, this.own.slice(0, this.rank), sizes, { stride, dilation, pad });
    if (axes === undefined) return failed();
    const type = realType([...axes.map(({ length }) => length), at(this.weights, 0).dim]);
    return { kind: "convolution", left, right, axes, groups: count, span: node.span, type };
  }

  private haveAxes(): boolean {
    const { checker, node, own, weights, rank } = this;
    if ((rank === 1 || rank === 2) && weights.length === rank + 2) return true;
    const message = `\`conv\` of ${printAxes(own)} with weights ${printAxes(weights)}`;
    checker.report("shape-mismatch", node.callee.span, message, {
      help: "over one axis `[X, I]` with `[O, I, K]`, over two `[Y, X, I]` with `[O, I, K, L]`: channels are the last axis of the value",
    });
    return false;
  }

  private areKnown(): boolean {
    const { checker, left, right } = this;
    const channels = axesOf(left.type).slice(-1);
    for (const [axes, span] of [
      [channels, left.span],
      [axesOf(right.type), right.span],
    ] as const) {
      const symbol = axes.map(({ dim }) => checker.runtimeSymbol(dim)).find((name) => name !== undefined);
      if (symbol === undefined) continue;
      checker.report(
        "run-time-dimension",
        span,
        `channels and weights of \`conv\` do not differ from call to call, and this has \`${symbol}\``,
        {
          help: "how many channels there are, and the weights, are known at compilation",
        },
      );
      return false;
    }
    return true;
  }

  /** `[O, I / G, …]` of G groups for `[…, I]`. */
  private fitGroups(count: Dim, span: Span): boolean {
    const { checker, left, right, own, weights, rank } = this;
    const [outputs, inner] = weights as [Axis, Axis];
    const channels = at(own, rank);
    const read = boundedMultiply(inner.dim, count);
    const each = boundedDivide(outputs.dim, count);
    if (read === undefined || each === undefined) {
      checker.reportTooLarge(span);
      return false;
    }
    if (equalDims(read, channels.dim)) return checkWhole(checker, each, span) !== undefined;
    const groups = constantOf(count) === 1 ? "" : ` for each of ${printDim(count)} groups`;
    const message = `the weights are for ${printDim(inner.dim)} channels${groups}, \`x\` has ${printDim(channels.dim)}`;
    checker.report("shape-mismatch", right.span, message, {
      related: [placeOfAxis(left, rank), placeOfAxis(right, 1)],
      help: "weights are `[O, I, K]` and channels the last axis: `[X, I]`; each channel for itself is `groups = I` with `[I, 1, K]`",
    });
    return false;
  }
}
