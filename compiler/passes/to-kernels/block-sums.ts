/**
 * Cuts sums of many elements into blocks, over whatever axes: the innermost axes that together have few elements, with as
 * many elements of the next axis as fit, are a block. Each is summed from 0, and sums of blocks are added up with what
 * rounding loses of them, across all axes outside; so the error grows with neither the elements nor the axes.
 */
import { at } from "../../base/at.js";
import { affineConstant, affineVariable, addAffine, scaleAffine, substituteAffine } from "../../ir/kernel/affine.js";
import {
  type Affine,
  type LoopAxis,
  FULL_PIECE,
  type IndexExpression,
  type Statement,
} from "../../ir/kernel/kernel-program.js";
import { forEachSimple, mapStatement } from "../../ir/kernel/visit.js";
import { constantOf, dimConstant } from "../../base/types/dim.js";

/** Elements of a block that is summed in variables, in four parts; one that is summed in memory has those of a piece. */
export const BLOCK = 256;

export interface BlockedAxis {
  /** The axis that is cut into blocks, by its place in the nest. */
  readonly place: number;
  /** Its elements in a block; undefined where each is one, and the loop stays as it is. */
  readonly count: number | undefined;
}

interface SummedAxes {
  readonly axes: readonly LoopAxis[];
  /** Those from here on that `isSummed` does not deny. */
  readonly first: number;
  readonly isSummed?: (place: number) => boolean;
  readonly example: string | undefined;
  /** Elements of a block. */
  readonly most: number;
}

/** How a sum is cut; undefined where it is a block. */
export function blockedAxis({ axes, first, isSummed, example, most }: SummedAxes): BlockedAxis | undefined {
  let inside = 1;
  let hasSteps = false;
  for (let place = axes.length - 1; place >= first; place--) {
    const axis = at(axes, place);
    const isExample = axis.variable === example;
    if (!isExample && isSummed?.(place) === false) continue;
    // A piece has hardly more steps than one of its examples can have, and those are in the block.
    if (isExample && hasSteps) return undefined;
    const size = isExample ? FULL_PIECE : sizeOf(axis);
    hasSteps ||= axis.extent.kind === "part";
    if (size !== undefined && inside * size <= most) {
      inside *= size;
      continue;
    }
    const fit = isExample ? 1 : Math.max(1, Math.floor(most / inside));
    // Blocks of 64 steps, and so of the last of them, too, end where the 64 do.
    const count = axis.extent.kind === "part" ? 2 ** Math.floor(Math.log2(fit)) : fit;
    return { place, count: count === 1 ? undefined : count };
  }
  return undefined;
}

function sizeOf({ extent }: LoopAxis): number | undefined {
  if (extent.kind === "part") return extent.most;
  return extent.kind === "affine" ? constantOf(extent.value.constant) : undefined;
}

export interface BlockLoops {
  readonly axis: LoopAxis;
  readonly count: number | undefined;
  /** What is inside of the loop over the axis, and adds to the sum of a block. */
  readonly body: readonly Statement[];
  /** What begins a block, and what adds it to the sum of blocks. */
  readonly open: readonly Statement[];
  readonly close: readonly Statement[];
  readonly fresh: (hint: string) => string;
}

export function blockLoops(blocks: BlockLoops): Statement[] {
  const { axis, count, body, open, close } = blocks;
  if (count === undefined) return [loop(axis, [...open, ...body, ...close])];
  const { extent, variable } = axis;
  const size = extent.kind === "affine" ? sizeOf(axis) : undefined;
  if (size === undefined) return countedBlocks(blocks, count);
  const whole = Math.floor(size / count);
  const block = (from: Affine, elements: number): Statement[] => [
    ...open,
    loop({ variable, extent: plain(elements) }, moved(blocks, from)),
    ...close,
  ];
  const name = blocks.fresh(`${variable}Block`);
  const from = scaleAffine(affineVariable(name), dimConstant(count));
  const all = loop({ variable: name, extent: plain(whole) }, block(from, count));
  if (size === whole * count) return [all];
  // A block of its own: in a loop that runs once, as names are declared in it.
  const rest = blocks.fresh(`${variable}Rest`);
  const last = withOwnScalars(block(affineConstant(whole * count), size - whole * count), blocks.fresh);
  return [all, loop({ variable: rest, extent: plain(1) }, last)];
}

/** Names of scalars are told apart within a region, also in loops beside each other. */
function withOwnScalars(statements: readonly Statement[], fresh: (hint: string) => string): Statement[] {
  const names = new Map<string, string>();
  forEachSimple(statements, (statement) => {
    if (statement.kind === "let" || statement.kind === "accumulator") names.set(statement.name, fresh(statement.name));
  });
  const variable = (name: string): string => names.get(name) ?? name;
  return statements.map((statement) => mapStatement(statement, { variable }));
}

/** Blocks of an axis whose size a call gives, or of the steps of a piece. */
function countedBlocks(blocks: BlockLoops, count: number): Statement[] {
  const { axis, open, close, fresh } = blocks;
  const { variable, extent } = axis;
  const [size, own, name] = [fresh(`${variable}Total`), fresh(`${variable}Blocks`), fresh(`${variable}Block`)];
  const dim = extent.kind === "size" || extent.kind === "part" ? extent.dim : fixedDim(extent);
  const example = extent.kind === "size" || extent.kind === "part" ? extent.example : undefined;
  const value: IndexExpression =
    extent.kind === "size" || extent.kind === "part" ? extent : { kind: "affine", value: affineConstant(dim) };
  const start = scaleAffine(affineVariable(name), dimConstant(count));
  const from = extent.kind === "part" ? addAffine(extent.from, start) : start;
  return [
    { kind: "let_index", name: size, value },
    {
      kind: "let_index",
      name: own,
      value: {
        kind: "divide",
        left: addAffine(affineVariable(size), affineConstant(count - 1)),
        right: affineConstant(count),
      },
    },
    loop({ variable: name, extent: { kind: "affine", value: affineVariable(own) } }, [
      ...open,
      loop({ variable, extent: { kind: "part", dim, example, from, most: count } }, moved(blocks, start)),
      ...close,
    ]),
  ];
}

function fixedDim(extent: LoopAxis["extent"]): Affine["constant"] {
  return extent.kind === "affine" ? extent.value.constant : dimConstant(0);
}

/** The body where the loop counts from `from` on. */
function moved({ axis, body }: BlockLoops, from: Affine): Statement[] {
  const names = new Map([[axis.variable, addAffine(affineVariable(axis.variable), from)]]);
  return body.map((statement) => mapStatement(statement, { affine: (value) => substituteAffine(value, names) }));
}

function loop(axis: LoopAxis, body: readonly Statement[]): Statement {
  return { kind: "for", ...axis, step: 1, reverse: false, body };
}

function plain(count: number): LoopAxis["extent"] {
  return { kind: "affine", value: affineConstant(count) };
}
