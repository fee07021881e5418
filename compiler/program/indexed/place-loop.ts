/**
 * A loop in an index equation: what each place has of its own lies along a further axis of the loop around, so that all places go through
 * one loop together.
 */
import { dimConstant } from "../../base/types/dim.js";
import type { GraphBuilder, NamedOutput } from "../../ir/graph/build.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
import { overTime } from "../../ir/graph/lift.js";
import { isCarried, type OperandKind, type ScanCourse } from "../../ir/graph/scan.js";
import type { Standing, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import { IndexedBuilder } from "./indexed-builder.js";

/** What runs need of a loop. */
export type LoopBuilder = Pick<ScanBuilder, "inner" | "input"> & {
  emit(like: ScanCourse, outputs: readonly NamedOutput[], there: Standing): ValueId[];
};

/** @param made what makes the loop in a builder that is of no index; a scan, if left out */
export function loopIn(
  builder: GraphBuilder,
  name: string,
  made: (outer: GraphBuilder) => LoopBuilder = (outer) => new ScanBuilder(outer, name),
): LoopBuilder {
  return builder instanceof IndexedBuilder ? new PlaceLoop(builder, name, made) : made(builder);
}

/** What gives values around a loop as the loop has them: each is one input of it. */
export function bringsInto(loop: LoopBuilder, outer: GraphBuilder): (value: ValueId) => ValueId {
  const known = new Map<ValueId, ValueId>();
  return (value) => {
    const own = known.get(value) ?? loop.input("invariant", `outer.${known.size}`, outer.typeOf(value), value);
    known.set(value, own);
    return own;
  };
}

const whole = { start: dimConstant(0), reverse: false };

class PlaceLoop implements LoopBuilder {
  readonly inner: IndexedBuilder;
  private readonly places: IndexedBuilder;
  private readonly loop: LoopBuilder;
  private carried = 0;

  constructor(places: IndexedBuilder, name: string, made: (outer: GraphBuilder) => LoopBuilder) {
    this.places = places;
    this.loop = loopIn(places.outer, name, made);
    this.inner = places.again(this.loop.inner);
  }

  input(kind: OperandKind, name: string, type: ValueType, operand: ValueId): ValueId {
    const { outer, length, index } = this.places;
    const image = this.places.imageOf(operand);
    if (kind === "carried") this.carried += 1;
    const isOwn = image.overTime || kind === "carried";
    if (!isOwn) return this.inner.bring(this.loop.input(kind, name, type, image.value));
    const all = overTime(image, outer, length);
    const given = kind === "sequence" ? swapped(outer, all) : all;
    const own = this.loop.input(kind, name, { ...type, shape: [length, ...type.shape] }, given);
    return this.inner.element(this.inner.bring(own), 0, index, whole);
  }

  emit(like: ScanCourse, outputs: readonly NamedOutput[], there: Standing): ValueId[] {
    const { carried } = this;
    const { outer, index } = this.places;
    const lifted = outputs.map(({ name, value }) => ({ name, value: this.inner.lifted(value) }));
    return this.loop.emit(like, lifted, there).map((value, i) => {
      const all = isCarried({ carried }, i) ? value : swapped(outer, value);
      return this.places.element(this.places.bring(all), 0, index, whole);
    });
  }
}

/** The first two axes in the other order. */
function swapped(builder: GraphBuilder, value: ValueId): ValueId {
  const [, , ...others] = builder.shapeOf(value);
  return builder.transpose(value, [1, 0, ...others.map((_, i) => i + 2)]);
}
