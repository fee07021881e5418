/**
 * How far ahead along a sequence each value of a function looks: whether an element of it is made of what there is up to the same place.
 * A row for each operation that does something else along the sequence than element by element; all others are told by `placeByPlace`.
 */
import { at } from "../../base/at.js";
import { plainBounds, provenAtLeast } from "../../base/types/bounds.js";
import {
  addDims,
  constantOf,
  type Dim,
  dimConstant,
  dimSymbol,
  equalDims,
  multiplyDims,
  subtractDims,
  symbolsOf,
} from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import { placeByPlace, type PlacedOperand } from "../../ir/graph/place-by-place.js";
import { isCarried, operandKind, operandParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, Operation, OperationKind, ValueId } from "../../ir/graph/graph-function.js";
import { typeOf } from "../../ir/graph/values.js";

/** Element `i` is made of the elements of the sequence up to `i + look`; there are `extra` more than the sequence has. */
interface AlongSequence {
  readonly kind: "along";
  readonly axis: number;
  readonly extra: Dim;
  /** Undefined of what is made of no element. */
  readonly look: Dim | undefined;
}

/** `same`: made of nothing along the sequence; `end`: what there is after its last element. */
export type Reach = AlongSequence | { readonly kind: "same" } | { readonly kind: "end" } | { readonly kind: "ahead" };

/** Where something looks ahead first. */
interface LookAhead {
  readonly instruction: Instruction;
  /** What it does, as a sentence about it goes on. */
  readonly what: string;
}

export interface Causality {
  readonly reaches: ReadonlyMap<ValueId, Reach>;
  /** By the first result of the instruction. */
  readonly faults: ReadonlyMap<ValueId, LookAhead>;
}

const zero = dimConstant(0);
const one = dimConstant(1);
/** More than any sequence has, where nothing smaller is known. */
const far = dimConstant(2 ** 31 - 1);

const isNotAhead = (look: Dim): boolean => provenAtLeast(subtractDims(zero, look), 0, plainBounds);

/** Is each element of the value made of elements up to its own? */
export const isCausal = ({ look }: AlongSequence): boolean => look === undefined || isNotAhead(look);

/**
 * @param symbol of the sequence
 * @param inputs what is known of the inputs of `fn`
 */
export function causalityOf(
  fn: GraphFunction,
  symbol: string,
  inputs: readonly Reach[],
  hasPrefixes = false,
): Causality {
  const walk = new CausalityWalk(fn, symbol, false, hasPrefixes);
  walk.run(inputs);
  return walk;
}

/** An input of this shape along the sequence, or none of it; undefined where it has the sequence elsewhere than in front. */
export function reachOfInput(shape: Shape, symbol: string): Reach {
  const places = placesIn(shape, symbol);
  if (places.length === 0) return { kind: "same" };
  const isFirst = places.length === 1 && equalDims(at(shape, 0), dimSymbol(symbol));
  return isFirst ? { kind: "along", axis: 0, extra: zero, look: zero } : { kind: "ahead" };
}

const placesIn = (shape: Shape, symbol: string): number[] =>
  shape.flatMap((dim, axis) => (symbolsOf(dim).includes(symbol) ? [axis] : []));

/** What an operation does where it is told here, by what its first operand along the sequence is. */
type ReachRule<K extends OperationKind> = (
  operation: Extract<Operation, { kind: K }>,
  first: AlongSequence,
  walk: CausalityWalk,
  instruction: Instruction,
) => Reach | string | undefined;

const goneIn = (axes: readonly number[], what: string): ReachRule<"reduce"> =>
  (_, { axis }) => (axes.includes(axis) ? what : undefined); // prettier-ignore

