/**
 * Builds what an expression is for one value of an index, and for all of them at once in the builder around it, along a first axis.
 * Builders in builders are expressions with several indices.
 */
import { at } from "../../base/at.js";
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
import { mostPlaces } from "../../language/semantics/semantic-type.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
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
    if (operation.kind === "gather" && first?.overTime === true && second !== undefined) {
      if (second.overTime) return this.eachOwn(first.value, second.value);
      const axes = outer.shapeOf(first.value).map((_, axis) => axis);
      return outer.emit(operation, [outer.transpose(first.value, [1, 0, ...axes.slice(2)]), second.value]);
    }
    if (operation.kind === "scatter_add" && first !== undefined && second !== undefined)
      return this.eachScattered(operation.size, first, second);
    // With this axis a product of two vectors is one of a matrix and a vector, and is summed like one.
    const isFree = operation.kind === "contract" && first?.overTime !== second?.overTime;
    return liftOperation(isFree ? { ...operation, parts: 1 } : operation, operands, outer, length);
  }

  /** Rows of a table for each value of the index: all tables one after the other are one, in which places begin later. */
  private eachOwn(tables: ValueId, places: ValueId): ValueId {
    const { outer, length } = this;
    const [, size, ...rest] = outer.shapeOf(tables) as [Dim, Dim, ...Dim[]];
    const { dtype } = outer.typeOf(tables);
    if (this.mayBeMany(size) && dtype === "real" && outer.shapeOf(places).length === 1)
      return this.eachChosen(tables, places);
    const index = this.inARow(size, places);
    return outer.emit({ kind: "gather" }, [outer.reshape(tables, [multiplyDims(length, size), ...rest]), index]);
  }

  /** Whether all places, of each value of the index its own, are more than a number of float32 counts. */
  private mayBeMany(size: Dim): boolean {
    const count = constantOf(multiplyDims(this.length, size));
    return count === undefined || count > mostPlaces;
  }

  /** Places among so many, of each value of the index its own, where these stand one after the other. */
  private inARow(size: Dim, places: ValueId): ValueId {
    const { outer, length } = this;
    const shape = outer.shapeOf(places);
    const along = (own: Dim): ValueId => outer.iota(own);
    const first = outer.map(
      "mul",
      outer.broadcast(along(length), shape, [0]),
      outer.fill(outer.dimension(size), shape),
    );
    const own = outer.emit({ kind: "gather" }, [along(size), places]);
    return outer.emit({ kind: "to_index" }, [outer.map("add", first, own)]);
  }

  /** The same, one for each value of the index, where all tables together may have more places than a number of float32 counts. */
  private eachChosen(tables: ValueId, places: ValueId): ValueId {
    const { outer } = this;
    const shape = outer.shapeOf(tables);
    const all = outer.iota(at(shape, 1));
    const own = outer.emit({ kind: "gather" }, [all, places]);
    const isIt = outer.map("eq", outer.broadcast(all, shape, [1]), outer.broadcast(own, shape, [0]));
    const chosen = outer.map("select", isIt, tables, outer.fill(outer.constant(0), shape));
    return outer.reduce("sum", chosen, [1]);
  }

  /**
   * Adds up for each value of the index. Where all have the same places, rows go there that have an element for each of them; where each has
   * its own, all results one after the other are one; if there may be more than a number of float32 counts, it is a loop, or a value where
   * its place is and 0 elsewhere.
   */
  private eachScattered(size: Dim, places: Lifted, updates: Lifted): ValueId {
    const { outer, length } = this;
    if (!places.overTime) {
      const turned = (value: ValueId, axis: number): ValueId => {
        const others = outer.shapeOf(value).map((_, i) => i).slice(1); // prettier-ignore
        return outer.transpose(value, [...others.slice(0, axis), 0, ...others.slice(axis)]);
      };
      const rows = turned(updates.value, outer.shapeOf(places.value).length);
      const sums = outer.emit({ kind: "scatter_add", size }, [places.value, rows]);
      const rest = outer.shapeOf(sums).map((_, i) => i).slice(2); // prettier-ignore
      return outer.transpose(sums, [1, 0, ...rest]);
    }
    const [index, values] = [places, updates].map((operand) => overTime(operand, outer, length)) as [ValueId, ValueId];
    const rank = outer.shapeOf(index).length;
    const own = outer.shapeOf(values);
    if (!this.mayBeMany(size)) {
      const flat = outer.emit({ kind: "scatter_add", size: multiplyDims(length, size) }, [this.inARow(size, index), values]); // prettier-ignore
      return outer.reshape(flat, [length, size, ...own.slice(rank)]);
    }
    if (!(outer instanceof IndexedBuilder)) return this.oneByOne(size, index, values);
    const shape = [...own.slice(0, rank), size, ...own.slice(rank)];
    const all = outer.iota(size);
    const axes = own.map((_, axis) => axis);
    const there = outer.broadcast(outer.emit({ kind: "gather" }, [all, index]), shape, axes.slice(0, rank));
    const isIt = outer.map("eq", outer.broadcast(all, shape, [rank]), there);
    const spread = outer.broadcast(values, shape, axes.map((axis) => (axis < rank ? axis : axis + 1))); // prettier-ignore
    const chosen = outer.map("select", isIt, spread, outer.constantOf(0, shape));
    return rank === 1 ? chosen : outer.reduce("sum", chosen, axes.slice(1, rank));
  }

  /** The same in a loop over the values of the index. */
  private oneByOne(size: Dim, index: ValueId, values: ValueId): ValueId {
    const { outer, length } = this;
    const loop = new ScanBuilder(outer, this.index);
    const operands = [index, values].map((id, i) => {
      const { shape, ...type } = outer.typeOf(id);
      return loop.input("sequence", i === 0 ? "at" : "values", { ...type, shape: shape.slice(1) }, id);
    });
    const value = loop.inner.emit({ kind: "scatter_add", size }, operands);
    return at(loop.emit({ length, reverse: false, rounds: false, states: [] }, [{ name: "sums", value }]), 0);
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
