/**
 * Running sums and the like along an axis. Where its size is known, by doubling: what is known of two elements is put together, then of four, and so
 * on; where calls give it, element by element.
 */
import { at } from "../../base/at.js";
import type { Span } from "../../base/source/span.js";
import { constantOf, type Dim, dimConstant, printDim, symbolsOf } from "../../base/types/dim.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { CumulativeName } from "../../language/semantics/builtins.js";
import { NotLowered } from "../frame/frame.js";
import { loopIn } from "./place-loop.js";
import { reduceAlong } from "./reductions.js";

type Combine = (builder: GraphBuilder, earlier: ValueId, later: ValueId) => ValueId;

const combinations: { readonly [Name in CumulativeName]: Combine } = {
  cumsum: (builder, earlier, later) => builder.map("add", earlier, later),
  cumprod: (builder, earlier, later) => builder.map("mul", earlier, later),
  cummax: (builder, earlier, later) => builder.map("max", earlier, later),
  logcumsumexp: logOfSum,
};

interface Cumulation {
  readonly operation: CumulativeName;
  readonly axis: number;
  /** From the last element to the first. */
  readonly reverse: boolean;
}

/**
 * Made of operations that the graph has, so that derivatives are theirs: exact for products with zeros. An element has seen `width`
 * elements up to itself, then twice as many, and those that have seen all of theirs stay.
 */
export function cumulate(builder: GraphBuilder, operand: ValueId, { operation, axis, reverse }: Cumulation): ValueId {
  const turned = (value: ValueId): ValueId => (reverse ? builder.emit({ kind: "reverse", axis }, [value]) : value);
  const count = constantOf(at(builder.shapeOf(operand), axis)) as number;
  const part = (value: ValueId, start: number, length: number): ValueId =>
    builder.slice(value, axis, dimConstant(start), dimConstant(length));
  let value = turned(operand);
  for (let width = 1; width < count; width *= 2) {
    const rest = count - width;
    const wider = combinations[operation](builder, part(value, 0, rest), part(value, width, rest));
    value = builder.concat(axis, [part(value, 0, width), wider]);
  }
  return turned(value);
}

/** Throws where the axis has no size yet: how often it doubles is written out. */
export function checkCounted(dim: Dim, operation: string, span: Span): void {
  if (constantOf(dim) !== undefined) return;
  const message = `\`${operation}\` is written out, and ${printDim(dim)} has no size here`;
  throw new NotLowered("bad-dimension-size", span, message, "give it a size", symbolsOf(dim));
}

/** What no element comes to. */
const ofNone: { readonly [Name in CumulativeName]: number } = {
  cumsum: 0,
  cumprod: 1,
  cummax: -Infinity,
  logcumsumexp: -Infinity,
};

/**
 * A loop along the axis, of which streams go on with what has run up so far.
 *
 * @param name of the state that this is then
 */
export function runUp(
  builder: GraphBuilder,
  operand: ValueId,
  { operation, axis, reverse }: Cumulation,
  name: string,
): ValueId {
  const shape = builder.shapeOf(operand);
  const others = [...shape.keys()].filter((i) => i !== axis);
  const entry = others.map((i) => at(shape, i));
  const type = { dtype: "real", shape: entry, shared: false } as const;
  const loop = loopIn(builder, operation);
  const before = loop.input("carried", "before", type, builder.constantOf(ofNone[operation], entry));
  const own = loop.input("sequence", "entry", type, builder.transpose(operand, [axis, ...others]));
  const sum = combinations[operation](loop.inner, before, own);
  const [, all] = loop.emit(
    {
      length: at(shape, axis),
      reverse,
      rounds: false,
      states: [{ name, documentation: "", bound: undefined, isBefore: false }],
    },
    [{ name: "next", value: sum }, { name: "sum", value: sum }], // prettier-ignore
    builder,
  );
  const places = others.map((_, i) => i + 1);
  return builder.transpose(all as ValueId, [...places.slice(0, axis), 0, ...places.slice(axis)]);
}

/** With everything that `logsumexp` knows of infinities. */
function logOfSum(builder: GraphBuilder, earlier: ValueId, later: ValueId): ValueId {
  const row = (value: ValueId): ValueId => builder.reshape(value, [dimConstant(1), ...builder.shapeOf(value)]);
  return reduceAlong(builder, "logsumexp", builder.concat(0, [row(earlier), row(later)]), [0]);
}