const rules: { readonly [K in OperationKind]?: ReachRule<K> } = {
  reduce: (operation, first, walk, instruction) =>
    goneIn(operation.axes, `takes the ${operation.op} over all elements`)(operation, first, walk, instruction),
  contract: ({ a, b, result }, _, walk, { operands }) => {
    const isGone = operands.some((id, i) => {
      const reach = walk.of(id);
      return reach.kind === "along" && !result.includes(at([a, b][i] as readonly number[], reach.axis));
    });
    return isGone ? "sums products over all elements" : undefined;
  },
  reverse: ({ axis }, first) => (axis === first.axis ? "goes from the last element to the first" : undefined),
  gather: (_, __, walk, { operands }) => {
    const table = walk.of(at(operands, 0));
    return table.kind === "along" && table.axis === 0 ? "looks elements up by their places" : undefined;
  },
  slice: ({ axis, start, length }, first, walk, { operands }) => {
    if (axis !== first.axis) return undefined;
    const isWhole = walk.hasSequence(length);
    if (walk.hasSequence(start)) return isWhole ? "is a part that begins by the size" : { kind: "end" };
    const extra = subtractDims(length, walk.length);
    if (constantOf(start) === 0 && constantOf(length) === 1 && walk.isKept(at(operands, 0), first))
      return { kind: "same" };
    if (!isWhole || walk.hasSequence(extra)) return "is a part at a fixed place";
    return { ...first, extra, look: first.look && addDims(first.look, start) };
  },
  pad: ({ axis, before, after }, first, walk) => (axis === first.axis ? walk.widened(first, before, after) : undefined),
  concat: ({ axis }, first, walk, { operands }) => {
    if (axis !== first.axis) return undefined;
    const place = operands.findIndex((id) => walk.of(id).kind === "along");
    const others = operands.filter((_, i) => i !== place);
    if (others.some((id) => walk.of(id).kind !== "same")) return "puts whole sequences one after the other";
    const room = (ids: readonly ValueId[]): Dim => ids.map((id) => walk.sizeOf(id, axis)).reduce(addDims, zero);
    return walk.widened(first, room(operands.slice(0, place)), room(operands.slice(place + 1)));
  },
  window: ({ axis, length, size, stride, dilation }, first, walk) => {
    if (axis !== first.axis) return undefined;
    const extra = subtractDims(length, walk.length);
    if (walk.isInside || constantOf(stride) !== 1 || walk.hasSequence(extra))
      return "gives another number of elements than it is given";
    const ahead = multiplyDims(dilation, subtractDims(size, one));
    return { ...first, extra, look: first.look && addDims(first.look, ahead) };
  },
};

/** Of operations that go element by element elsewhere, what they do where they do not. */
const elsewhere: Partial<Record<OperationKind, string>> = {
  reshape: "takes elements apart, or puts them together",
  broadcast: "has every element beside every other one",
  contract: "has every element beside every other one",
  batch_sum: "adds over the batch",
};

class CausalityWalk implements Causality {
  readonly reaches = new Map<ValueId, Reach>();
  readonly faults = new Map<ValueId, LookAhead>();
  /** In the body of a loop along another axis, where nothing can be kept from one element for the next. */
  readonly isInside: boolean;
  readonly length: Dim;
  private readonly fn: GraphFunction;
  private readonly symbol: string;
  private readonly defined = new Map<ValueId, Instruction>();

  /** Is the front of something longer made element by element? */
  private readonly hasPrefixes: boolean;

  constructor(fn: GraphFunction, symbol: string, isInside: boolean, hasPrefixes: boolean) {
    this.hasPrefixes = hasPrefixes;
    this.fn = fn;
    this.symbol = symbol;
    this.isInside = isInside;
    this.length = dimSymbol(symbol);
  }

  run(inputs: readonly Reach[]): void {
    for (const [i, id] of this.fn.inputs.entries()) this.reaches.set(id, at(inputs, i));
    for (const instruction of this.fn.instructions) {
      for (const id of instruction.results) this.defined.set(id, instruction);
      const found = this.reachOf(instruction);
      const first = at(instruction.results, 0);
      if (typeof found === "string") this.faults.set(first, { instruction, what: found });
      else if ("instruction" in found) this.faults.set(first, found);
      for (const [i, id] of instruction.results.entries())
        this.reaches.set(id, Array.isArray(found) ? at(found as readonly Reach[], i) : { kind: "ahead" });
    }
  }

