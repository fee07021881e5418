/**
 * Equations over a sequence as the body of a loop that has one element of it at a time. What depends on nothing of the loop stays
 * outside; the rest has the size 1 where the sequence had its length. `before(x, v)` of a value of the loop is a part of the two
 * one after the other, and becomes a carried value that begins with v.
 */
import { at, lookUp } from "../../base/at.js";
import type { Span } from "../../base/source/span.js";
import {
  constantOf,
  type Dim,
  dimConstant,
  equalDims,
  substituteDim,
  subtractDims,
  symbolsOf,
} from "../../base/types/dim.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { placeByPlace, type PlacedOperand } from "../../ir/graph/place-by-place.js";
import { inlineFunction } from "../../ir/graph/rewrite.js";
import { isCarried, operandKind, resultParts, type Scan } from "../../ir/graph/scan.js";
import { resizedOperation } from "../../ir/graph/map-dims.js";
import type { Instruction, Operation, SequenceState, ValueId } from "../../ir/graph/graph-function.js";

interface LoopSequence {
  readonly length: Dim;
  readonly reverse: boolean;
  /** Inputs of the inner builder that are values of the outer one. */
  readonly brought: ReadonlyMap<ValueId, ValueId>;
  /** Inputs that stand for values which are known at the end. */
  readonly fed: ReadonlyMap<ValueId, ValueId>;
  /** What else goes by elements, though it depends on nothing of the loop. */
  readonly isInside?: (instruction: Instruction) => boolean;
}

/** Where something looks at other places than its own. */
export interface Refusal {
  readonly span: Span | undefined;
}

/** Two values one after the other, of which one is of the loop: only parts of it as long as the sequence have elements. */
interface Joined {
  readonly fill: ValueId;
  readonly value: ValueId;
  readonly isBefore: boolean;
  readonly state: SequenceState | undefined;
}

const one = dimConstant(1);
const zero = dimConstant(0);

export class ElementByElement {
  private readonly outer: GraphBuilder;
  private readonly source: GraphBuilder;
  private readonly sequence: LoopSequence;
  private readonly loop: ScanBuilder;
  /** Values that depend on nothing of the loop, outside. */
  private readonly free = new Map<ValueId, ValueId>();
  /** Values of the loop: what they are in the body, with their axis of places. */
  private readonly own = new Map<ValueId, { readonly value: ValueId; readonly axis: number }>();
  private readonly joined = new Map<ValueId, Joined>();
  /** Of carried values, what they are next; and which value of the source is the last. */
  private readonly next: (() => ValueId)[] = [];
  private readonly states: (SequenceState | undefined)[] = [];
  private readonly last = new Map<ValueId, number>();
  private readonly elements = new Map<string, ValueId>();
  private readonly found = new Map<ValueId, ValueId>();

  /** @param outer with the origin of the loop */
  constructor(outer: GraphBuilder, source: GraphBuilder, sequence: LoopSequence) {
    this.outer = outer;
    this.source = source;
    this.sequence = sequence;
    this.loop = new ScanBuilder(outer, "entry");
    for (const [id, value] of sequence.brought) this.free.set(id, value);
  }

  /** Writes the loop; gives where that is not possible. */
  run(wanted: readonly ValueId[]): Refusal | undefined {
    for (const instruction of this.source.instructions) {
      const { operation, operands, results, origin } = instruction;
      const isFree = operands.every((id) => this.free.has(id)) && this.sequence.isInside?.(instruction) !== true;
      if (isFree) {
        const outside = this.outer.emitAll(operation, operands.map((id) => lookUp(this.free, id)), instruction); // prettier-ignore
        for (const [i, id] of results.entries()) this.free.set(id, at(outside, i));
      } else if (!this.step(instruction)) return { span: origin.span };
    }
    const outputs = [...new Set(wanted)].filter((id) => this.own.has(id));
    const stacked = outputs.map((id) => ({ name: `entry.${id}`, value: this.withoutPlaces(id) }));
    const carried = this.next.map((value, i) => ({ name: `next.${i}`, value: value() }));
    const { length, reverse } = this.sequence;
    const course = { length, reverse, rounds: false, states: this.states };
    const results = this.loop.emit(course, [...carried, ...stacked]);
    const found = resultParts({ carried: this.next.length }, results);
    for (const [i, id] of outputs.entries()) this.found.set(id, this.turned(id, at(found.stacked, i)));
    for (const [id, i] of this.last) this.found.set(id, at(found.carried, i));
    return undefined;
  }

