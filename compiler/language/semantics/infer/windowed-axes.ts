/** How windows go over axes: `stride`, `dilation` and `pad` of `conv` and `windows`, and how many windows there are. */
import { at } from "../../../base/at.js";
import {
  boundedAdd,
  boundedDivide,
  boundedFloor,
  boundedMultiply,
  boundedSubtract,
} from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, printDim, subtractDims } from "../../../base/types/dim.js";
import type { ArgumentNode, CallNode, Expression } from "../../syntax/ast.js";
import type { Checker } from "../checker.js";
import { checkPositive, checkWhole, dimensionOf, sizeOf } from "../dimension-expressions.js";
import { helpWithLeast } from "../networks.js";
import type { Axis } from "../semantic-type.js";
import type { ConvolvedAxis } from "../typed-sizes.js";

const one = dimConstant(1);

/** What a call says besides what it goes over. */
interface WindowSettings {
  readonly stride: ArgumentNode | undefined;
  readonly dilation: ArgumentNode | undefined;
  readonly pad: ArgumentNode | undefined;
}

type StepsOfWindows = Pick<ConvolvedAxis, "stride" | "dilation">;
type ZerosAround = Pick<ConvolvedAxis, "before" | "after">;

/** For each of the axes, with windows of so many elements; undefined where something was reported. */
export function windowedAxes(
  checker: Checker,
  node: CallNode,
  axes: readonly Axis[],
  sizes: readonly Dim[],
  settings: WindowSettings,
): readonly ConvolvedAxis[] | undefined {
  return new WindowedAxes(checker, node, axes, sizes).of(settings);
}

class WindowedAxes {
  private readonly checker: Checker;
  private readonly node: CallNode;
  private readonly own: readonly Axis[];
  private readonly sizes: readonly Dim[];
  private readonly rank: number;

  constructor(checker: Checker, node: CallNode, own: readonly Axis[], sizes: readonly Dim[]) {
    this.checker = checker;
    this.node = node;
    this.own = own;
    this.sizes = sizes;
    this.rank = sizes.length;
  }

  of({ stride, dilation, pad }: WindowSettings): readonly ConvolvedAxis[] | undefined {
    const { checker } = this;
    const strides = this.forEach(stride, (item) => fixedSize(checker, item));
    const dilations = this.forEach(dilation, (item) => fixedSize(checker, item));
    if (strides === undefined || dilations === undefined) return undefined;
    const axes: ConvolvedAxis[] = [];
    for (let i = 0; i < this.rank; i++) {
      const steps = { stride: strides[i] ?? one, dilation: dilations[i] ?? one };
      const zeros = this.zerosOf(pad, i, steps);
      const length = zeros && this.lengthOf(i, steps, zeros);
      if (zeros === undefined || length === undefined) return undefined;
      axes.push({ ...steps, ...zeros, length });
    }
    return axes;
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
    const message = `\`${this.node.callee.text}\` goes over ${this.rank === 1 ? "one axis" : "two axes"} here`;
    const help = `one number for all axes, or one for each: \`${name?.text ?? "stride"} = ${this.rank === 1 ? "2" : "[2, 1]"}\``;
    this.checker.report("bad-argument", value.span, message, { help });
    return undefined;
  }

  private zerosOf(argument: ArgumentNode | undefined, axis: number, steps: StepsOfWindows): ZerosAround | undefined {
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
    { stride, dilation }: StepsOfWindows,
  ): ZerosAround | undefined {
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
      const whole = half && checkWhole(checker, half, span, withoutMiddle);
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

  private both(item: Expression): ZerosAround | undefined {
    const dim = this.zeros(item);
    return dim && { before: dim, after: dim };
  }

  private pair(items: readonly Expression[], { span }: Expression): ZerosAround | undefined {
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
    const dim = fixedDimension(checker, item, dimensionOf);
    if (dim === undefined || checker.provenAtLeast(dim, 0)) return dim;
    const constant = constantOf(dim);
    if (constant === undefined) return checkPositive(checker, boundedAdd(dim, one) ?? dim, item.span) && dim;
    checker.report("bad-dimension-size", item.span, `${constant} zeros`, { help: "at least 0" });
    return undefined;
  }

  /** From the first element of a window to its last; undefined where that is too large to be told. */
  private reachOf(axis: number, dilation: Dim): Dim | undefined {
    const size = boundedSubtract(at(this.sizes, axis), one);
    return size && boundedMultiply(dilation, size);
  }

  /** How many windows there are; the last one ends at the end, so that no element is left out unseen. */
  private lengthOf(
    axis: number,
    { stride, dilation }: StepsOfWindows,
    { before, after }: ZerosAround,
  ): Dim | undefined {
    const { checker, node, own } = this;
    const reach = this.reachOf(axis, dilation);
    const zeros = boundedAdd(before, after);
    const padded = zeros && boundedAdd(at(own, axis).dim, zeros);
    const room = padded && reach && boundedSubtract(boundedSubtract(padded, reach) ?? padded, one);
    const exact = room && boundedDivide(room, stride);
    const isOfCalls = room !== undefined && checker.isRuntime(room);
    const steps = exact && isOfCalls ? boundedFloor(exact) : exact;
    const length = steps && boundedAdd(steps, one);
    if (room === undefined || length === undefined) {
      checker.reportTooLarge(node.span);
      return undefined;
    }
    if (isOfCalls) return this.checkRoom(axis, length, boundedAdd(room, stride) ?? room);
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

  /** The number of windows over an axis whose size calls give: there may be none of them, but not less. */
  private checkRoom(axis: number, length: Dim, room: Dim): Dim | undefined {
    const { checker, node, sizes, own } = this;
    if (checker.provenAtLeast(length, 0)) return length;
    const whole = at(own, axis).dim;
    const isDemanded = checker.instances.runs !== undefined;
    const demand = `\`require ${printDim(whole)} >= ${printDim(subtractDims(whole, room))}\``;
    const least = helpWithLeast(checker, room) ?? `say how large it is at least${isDemanded ? `: ${demand}` : ""}`;
    checker.report(
      "bad-slice",
      node.span,
      `nothing says that windows of ${printDim(at(sizes, axis))} fit into \`${printDim(whole)}\``,
      {
        help: `${least}; or put zeros around it, \`pad = same\``,
      },
    );
    return undefined;
  }
}

/** A size at least 1 that does not differ from call to call. */
export const fixedSize = (checker: Checker, item: Expression): Dim | undefined => fixedDimension(checker, item, sizeOf);

function fixedDimension(
  checker: Checker,
  item: Expression,
  read: (checker: Checker, item: Expression) => Dim | undefined,
): Dim | undefined {
  const dim = read(checker, item);
  const symbol = dim && checker.runtimeSymbol(dim);
  if (symbol === undefined) return dim;
  checker.report("run-time-dimension", item.span, `\`${symbol}\` is known at run time only`, {
    help: "how windows go over an axis is known at compilation",
  });
  return undefined;
}

const withoutMiddle =
  "`same` puts as many zeros before as after, for windows with a middle: say how many, `pad = [1, 2]`";