  of(id: ValueId): Reach {
    return this.reaches.get(id) ?? { kind: "ahead" };
  }

  sizeOf(id: ValueId, axis: number): Dim {
    return at(typeOf(this.fn, id).shape, axis);
  }

  hasSequence(dim: Dim): boolean {
    return symbolsOf(dim).includes(this.symbol);
  }

  /** The first element of numbers is there from then on, and can be kept. */
  isKept(id: ValueId, along: AlongSequence): boolean {
    return !this.isInside && isCausal(along) && typeOf(this.fn, id).dtype === "real";
  }

  /** With elements in front, and after the last. */
  widened(first: AlongSequence, before: Dim, after: Dim): Reach | string {
    if (this.isInside || [before, after].some((dim) => this.hasSequence(dim)))
      return "puts something beside the whole sequence";
    // One element alone would have none of what is beside it here.
    if (!provenAtLeast(first.extra, 0, plainBounds)) return "puts something beside a part that may lack elements";
    const look = first.look && subtractDims(first.look, before);
    return { ...first, extra: addDims(first.extra, addDims(before, after)), look };
  }

  /** Of each result; or what it does that looks ahead. */
  private reachOf(instruction: Instruction): readonly Reach[] | LookAhead | string {
    const { operation, operands, results } = instruction;
    const reaches = operands.map((id) => this.of(id));
    if (reaches.some(({ kind }) => kind === "ahead")) return results.map(() => ({ kind: "ahead" }));
    const end = operands.find((_, i) => reaches[i]?.kind === "end");
    if (end !== undefined) {
      const origin = this.defined.get(end) ?? instruction;
      return { instruction: origin, what: "needs what is known after the last element" };
    }
    if (operation.kind === "scan") return this.reachOfScan(operation, instruction);
    const along = reaches.filter((reach) => reach.kind === "along");
    const [first] = along;
    if (first === undefined) return this.reachOfSame(instruction);
    const rule = rules[operation.kind] as ReachRule<OperationKind> | undefined;
    const own = rule?.(operation, first, this, instruction);
    if (own !== undefined) return typeof own === "string" ? own : [own];
    return this.entryByEntry(instruction, along);
  }

  /** Of what is made of nothing along the sequence, and may be repeated along it. */
  private reachOfSame({ operation, results }: Instruction): readonly Reach[] | string {
    if (operation.kind === "dimension" && this.hasSequence(operation.dim)) return "takes the size as a number";
    const { shape } = typeOf(this.fn, at(results, 0));
    const places = placesIn(shape, this.symbol);
    const [axis] = places;
    if (axis === undefined) return results.map(() => ({ kind: "same" }));
    const extra = subtractDims(at(shape, axis), this.length);
    const isPrefix = operation.kind === "slice" && constantOf(operation.start) === 0 && operation.axis === axis;
    if (this.hasPrefixes && isPrefix && places.length === 1 && equalDims(extra, zero))
      return [{ kind: "along", axis, extra, look: zero }];
    const isCounted = operation.kind === "iota" && equalDims(extra, zero) && !this.isInside;
    if (places.length > 1 || this.hasSequence(extra) || !(isCounted || operation.kind === "broadcast"))
      return "goes by the size";
    return [{ kind: "along", axis, extra, look: undefined }];
  }