  /** The value in the outer builder; undefined where it has none. */
  outside(id: ValueId): ValueId | undefined {
    return this.free.get(id) ?? this.found.get(id);
  }

  /** One element of an instruction; false where it looks at others. */
  private step(instruction: Instruction): boolean {
    const { operation, operands, results } = instruction;
    const inner = this.loop.inner.at(instruction);
    if (operation.kind === "scan") return this.runOnce(inner, operation, instruction);
    if (operation.kind === "slice") {
      const part = this.joined.get(at(operands, 0));
      if (part !== undefined) return this.shift(inner, part, operation, at(results, 0));
    }
    if (
      operation.kind === "concat" &&
      operation.axis === 0 &&
      operands.length === 2 &&
      this.join(operands, at(results, 0), operation.state)
    )
      return true;
    const placed = operands.map((id): PlacedOperand | undefined => {
      const axis = this.axisOf(id);
      return axis === "none" ? undefined : { shape: this.source.shapeOf(id), axis };
    });
    if (placed.includes(undefined)) return false;
    const plan = placeByPlace(operation, placed.flatMap((one) => one ?? []), this.sequence.length); // prettier-ignore
    if (plan === undefined) return false;
    const values = operands.map((id, i) => this.inBody(inner, id, plan.along[i]));
    const value = inner.emit(this.ofEntry(operation, plan.result), values);
    this.own.set(at(results, 0), { value, axis: plan.result });
    return true;
  }

  /** With the size 1 along the axis of places, and only there: what is as long as the sequence besides, or is made of its symbols, stays so. */
  private ofEntry(operation: Operation, axis: number): Operation {
    if (operation.kind === "broadcast" || operation.kind === "reshape")
      return { ...operation, shape: operation.shape.map((dim, i) => (i === axis ? one : dim)) };
    if (operation.kind !== "custom_derivative") return operation;
    const sizes = new Map(symbolsOf(this.sequence.length).map((symbol) => [symbol, one]));
    const ofOne = (dim: Dim): Dim => substituteDim(dim, sizes);
    return resizedOperation(operation, { size: ofOne, number: ofOne }, this.source.context);
  }

  /** The axis of places of a value of the loop; undefined of what is free. */
  private axisOf(id: ValueId): number | undefined | "none" {
    if (this.free.has(id)) return undefined;
    if (this.sequence.fed.has(id)) return "none";
    return this.own.get(id)?.axis ?? "none";
  }

  private inBody(inner: GraphBuilder, id: ValueId, axis: number | undefined): ValueId {
    const own = this.own.get(id);
    if (own !== undefined) return own.value;
    const value = lookUp(this.free, id);
    const key = `${value} ${axis ?? "whole"}`;
    const known = this.elements.get(key) ?? this.element(inner, value, axis);
    this.elements.set(key, known);
    return known;
  }

  /** What is outside, whole; or its element, with the size 1 along its axis of places. */
  private element(inner: GraphBuilder, value: ValueId, axis: number | undefined): ValueId {
    const { outer, loop } = this;
    const type = outer.typeOf(value);
    const name = `given.${this.elements.size}`;
    if (axis === undefined) return loop.input("invariant", name, type, value);
    const others = type.shape.map((_, i) => i).filter((i) => i !== axis);
    const turned = outer.transpose(value, [axis, ...others]);
    const shape = others.map((i) => at(type.shape, i));
    const entry = loop.input("sequence", name, { ...type, shape }, turned);
    return inner.reshape(entry, type.shape.map((dim, i) => (i === axis ? one : dim))); // prettier-ignore
  }

  private withoutPlaces(id: ValueId): ValueId {
    const { value, axis } = lookUp(this.own, id);
    const inner = this.loop.inner.at(this.outer);
    return inner.reshape(value, inner.shapeOf(value).filter((_, i) => i !== axis)); // prettier-ignore
  }

