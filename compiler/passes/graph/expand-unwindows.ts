import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { addDims, constantOf, type Dim, dimConstant, multiplyDims, subtractDims } from "../../base/types/dim.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { rewriteFunction } from "../../ir/graph/rewrite.js";
import type { Operation, ValueId } from "../../ir/graph/graph-function.js";
import { anyTarget } from "../any-target.js";
import type { GraphPass } from "../pass.js";
import { View } from "./simplify/view.js";

/**
 * Writes `unwindow` by operations that kernels know. What a convolution has as its derivative by its input is one: the windows of the
 * derivative, in zeros, with the weights turned round, so that no product stands in memory once for each element of a window. Of
 * other values it is the sum of the elements of windows, each in zeros at its place, where they are few; else a sum along places.
 */
export const expandUnwindows: GraphPass = {
  name: "expand-unwindows",
  summary: "write sums of overlapping windows as convolutions, or element by element",
  run: (fn, context) =>
    rewriteFunction(fn, context, (b, operation, operands) => {
      if (operation.kind !== "unwindow") return undefined;
      return [new Expansion(b, operation).of(at(operands, 0))];
    }),
};

type Unwindow = Extract<Operation, { kind: "unwindow" }>;
type ProductOfWindows = Extract<Operation, { kind: "contract" }>;

const none = dimConstant(0);
const one = dimConstant(1);
class Expansion {
  private readonly b: GraphBuilder;
  private readonly operation: Unwindow;
  private readonly view: View;

  constructor(b: GraphBuilder, operation: Unwindow) {
    this.b = b;
    this.operation = operation;
    this.view = new View(b);
  }

  of(value: ValueId): ValueId {
    return this.convolution(value) ?? this.apartFromEachOther(value) ?? this.elements(value) ?? this.places(value);
  }

  /** Of a product with the windows on one side and their elements on the other, or of a sum of such products. */
  private convolution(value: ValueId): ValueId | undefined {
    const { b, view, operation } = this;
    const sum = view.match(value, "map");
    if (sum?.operation.op === "add") {
      const terms = sum.operands.map((term) => this.convolution(term));
      const [left, right] = terms;
      return left === undefined || right === undefined ? undefined : b.map("add", left, right);
    }
    const turned = view.match(value, "reverse");
    if (turned?.operation.axis === operation.axis + 1) return this.ofTurned(turned.operands[0]);
    const product = view.match(value, "contract");
    if (product === undefined || product.operation.strong === true) return undefined;
    const { a, b: other, result } = product.operation;
    const [window, element] = [at(result, operation.axis), at(result, operation.axis + 1)];
    const isOf = (label: number, own: readonly number[], others: readonly number[]): boolean =>
      own.includes(label) && !others.includes(label);
    const [left, right] = product.operands;
    // Of a single channel the products are few, and a convolution with one column slower than the sum of a few elements.
    const isLong = (constantOf(at(this.b.shapeOf(value), operation.axis + 1)) ?? Infinity) > anyTarget.mostElements;
    const [own, opposite] = other.includes(element) ? [other, a] : [a, other];
    const channels = result.filter((label) => label !== element && isOf(label, own, opposite));
    const sizes = channels.map((label) => constantOf(at(this.b.shapeOf(value), result.indexOf(label))));
    if (!isLong && sizes.every((size) => size === 1)) return undefined;
    if (isOf(window, a, other) && isOf(element, other, a)) return this.turned(product.operation, left, right, false);
    return isOf(window, other, a) && isOf(element, a, other)
      ? this.turned(product.operation, right, left, true)
      : undefined;
  }

  /** Of a product with its elements from their end: a product with what they are of from its end. */
  private ofTurned(value: ValueId): ValueId | undefined {
    const { b, view, operation } = this;
    const product = view.match(value, "contract");
    if (product === undefined) return undefined;
    const { a, b: other, result } = product.operation;
    const element = at(result, operation.axis + 1);
    if (a.includes(element) && other.includes(element)) return undefined;
    const operands = product.operands.map((id, i) => {
      const axis = (i === 0 ? a : other).indexOf(element);
      return axis < 0 ? id : b.emit({ kind: "reverse", axis }, [id]);
    });
    return this.convolution(b.emit(product.operation, operands));
  }

  /** `sum over k of P[j - d k] Q[k]` as windows of P, in zeros, times Q from its end. */
  private turned({ a, b: other, result, parts }: ProductOfWindows, p: ValueId, q: ValueId, isSecond: boolean): ValueId {
    const { b } = this;
    const { axis, size, stride, dilation } = this.operation;
    const [window, element] = [at(result, axis), at(result, axis + 1)];
    const [ofP, ofQ] = isSecond ? [other, a] : [a, other];
    const [axisOfP, axisOfQ] = [ofP.indexOf(window), ofQ.indexOf(element)];
    const count = at(b.shapeOf(q), axisOfQ);
    const spread = this.apart(p, axisOfP, stride);
    const before = multiplyDims(dilation, subtractDims(count, one));
    // After the last window are the zeros of its stride, which no window reads: where there is no window, its start would lie before 0.
    const after = addDims(subtractDims(size, at(b.shapeOf(spread), axisOfP)), subtractDims(stride, one));
    const padded = this.padded(spread, axisOfP, before, after);
    const steps = { stride: one, dilation };
    const windows = b.emit({ kind: "window", axis: axisOfP, length: size, size: count, ...steps }, [padded]);
    const back = b.emit({ kind: "reverse", axis: axisOfQ }, [q]);
    const ownP = ofP.flatMap((label) => (label === window ? [window, element] : [label]));
    const kept = result.filter((label) => label !== element);
    return isSecond
      ? b.contract(back, windows, { a: ofQ, b: ownP, result: kept, parts })
      : b.contract(windows, back, { a: ownP, b: ofQ, result: kept, parts });
  }