  private entryByEntry(
    { operation, operands, results }: Instruction,
    along: readonly AlongSequence[],
  ): readonly Reach[] | string {
    const { extra } = at(along, 0);
    const otherwise = elsewhere[operation.kind] ?? "looks at other elements";
    if (along.some((reach) => !equalDims(reach.extra, extra))) return otherwise;
    const placed = operands.map((id): PlacedOperand => {
      const reach = this.of(id);
      return { shape: typeOf(this.fn, id).shape, axis: reach.kind === "along" ? reach.axis : undefined };
    });
    const length = addDims(this.length, extra);
    const plan = placeByPlace(operation, placed, length);
    const { shape } = typeOf(this.fn, at(results, 0));
    const isOne = placesIn(shape, this.symbol).length === 1;
    if (plan === undefined || !isOne || !equalDims(at(shape, plan.result), length)) return otherwise;
    return [{ kind: "along", axis: plan.result, extra, look: along.map(({ look }) => look).reduce(farther) }];
  }

  private reachOfScan(scan: Scan, instruction: Instruction): readonly Reach[] | LookAhead | string {
    if (this.hasSequence(scan.length)) return this.reachOfLoop(scan, instruction);
    const { operands, results } = instruction;
    const inputs = operands.map((id, i): Reach => {
      const reach = this.of(id);
      if (reach.kind !== "along" || operandKind(scan, i) !== "sequence") return reach;
      return reach.axis === 0 ? { kind: "ahead" } : { ...reach, axis: reach.axis - 1 };
    });
    if (inputs.some(({ kind }) => kind === "ahead")) return "goes over the sequence at every place";
    const most = operandParts(scan, operands).carried.length;
    for (let round = 0; round <= most + 1; round++) {
      const body = new CausalityWalk(scan.body, this.symbol, true, this.hasPrefixes);
      body.run(inputs);
      const [fault] = body.faults.values();
      if (fault !== undefined) return fault;
      const found = scan.body.outputs.map((id) => body.of(id));
      const changed = inputs.findIndex((reach, i) => isCarried(scan, i) && !sameReach(reach, at(found, i)));
      if (changed < 0)
        return results.map((_, i) => {
          const reach = at(found, i);
          return isCarried(scan, i) || reach.kind !== "along" ? reach : { ...reach, axis: reach.axis + 1 };
        });
      inputs.forEach((reach, i) => {
        if (isCarried(scan, i)) inputs[i] = joined(reach, at(found, i));
      });
    }
    return "goes over the sequence at every place";
  }

  /** A loop along the sequence itself. */
  private reachOfLoop(scan: Scan, { operands, results }: Instruction): readonly Reach[] | string {
    if (scan.reverse) return "goes from the last element to the first";
    if (this.isInside || !equalDims(scan.length, this.length)) return "runs over another number of elements";
    let look: Dim | undefined;
    for (const [i, id] of operands.entries()) {
      const reach = this.of(id);
      if (operandKind(scan, i) === "sequence") {
        if (reach.kind !== "along" || reach.axis !== 0 || !equalDims(reach.extra, zero))
          return "runs over something else than the elements";
        look = farther(look, reach.look);
      } else if (reach.kind === "along") return "reads all elements at every step";
    }
    return results.map((_, i): Reach => {
      return isCarried(scan, i) ? { kind: "end" } : { kind: "along", axis: 0, extra: zero, look };
    });
  }
}

/** The larger of two. */
function farther(a: Dim | undefined, b: Dim | undefined): Dim | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (provenAtLeast(subtractDims(a, b), 0, plainBounds)) return a;
  if (provenAtLeast(subtractDims(b, a), 0, plainBounds)) return b;
  return isNotAhead(a) && isNotAhead(b) ? zero : far;
}

function sameReach(a: Reach, b: Reach): boolean {
  if (a.kind !== "along" || b.kind !== "along") return a.kind === b.kind;
  const isSame = a.look === undefined ? b.look === undefined : b.look !== undefined && equalDims(a.look, b.look);
  return isSame && a.axis === b.axis && equalDims(a.extra, b.extra);
}

/** Of what is carried, and may be the one or the other. */
function joined(a: Reach, b: Reach): Reach {
  if (a.kind !== "along" || b.kind !== "along") return a.kind === "same" ? b : a;
  return { ...a, look: farther(a.look, b.look) };
}
