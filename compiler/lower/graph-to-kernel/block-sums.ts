/**
 * Sums inside one example, kept in variables, of more than 256 elements: blocks of up to 256 are summed from 0, then sums of
 * blocks are added up, 64 of them from 0 where there may be more. So the error grows with the number of elements by 16384.
 */
import { affineConstant, affineVariable, addAffine, scaleAffine, substituteAffine } from "../../ir/kernel/affine.js";
import type { Affine, Axis, Expression, Statement } from "../../ir/kernel/types.js";
import { mapStatement } from "../../ir/kernel/visit.js";
import { constantOf, type Dim, dimConstant } from "../../types/dim.js";

/** Elements of a block, and blocks of the next level. */
const BLOCK = 256;
const BLOCKS = 64;

export interface BlockedAxis {
  /** The axis that is cut into blocks, by its place in the nest. */
  readonly place: number;
  /** Its elements in a block; undefined where each is one, and the loop stays as it is. */
  readonly count: number | undefined;
}

/** How the sum over the axes from `first` on is cut; undefined where it is a block. */
export function blockedAxis(
  axes: readonly Axis[],
  first: number,
  example: string | undefined,
): BlockedAxis | undefined {
  let inside = 1;
  for (let place = axes.length - 1; place >= first; place--) {
    const { variable, extent } = axes[place] as Axis;
    // Examples are in pieces.
    if (variable === example) return undefined;
    const most =
      extent.kind === "part" ? extent.most : extent.kind === "affine" ? constantOf(sizeOf(extent.value)) : undefined;
    if (most !== undefined && inside * most <= BLOCK) {
      inside *= most;
      continue;
    }
    return { place, count: extent.kind === "part" ? undefined : Math.max(1, Math.floor(BLOCK / inside)) };
  }
  return undefined;
}

function sizeOf({ constant }: Affine): Dim {
  return constant;
}

export interface BlockSums {
  readonly axis: Axis;
  readonly count: number | undefined;
  /** What is inside of the loop over the axis, and adds to the sum of a block. */
  readonly body: readonly Statement[];
  readonly declare: (name: string) => Statement;
  readonly part: string;
  readonly total: string;
  readonly fresh: (hint: string) => string;
}

export function blockLoops(sums: BlockSums): Statement[] {
  const { axis, count, body, declare, part, total } = sums;
  if (count === undefined) {
    return [loop(axis, [declare(part), ...body, add(total, part)])];
  }
  const { extent } = axis;
  const size = extent.kind === "affine" ? constantOf(sizeOf(extent.value)) : undefined;
  if (size === undefined || size > BLOCKS * count) return openBlocks(sums, count);
  const whole = Math.floor(size / count);
  const block = (from: Affine, elements: number): Statement[] => [
    declare(part),
    loop({ variable: axis.variable, extent: plain(elements) }, moved(sums, from)),
    add(total, part),
  ];
  const name = sums.fresh(`${axis.variable}Block`);
  const from = scaleAffine(affineVariable(name), dimConstant(count));
  const blocks = loop({ variable: name, extent: plain(whole) }, block(from, count));
  if (size === whole * count) return [blocks];
  // A block of its own: in a loop that runs once, as names are declared in it.
  const rest = sums.fresh(`${axis.variable}Rest`);
  return [
    blocks,
    loop({ variable: rest, extent: plain(1) }, block(affineConstant(whole * count), size - whole * count)),
  ];
}

/** Blocks of an axis whose size a call gives, or with more blocks than the next level takes at once. */
function openBlocks(sums: BlockSums, count: number): Statement[] {
  const { axis, declare, part, total, fresh } = sums;
  const { variable, extent } = axis;
  const [outer, inner] = [fresh(`${variable}Blocks`), fresh(`${variable}Block`)];
  const [size, own, first] = [fresh(`${variable}Total`), fresh(`${variable}Own`), fresh(`${variable}Part`)];
  const many = count * BLOCKS;
  const dim = extent.kind === "size" ? extent.dim : extent.kind === "affine" ? sizeOf(extent.value) : dimConstant(0);
  const example = extent.kind === "size" ? extent.example : undefined;
  const start = scaleAffine(affineVariable(outer), dimConstant(many));
  const from = addAffine(start, scaleAffine(affineVariable(inner), dimConstant(count)));
  const divide = (name: string, value: Affine, by: number): Statement => ({
    kind: "let_index",
    name,
    value: { kind: "divide", left: addAffine(value, affineConstant(by - 1)), right: affineConstant(by) },
  });
  const elements = fresh(`${variable}Count`);
  return [
    {
      kind: "let_index",
      name: size,
      value: example === undefined ? { kind: "affine", value: affineConstant(dim) } : { kind: "size", dim, example },
    },
    divide(own, affineVariable(size), many),
    loop({ variable: outer, extent: { kind: "affine", value: affineVariable(own) } }, [
      { kind: "let_index", name: elements, value: { kind: "part", dim, example, from: start, most: many } },
      divide(first, affineVariable(elements), count),
      { kind: "accumulator", name: `${part}s`, initial: ZERO },
      loop({ variable: inner, extent: { kind: "affine", value: affineVariable(first) } }, [
        declare(part),
        loop({ variable, extent: { kind: "part", dim, example, from, most: count } }, moved(sums, from)),
        add(`${part}s`, part),
      ]),
      add(total, `${part}s`),
    ]),
  ];
}

const ZERO: Expression = { kind: "literal", value: 0, dtype: "real" };

/** The body where the loop counts from `from` on. */
function moved({ axis, body }: BlockSums, from: Affine): Statement[] {
  const names = new Map([[axis.variable, addAffine(affineVariable(axis.variable), from)]]);
  return body.map((statement) => mapStatement(statement, { affine: (value) => substituteAffine(value, names) }));
}

function loop(axis: Axis, body: readonly Statement[]): Statement {
  return { kind: "for", ...axis, step: 1, reverse: false, body };
}

function plain(count: number): Axis["extent"] {
  return { kind: "affine", value: affineConstant(count) };
}

function add(name: string, part: string): Statement {
  return { kind: "accumulate", name, op: "sum", value: { kind: "variable", name: part, dtype: "real" } };
}
