/**
 * Sums in memory over several axes: what is inside of a piece is cut into blocks, each summed in a buffer of its own, which
 * is then added to the piece with what rounding loses (`block-sums.ts`).
 */
import { at } from "../../base/at.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import {
  type Access,
  type Affine,
  type KernelExpression,
  type LoopAxis,
  PIECE,
  type ScalarVariable,
  type Statement,
} from "../../ir/kernel/kernel-program.js";
import type { Block } from "./block.js";
import { type BlockedAxis, blockedAxis } from "./block-sums.js";
import { load, lostIn, minus, NONE, plus, set } from "./compensated.js";
import { accessOf, type BufferLocation } from "./location.js";
import { axesOf, variableIndex } from "./loops.js";
import type { Nest } from "./nest.js";
import type { PieceSum, Total } from "./pieces.js";

/** How the sum over the axes `summed` of a nest, from the loop at `depth` on, is cut. */
export function blocksInMemory(
  { axes, example }: Nest,
  depth: number,
  summed: readonly number[],
): BlockedAxis | undefined {
  const own = example === undefined ? 0 : 1;
  return blockedAxis({ axes, first: depth, isSummed: (place) => summed.includes(place - own), example, most: PIECE });
}

/** Buffers for a sum in pieces; its axes where these are in blocks. */
export function pieceSum(block: Block, total: Total, axes: readonly number[] | undefined): PieceSum {
  const scratch = (hint: string): BufferLocation =>
    block.storage.scratch(`${block.path}.${total.name}.${hint}`, "real", total.shape, false);
  const piece = scratch("piece");
  return { total, piece, blocks: axes && { block: scratch("block"), lost: scratch("piece.lost"), axes } };
}

/** Puts what each of `sums` that is in blocks needs around the blocks of `nest`. */
export function addBlocks(
  nest: Nest,
  blocked: BlockedAxis,
  sums: readonly PieceSum[],
  indices: readonly Affine[],
): void {
  const [open, close]: [Statement[], Statement[]] = [[], []];
  for (const { piece, blocks } of sums) {
    if (blocks === undefined) continue;
    const { block, lost, axes } = blocks;
    const each = (body: (at: (location: BufferLocation) => Access) => Statement[]): Statement[] => {
      const { loops, kept } = keptInside(nest, blocked.place, axes, indices);
      return loopsAround(loops, body((location) => accessOf(location, kept, undefined))); // prettier-ignore
    };
    const [term, after] = ["blockTerm", "blockSum"].map((hint) => {
      const name = nest.fresh(hint);
      return { kind: "variable", name, dtype: "real" } as const satisfies KernelExpression;
    }) as [ScalarVariable, ScalarVariable];
    open.push(...each((at) => [set(at(block), NONE)]));
    close.push(
      ...each((at) => [
        { kind: "let", name: term.name, value: minus(load(at(block)), load(at(lost))) },
        { kind: "let", name: after.name, value: plus(load(at(piece)), term) },
        set(at(lost), lostIn(after, load(at(piece)), term)),
        set(at(piece), after),
      ]),
    );
  }
  nest.blocked = { ...blocked, open, close };
}

/** Loops of their own over the kept axes inside of a place, and the indices of all that are kept. */
function keptInside(
  nest: Nest,
  place: number,
  summed: readonly number[],
  indices: readonly Affine[],
): { loops: LoopAxis[]; kept: Affine[] } {
  const own = nest.axes.length - axesOf(nest).length;
  const loops: LoopAxis[] = [];
  const kept = indices.flatMap((index, axis) => {
    if (summed.includes(axis)) return [];
    if (axis + own < place) return [index];
    const loop = { ...at(nest.axes, axis + own), variable: nest.fresh("kept") };
    loops.push(loop);
    return [variableIndex(loop.variable)];
  });
  return { loops, kept };
}