  /** Stacked along its own axis. */
  private turned(id: ValueId, stacked: ValueId): ValueId {
    const { axis } = lookUp(this.own, id);
    const others = this.outer.shapeOf(stacked).map((_, i) => i).slice(1); // prettier-ignore
    return this.outer.transpose(stacked, [...others.slice(0, axis), 0, ...others.slice(axis)]);
  }

  /** Carried from element to element. */
  private carry(
    first: ValueId,
    state: SequenceState | undefined,
    next: () => ValueId,
  ): { readonly value: ValueId; readonly place: number } {
    const type = { ...this.outer.typeOf(first), shared: false };
    const place = this.next.length;
    this.next.push(next);
    this.states.push(state);
    return { value: this.loop.input("carried", `carried.${place}`, type, first), place };
  }

  private join(operands: readonly ValueId[], result: ValueId, state: SequenceState | undefined): boolean {
    const [first, second] = [at(operands, 0), at(operands, 1)];
    const isBefore = this.free.has(first) && !this.free.has(second);
    const isAfter = this.free.has(second) && !this.free.has(first);
    const value = isBefore ? second : first;
    if (isBefore === isAfter || (this.own.get(value)?.axis ?? 0) !== 0) return false;
    this.joined.set(result, { fill: isBefore ? first : second, value, isBefore, state });
    return true;
  }

  /** `before(x, v)`, or `after(x, v)` in a loop that goes backwards. */
  private shift(
    inner: GraphBuilder,
    { fill, value, isBefore, state: own }: Joined,
    { axis, start, length }: { axis: number; start: Dim; length: Dim },
    result: ValueId,
  ): boolean {
    const by = at(this.source.shapeOf(fill), 0);
    const isWhole = axis === 0 && equalDims(length, this.sequence.length) && equalDims(start, isBefore ? zero : by);
    if (!isWhole || isBefore === this.sequence.reverse) return false;
    const state = this.carry(lookUp(this.free, fill), own, () => {
      const { value: now } = lookUp(this.own, this.sequence.fed.get(value) ?? value);
      const { dtype } = inner.typeOf(state.value);
      const last = inner.typeOf(now).dtype === dtype ? now : inner.emit({ kind: "to_index" }, [now]);
      if (constantOf(by) === 1) return last;
      const all = inner.concat(0, isBefore ? [state.value, last] : [last, state.value]);
      return inner.slice(all, 0, isBefore ? one : zero, by);
    });
    const first = isBefore ? zero : subtractDims(by, one);
    const entry = constantOf(by) === 1 ? state.value : inner.slice(state.value, 0, first, one);
    this.own.set(result, { value: entry, axis: 0 });
    return true;
  }

  /** A run of a cell: its body for this element. */
  private runOnce(inner: GraphBuilder, scan: Scan, { operands, results }: Instruction): boolean {
    if (!equalDims(scan.length, this.sequence.length) || scan.reverse !== this.sequence.reverse) return false;
    const outputs: ValueId[] = [];
    const inputs: ValueId[] = [];
    for (const [i, id] of operands.entries()) {
      const kind = operandKind(scan, i);
      if (kind === "carried" && !this.free.has(id)) return false;
      if (kind === "invariant" && !this.free.has(id)) return false;
      if (kind === "sequence" && !this.free.has(id) && this.axisOf(id) !== 0) return false;
      if (kind === "carried") {
        const state = this.carry(lookUp(this.free, id), scan.states[i], () => at(outputs, i));
        this.last.set(at(results, i), state.place);
        inputs.push(state.value);
      } else if (kind === "invariant") inputs.push(this.inBody(inner, id, undefined));
      else {
        const entry = this.inBody(inner, id, 0);
        inputs.push(inner.reshape(entry, inner.shapeOf(entry).slice(1)));
      }
    }
    outputs.push(...inlineFunction(inner, scan.body, inputs));
    for (const [i, id] of results.entries()) {
      if (isCarried(scan, i)) continue;
      const value = inner.reshape(at(outputs, i), [one, ...inner.shapeOf(at(outputs, i))]);
      this.own.set(id, { value, axis: 0 });
    }
    return true;
  }
}