  private around(value: ValueId, axis: number, before: Dim, after: Dim): ValueId {
    if (constantOf(before) === 0 && constantOf(after) === 0) return value;
    return this.b.emit({ kind: "pad", axis, before, after }, [value]);
  }

  /** Zeros around an axis; under windows of other axes, as those are no values of their own. */
  private padded(value: ValueId, axis: number, before: Dim, after: Dim): ValueId {
    const { b, view } = this;
    const inner = view.match(value, "window");
    if (inner === undefined) return this.around(value, axis, before, after);
    const own = inner.operation.axis;
    invariant(axis !== own && axis !== own + 1, "zeros around windows");
    const source = this.padded(inner.operands[0], axis > own ? axis - 1 : axis, before, after);
    return b.emit(inner.operation, [source]);
  }

  /** The elements of an axis with `step - 1` zeros after each. */
  private apart(value: ValueId, axis: number, step: Dim): ValueId {
    const { b, view } = this;
    if (constantOf(step) === 1) return value;
    const inner = view.match(value, "window");
    if (inner !== undefined) {
      const own = inner.operation.axis;
      return b.emit(inner.operation, [this.apart(inner.operands[0], axis > own ? axis - 1 : axis, step)]);
    }
    const shape = b.shapeOf(value);
    const count = at(shape, axis);
    const around = (middle: readonly Dim[]): Dim[] => [...shape.slice(0, axis), ...middle, ...shape.slice(axis + 1)];
    const single = b.reshape(value, around([count, one]));
    const rows = b.emit({ kind: "pad", axis: axis + 1, before: none, after: subtractDims(step, one) }, [single]);
    return b.reshape(rows, around([multiplyDims(count, step)]));
  }

  /** Windows that follow each other: every element of the axis is one of a window, or none. */
  private apartFromEachOther(value: ValueId): ValueId | undefined {
    const { b } = this;
    const { axis, size, stride, dilation } = this.operation;
    const [length, elements] = b.shapeOf(value).slice(axis, axis + 2) as [Dim, Dim];
    const [step, count] = [constantOf(stride), constantOf(elements)];
    if (step === undefined || count === undefined || step < count || constantOf(dilation) !== 1) return undefined;
    const between = this.around(value, axis + 1, none, dimConstant(step - count));
    const shape = b.shapeOf(value);
    const all = [...shape.slice(0, axis), multiplyDims(length, stride), ...shape.slice(axis + 2)];
    // There may be less of the axis after the last window than between two.
    return b.slice(this.around(b.reshape(between, all), axis, none, size), axis, none, size);
  }

  private elements(value: ValueId): ValueId | undefined {
    const { b } = this;
    const { axis, size, stride, dilation } = this.operation;
    const shape = b.shapeOf(value);
    const count = constantOf(at(shape, axis + 1));
    if (count === undefined || count > anyTarget.mostElements) return undefined;
    let sum: ValueId | undefined;
    for (let k = 0; k < count; k++) {
      const element = b.slice(value, axis + 1, dimConstant(k), one);
      const own = this.apart(b.reshape(element, shape.filter((_, i) => i !== axis + 1)), axis, stride); // prettier-ignore
      const spread = this.padded(own, axis, multiplyDims(dilation, dimConstant(k)), size);
      const term = b.slice(spread, axis, none, size);
      sum = sum === undefined ? term : b.map("add", sum, term);
    }
    return sum;
  }

  /**
   * `sum over k of P[j - d k, k]` by the places of P: with its elements from the last to the first these lie `d K + 1` apart, and
   * those of the next j K further on. So they are windows of all of P in one row.
   */
  private places(value: ValueId): ValueId {
    const { b } = this;
    const { axis, size, stride, dilation } = this.operation;
    const spread = this.apart(b.emit({ kind: "reverse", axis: axis + 1 }, [value]), axis, stride);
    const shape = b.shapeOf(spread);
    const count = at(shape, axis + 1);
    const padded = this.around(spread, axis, multiplyDims(dilation, subtractDims(count, one)), size);
    const all = multiplyDims(at(b.shapeOf(padded), axis), count);
    const row = b.reshape(padded, [...shape.slice(0, axis), all, ...shape.slice(axis + 2)]);
    const steps = { stride: count, dilation: addDims(multiplyDims(dilation, count), one) };
    const windows = b.emit({ kind: "window", axis, length: size, size: count, ...steps }, [row]);
    return b.reduce("sum", windows, [axis + 1]);
  }
}
