/**
 * Builds what an expression is for one value of an index, and for all of them at once in the builder around it, along a first axis.
 * Builders in builders are expressions with several indices.
 */
import { invariant } from "../../base/diagnostics/invariant.js";
import {
  addDims,
  constantOf,
  type Dim,
  dimConstant,
  equalDims,
  multiplyDims,
  subtractDims,
} from "../../base/types/dim.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { checkCount } from "../frame/element-count.js";
import { type Lifted, liftOperation, overTime } from "../../ir/graph/lift.js";
import type { Operation, Standing, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import type { Lowering } from "../frame/frame.js";

/** The element at `start` and the index, or `start` less the index. */
interface EntryPlace {
  readonly start: Dim;
  readonly reverse: boolean;
}

/** What is written for each place of an index: the states of runs there are of that place. */
export const atPlace = (lowering: Lowering, builder: IndexedBuilder): Lowering => ({
  ...lowering,
  builder,
  states: undefined,
});

export class IndexedBuilder extends GraphBuilder {
  readonly outer: GraphBuilder;
  readonly index: string;
  readonly length: Dim;
  /** In the builder around this one. */
  private readonly images = new Map<ValueId, Lifted>();
  private readonly brought = new Map<ValueId, ValueId>();

  /** @param outer Its origin is that of what stands around. */
  constructor(outer: GraphBuilder, index: string, length: Dim) {
    super(outer.name, outer.context);
    this.outer = outer;
    this.index = index;
    this.length = length;
  }

  override at(there: Standing): this {
    return Object.assign(super.at(there), { outer: this.outer.at(there) });
  }

  /** A value of the builder around, which is the same for all values of the index. */
  bring(value: ValueId): ValueId {
    const known = this.brought.get(value);
    if (known !== undefined) return known;
    const own = this.image({ value, overTime: false }, this.outer.typeOf(value));
    this.brought.set(value, own);
    return own;
  }

  /** The value for all values of the index, in the builder around. */
  lifted(value: ValueId): ValueId {
    return overTime(this.imageOf(value), this.outer, this.length);
  }

  /** An element along an axis, by the place that an index of this builder, or of one around it, tells. */
  element(value: ValueId, axis: number, index: string, place: EntryPlace): ValueId {
    const image = this.imageOf(value);
    const own = image.overTime ? axis + 1 : axis;
    const result =
      index === this.index
        ? { value: this.entries(image, own, place), overTime: true }
        : { value: this.around().element(image.value, own, index, place), overTime: image.overTime };
    const { dtype, shape, shared } = this.typeOf(value);
    return this.image(result, { dtype, shape: shape.filter((_, i) => i !== axis), shared });
  }

  /** An index as a real number. */
  position(index: string): ValueId {
    if (index !== this.index) return this.bring(this.around().position(index));
    const value = this.outer.emit({ kind: "iota", length: this.length, places: true }, [], this);
    return this.image({ value, overTime: true }, { dtype: "real", shape: [], shared: this.outer.typeOf(value).shared });
  }

  override emitAll(operation: Operation, operands: readonly ValueId[], there: Standing = this): ValueId[] {
    const results = super.emitAll(operation, operands, there);
    const [result] = results;
    invariant(result !== undefined && results.length === 1, `${operation.kind} for each value of an index`);
    const outer = this.outer.at(there);
    const lifted = operands.map((id) => this.imageOf(id));
    const isOverTime = lifted.some((operand) => operand.overTime);
    const value = isOverTime
      ? this.at(there).lift(operation, lifted)
      : outer.emit(
          operation,
          lifted.map((operand) => operand.value),
        );
    const { span } = there.origin;
    if (span !== undefined) checkCount(outer.shapeOf(value), span, "this value");
    this.images.set(result, { value, overTime: isOverTime });
    return results;
  }

  private lift(operation: Operation, operands: readonly Lifted[]): ValueId {
    const { outer, length } = this;
    const [first, second] = operands;
    // With this axis a product of two vectors is one of a matrix and a vector, and is summed like one.
    const isFree = operation.kind === "contract" && first?.overTime !== second?.overTime;
    return liftOperation(isFree ? { ...operation, parts: 1 } : operation, operands, outer, length);
  }

  /** The elements of `axis` that the index goes through, as the first axis. */
  private entries(image: Lifted, axis: number, { start, reverse }: EntryPlace): ValueId {
    const { outer, length } = this;
    const size = outer.shapeOf(image.value)[axis];
    const from = reverse ? addDims(subtractDims(start, length), dimConstant(1)) : start;
    const isWhole = size !== undefined && equalDims(size, length) && constantOf(from) === 0;
    const part = isWhole ? image.value : outer.slice(image.value, axis, from, length);
    const turned = reverse ? outer.emit({ kind: "reverse", axis }, [part]) : part;
    const others = outer.shapeOf(turned).map((_, i) => i);
    const moved = outer.transpose(turned, [axis, ...others.filter((i) => i !== axis)]);
    return image.overTime ? this.diagonal(moved) : moved;
  }

  /** `[N, N, …]` to `[N, …]`: every element is followed by N others, so in rows of N + 1 they stand below each other. */
  private diagonal(value: ValueId): ValueId {
    const { outer, length } = this;
    const rest = outer.shapeOf(value).slice(2);
    const flat = outer.reshape(value, [multiplyDims(length, length), ...rest]);
    const padded = outer.emit({ kind: "pad", axis: 0, before: dimConstant(0), after: length }, [flat]);
    const rows = outer.reshape(padded, [length, addDims(length, dimConstant(1)), ...rest]);
    return outer.reshape(outer.slice(rows, 1, dimConstant(0), dimConstant(1)), [length, ...rest]);
  }

  private image(image: Lifted, type: ValueType): ValueId {
    const own = this.input(`${this.index}.${this.images.size}`, type);
    this.images.set(own, image);
    return own;
  }

  /** One for the same values of the index in another builder around. */
  again(outer: GraphBuilder): IndexedBuilder {
    return new IndexedBuilder(outer, this.index, this.length);
  }

  /** What a value is in the builder around. */
  imageOf(value: ValueId): Lifted {
    const image = this.images.get(value);
    invariant(image !== undefined, `%${value} is of another builder`);
    return image;
  }

  private around(): IndexedBuilder {
    invariant(this.outer instanceof IndexedBuilder, "an index that is not bound");
    return this.outer;
  }
}
