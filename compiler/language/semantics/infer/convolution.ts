/** `conv(x, W, stride = 2, pad = same)`: over the one or two axes of `x: [X, I]`, `[Y, X, I]` before its last. */
import { at } from "../../../base/at.js";
import type { Span } from "../../../base/source/span.js";
import { boundedAdd, boundedDivide, boundedMultiply, boundedSubtract } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, equalDims, printDim } from "../../../base/types/dim.js";
import type { ArgumentNode, CallNode, Expression } from "../../syntax/ast.js";
import type { Checker } from "../checker.js";
import { checkPositive, checkWhole, dimensionOf, sizeOf } from "../dimension-expressions.js";
import { matchArguments } from "../match-arguments.js";
import { type Axis, axesOf, printAxes, realType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import type { ConvolvedAxis } from "../typed-sizes.js";
import { isReal, placeOfAxis } from "./mismatch.js";

const one = dimConstant(1);

const parameters = [
  { name: "x" },
  { name: "W" },
  ...["stride", "dilation", "pad", "groups"].map((name) => ({ name, optional: true, named: true })),
];

export function inferConvolution(checker: Checker, node: CallNode): TypedExpression {
  const matched = matchArguments(node.arguments, parameters, "`conv`", node.span, checker.collector);
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
    const strides = this.forEach(stride, (item) => sizeOf(checker, item));
    const dilations = this.forEach(dilation, (item) => sizeOf(checker, item));
    if (strides === undefined || dilations === undefined) return failed();
    const axes: ConvolvedAxis[] = [];
    for (let i = 0; i < this.rank; i++) {
      const steps = { stride: strides[i] ?? one, dilation: dilations[i] ?? one };
      const zeros = this.zerosOf(pad, i, steps);
      const length = zeros && this.lengthOf(i, steps, zeros);
      if (zeros === undefined || length === undefined) return failed();
      axes.push({ ...steps, ...zeros, length });
    }
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
    for (const { type, span } of [left, right]) {
      const symbol = axesOf(type)
        .map(({ dim }) => checker.runtimeSymbol(dim))
        .find((name) => name !== undefined);
      if (symbol === undefined) continue;
      checker.report("run-time-dimension", span, `a convolution over \`${symbol}\`, which is known at run time only`, {
        help: "`conv` goes over axes whose sizes are those of the cell",
      });
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

  /** One for all axes, or a list with one for each; undefined where something was reported. */
  private forEach(
    argument: ArgumentNode | undefined,
    read: (item: Expression) => Dim | undefined,
  ): readonly Dim[] | undefined {
    const { rank } = this;
    if (argument === undefined) return new Array<Dim>(rank).fill(one);
    const { value } = argument;
    if (value.kind === "tuple" && value.items.length !== rank) return this.reportCount(value, argument);
    const items = value.kind === "tuple" ? value.items : new Array<Expression>(rank).fill(value);
    const dims = items.map(read);
    return dims.every((dim) => dim !== undefined) ? (dims as Dim[]) : undefined;
  }

  private reportCount(value: Expression, { name }: ArgumentNode): undefined {
    const message = `\`conv\` goes over ${this.rank === 1 ? "one axis" : "two axes"} here`;
    const help = `one number for all axes, or one for each: \`${name?.text ?? "stride"} = ${this.rank === 1 ? "2" : "[2, 1]"}\``;
    this.checker.report("bad-argument", value.span, message, { help });
    return undefined;
  }

  private zerosOf(
    argument: ArgumentNode | undefined,
    axis: number,
    steps: Pick<ConvolvedAxis, "stride" | "dilation">,
  ): Pick<ConvolvedAxis, "before" | "after"> | undefined {
    const { checker, rank } = this;
    const none = dimConstant(0);
    if (argument === undefined) return { before: none, after: none };
    const { value } = argument;
    const word = value.kind === "reference" && !checker.scope.entries.has(value.name) ? value.name : undefined;
    if (word !== undefined) return this.zerosNamed(word, value, axis, steps);
    if (value.kind !== "tuple") return this.both(value);
    if (rank === 1) return this.pair(value.items, value);
    const item = value.items[axis];
    if (value.items.length !== rank || item === undefined) return this.reportCount(value, argument);
    return item.kind === "tuple" ? this.pair(item.items, item) : this.both(item);
  }

  private zerosNamed(
    word: string,
    { span }: Expression,
    axis: number,
    { stride, dilation }: Pick<ConvolvedAxis, "stride" | "dilation">,
  ): Pick<ConvolvedAxis, "before" | "after"> | undefined {
    const { checker, rank } = this;
    const none = dimConstant(0);
    const reach = this.reachOf(axis, dilation);
    if (reach === undefined) {
      checker.reportTooLarge(span);
      return undefined;
    }
    if (word === "valid") return { before: none, after: none };
    if (word === "causal" && rank === 1) return { before: reach, after: none };
    if (word === "same" && constantOf(stride) === 1) {
      const half = boundedDivide(reach, dimConstant(2));
      const whole = half && checkWhole(checker, half, span);
      return whole && { before: whole, after: whole };
    }
    const messages: Readonly<Record<string, string>> = {
      causal: "`causal` is for one axis",
      same: "`same` is for a stride of 1",
    };
    checker.report("bad-argument", span, messages[word] ?? `\`pad\` does not know \`${word}\``, {
      help: "`same`, `valid`, `causal`, a number of zeros on both sides, or `[before, after]`",
    });
    return undefined;
  }

  private both(item: Expression): Pick<ConvolvedAxis, "before" | "after"> | undefined {
    const dim = this.zeros(item);
    return dim && { before: dim, after: dim };
  }

  private pair(
    items: readonly Expression[],
    { span }: Expression,
  ): Pick<ConvolvedAxis, "before" | "after"> | undefined {
    const [first, second] = items;
    if (items.length === 2 && first !== undefined && second !== undefined) {
      const [before, after] = [this.zeros(first), this.zeros(second)];
      return before && after && { before, after };
    }
    this.checker.report("bad-argument", span, `a list of ${items.length} for one axis`, {
      help: "zeros before and after: `pad = [2, 0]`",
    });
    return undefined;
  }

  /** A number of zeros, which may be 0. */
  private zeros(item: Expression): Dim | undefined {
    const { checker } = this;
    const dim = dimensionOf(checker, item);
    if (dim === undefined || checker.provenAtLeast(dim, 0)) return dim;
    const constant = constantOf(dim);
    if (constant === undefined) return checkPositive(checker, boundedAdd(dim, one) ?? dim, item.span) && dim;
    checker.report("bad-dimension-size", item.span, `${constant} zeros`, { help: "at least 0" });
    return undefined;
  }

  /** From the first entry of a window to its last; undefined where that is too large to be told. */
  private reachOf(axis: number, dilation: Dim): Dim | undefined {
    const size = boundedSubtract(at(this.weights, axis + 2).dim, one);
    return size && boundedMultiply(dilation, size);
  }

  /** How many windows there are; the last one ends at the end, so that no entry is left out unseen. */
  private lengthOf(
    axis: number,
    { stride, dilation }: Pick<ConvolvedAxis, "stride" | "dilation">,
    { before, after }: Pick<ConvolvedAxis, "before" | "after">,
  ): Dim | undefined {
    const { checker, node, own } = this;
    const reach = this.reachOf(axis, dilation);
    const zeros = boundedAdd(before, after);
    const padded = zeros && boundedAdd(at(own, axis).dim, zeros);
    const room = padded && reach && boundedSubtract(boundedSubtract(padded, reach) ?? padded, one);
    const steps = room && boundedDivide(room, stride);
    const length = steps && boundedAdd(steps, one);
    if (room === undefined || length === undefined) {
      checker.reportTooLarge(node.span);
      return undefined;
    }
    const constant = constantOf(length);
    if (constant !== undefined && !Number.isInteger(constant)) {
      const rest = (constantOf(room) ?? 0) % (constantOf(stride) ?? 1);
      checker.report(
        "dimension-not-whole",
        node.span,
        `windows with a stride of ${printDim(stride)} leave out ${rest} of ${printDim(padded ?? room)}`,
        {
          help: "other zeros make it even, `pad = [1, 0]`, or a slice does: `x[:N - 1]`",
        },
      );
      return undefined;
    }
    const whole = constant === undefined && constantOf(stride) !== 1 ? checkWhole(checker, length, node.span) : length;
    return whole && checkPositive(checker, whole, node.span);
  }
}
