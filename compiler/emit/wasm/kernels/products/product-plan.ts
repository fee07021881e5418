/** How a product is computed: the shape of its register tiles and where its operands are, decided before any code. */
import { invariant } from "../../../../base/diagnostics/invariant.js";
import {
  addAffine,
  AFFINE_ZERO,
  affineConstant,
  affineVariable,
  plainExtent,
  scaleAffine,
} from "../../../../ir/kernel/affine.js";
import { countTerms, termIndex } from "../../../../ir/kernel/terms.js";
import type { Access, Affine, LoopAxis, ProductStatement } from "../../../../ir/kernel/kernel-program.js";
import { partElements } from "../../../../ir/kernel/panels.js";
import { type Tile, tileOf } from "../../../../passes/kernel/target.js";
import { constantOf, dimConstant } from "../../../../base/types/dim.js";
import type { Local } from "../../assembler/function-code.js";
import type { KernelContext } from "../context.js";

/** How the vectors of the right operand are loaded. */
type RightOperand =
  | "packed"
  /** Columns side by side. */
  | "rows"
  /** Columns some elements apart, or none. */
  | "gathered";

export interface ProductPlan {
  readonly product: ProductStatement;
  readonly strips: number;
  /** The variable of a strip's elements. */
  readonly unit: string;
  readonly right: RightOperand;
  /** The left operand where tiles read it, and the variable of its rows: `POSITION` where they are a copy. */
  readonly left: Access;
  readonly row: string | undefined;
  /** Lanes of a vector, and bytes of an element. */
  readonly width: number;
  readonly size: number;
  /** Is always 0, where the target wants side exits. */
  readonly zero: Local | undefined;
  /** Vectors of each strip in a panel of packed weights, and in a tile of several rows. */
  readonly block: number;
  readonly rowTile: number;
  readonly panels: number;
  /** Vectors that a single row goes through at once. */
  readonly vectorsOfRow: number;
  /** Lots whose tails are computed together. */
  readonly lots: number;
  readonly nest: Tile["nest"];
  /** How many terms a sum has, for packed weights. */
  readonly depth: number;
  /** Terms are multiply-adds of relaxed SIMD, of which a host decides how often they round. */
  readonly fused: boolean;
  /** The same with the operands of the earlier terms. */
  readonly earlier: ProductPlan | undefined;
}

export function planProduct(product: ProductStatement, context: KernelContext): ProductPlan {
  const { expressions, integers, parts } = context;
  const { columns, b, contracted, schedule: { tail, packed, earlier, fused } = {} } = product;
  const strips = tail?.sums.length ?? 1;
  const column = b.offset.terms.find(({ variable }) => variable === columns?.variable);
  const sideBySide = column !== undefined && constantOf(column.coefficient) === 1;
  const { target, layout } = parts;
  const tile = tileOf(target, strips);
  invariant(tile !== undefined, `no tile for ${strips} strips`);
  const packs = [packed, earlier?.packed].flatMap((part) => (part === undefined ? [] : [parts.panelsOf(part.buffer)]));
  const block = packs[0] ?? tile.block;
  const plan: ProductPlan = {
    product,
    strips,
    unit: tail?.unit ?? columns?.variable ?? "unit",
    ...leftOf(product),
    right: packed !== undefined ? "packed" : sideBySide ? "rows" : "gathered",
    width: expressions.lanesPerVector,
    size: expressions.elementBytes,
    zero: target.sideExits && integers.word(layout.zeroWord),
    block,
    rowTile: tile.rows,
    panels: tile.panels,
    vectorsOfRow: block * tile.panels,
    lots: tail === undefined ? 1 : tile.lots,
    nest: tile.nest,
    depth: countTerms(contracted) ?? 1,
    fused: fused === true,
    earlier: undefined,
  };
  if (earlier === undefined) return plan;
  const { kind, rows, initial, out } = product;
  const { packed: copy, ...terms } = earlier;
  const schedule = { ...(tail && { tail }), ...(copy !== undefined && { packed: copy }), ...(fused && { fused }) };
  const first = { kind, rows, columns, initial, out, ...terms, schedule };
  return { ...plan, earlier: { ...planProduct(first, context), block } };
}

/** The place of a row among the rows of a product. */
export const POSITION = "row position";

export function leftOf(product: ProductStatement): Pick<ProductPlan, "left" | "row"> {
  const { a, rows, contracted, schedule: { copied } = {} } = product;
  if (copied === undefined) return { left: a, row: rows?.variable };
  const depth = dimConstant(countTerms(contracted) ?? 0);
  const row = rows === undefined ? AFFINE_ZERO : scaleAffine(affineVariable(POSITION), depth);
  const offset = addAffine(termIndex(contracted), row);
  return { left: { buffer: copied.to, offset }, row: rows === undefined ? undefined : POSITION };
}

/** Where the panels of a product begin: those of the parts before its own stand in front. */
export function startOfPart({ product, strips, block, width }: ProductPlan): Access {
  const { columns, contracted, schedule: { packed, tail } = {} } = product;
  invariant(packed !== undefined, "a product that reads no panels");
  const length = tail?.length ?? (columns && plainExtent(columns.extent)) ?? 0;
  const elements = dimConstant(partElements({ contracted, strips, length }, block, width));
  const number = packed.part.reduce(
    (sum, { index, of }) => addAffine(scaleAffine(sum, dimConstant(of)), index),
    AFFINE_ZERO,
  );
  return { buffer: packed.buffer, offset: scaleAffine(number, elements) };
}

/** The column of a unit in a strip. */
export function columnOf({ product, unit }: ProductPlan, strip: number): ReadonlyMap<string, Affine> {
  const { columns, schedule: { tail } = {} } = product;
  const moved = addAffine(affineVariable(unit), affineConstant(strip * (tail?.length ?? 0)));
  return new Map(columns === undefined ? [] : [[columns.variable, moved]]);
}

/** Pushes the member of an axis at a position, `n` after the one at hand. */
export function pushMember({ extent }: LoopAxis, position: Local, n: number, { code, integers }: KernelContext): void {
  if (extent.kind !== "examples" || extent.examples.kind === "all") {
    code.get(position);
    if (n > 0) code.i32(n).op("i32.add");
    return;
  }
  const { list } = extent.examples;
  const offset = addAffine(affineVariable(POSITION), affineConstant(n));
  integers.scoped((inner) => {
    inner.bind(POSITION, position);
    code.memory("i32.load", inner.address({ buffer: list, offset }).offset);
  });
}
