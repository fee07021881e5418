/**
 * The way through blocks of rows of a product. What is done for one of them is a function of its own:
 * engines unroll an innermost loop the more often the more loops of its function are around it, and here as often as
 * `nest` of the target says.
 */
import { AFFINE_ZERO } from "../../../../ir/kernel/affine.js";
import { freeVariables } from "../../../../ir/kernel/free-variables.js";
import type { ProductStatement } from "../../../../ir/kernel/kernel-program.js";
import { rowCopy } from "../../../../ir/kernel/row-copy.js";
import type { FunctionCode, Local } from "../../assembler/function-code.js";
import { withCounts } from "../joined-counts.js";
import { leftOf, planProduct, POSITION, pushMember } from "./product-plan.js";
import { type RowSpan, TileWalk } from "./tile-walk.js";
import type { KernelContext } from "../context.js";
import { type Count, countOf, pushCount, releaseCounts } from "../extents.js";

export class RowBlocks {
  private readonly product: ProductStatement;
  private readonly context: KernelContext;
  private readonly code: FunctionCode;

  constructor(product: ProductStatement, context: KernelContext) {
    this.product = product;
    this.context = context;
    this.code = context.code;
  }

  emit(): void {
    this.copyRows();
    this.rowBlocks();
  }

  /** Blocks of rows: their part of the result, and of the left operand, is at hand for all columns. */
  private rowBlocks(): void {
    const { code, context } = this;
    const { rows } = this.product;
    const { rowBlock } = context.parts.target;
    const total = rows === undefined ? 1 : countOf(rows.extent, rows.variable, context);
    if (typeof total === "number" && total <= rowBlock) {
      // In loops over pieces the depth of loops would be another.
      if (this.product.result === undefined) this.walk(context, { start: undefined, end: total });
      else this.callBlock(undefined, total);
      return;
    }
    const start = code.local("i32");
    const end = code.local("i32");
    code.i32(0).set(start);
    code.loop((again) => {
      code.get(start).i32(rowBlock).op("i32.add").tee(end);
      pushCount(total, context);
      code.get(end);
      pushCount(total, context);
      code.op("i32.lt_s").op("select").set(end);
      this.callBlock({ start, end }, total);
      code.get(end).tee(start);
      pushCount(total, context);
      code.op("i32.lt_s").brIf(again);
    });
    code.release(start, end);
    releaseCounts([total], context);
  }

  /** Calls the function that goes through all columns for some rows. */
  private callBlock(block: { start: Local; end: Local } | undefined, total: Count): void {
    const { code, context } = this;
    const variables = this.freeInBlock();
    const given = [
      ...variables.map((name) => context.integers.variable(name)),
      ...(block === undefined ? [] : [block.start, block.end]),
    ];
    const ref = context.parts.innerFunction(context, given.length, (inner, params) => {
      const own = [...params];
      for (const name of variables) inner.integers.bind(name, own.shift() as Local);
      const [start, end] = block === undefined ? [undefined, total] : (own as [Local, Local]);
      this.walk(inner, { start, end });
    });
    for (const local of given) code.get(local);
    code.call(ref);
  }

  /** What the function of a block reads of the region around it; how many rows there are is not among it. */
  private freeInBlock(): string[] {
    const { product } = this;
    const rows = product.rows && {
      variable: product.rows.variable,
      extent: { kind: "affine", value: AFFINE_ZERO } as const,
    };
    return freeVariables([{ ...product, rows }]).variables;
  }

  private walk(context: KernelContext, rows: RowSpan): void {
    withCounts(context, (counted) => new TileWalk(planProduct(this.product, counted), counted, rows).emit());
  }

  /** Copies the left operand, row by row, where the product says so. */
  private copyRows(): void {
    const { code, context } = this;
    const { rows, schedule: { copied } = {} } = this.product;
    if (copied === undefined) return;
    const copy = rowCopy(this.product, leftOf(this.product).left);
    if (rows === undefined) {
      context.emitAll(copy);
      return;
    }
    const count = countOf(rows.extent, rows.variable, context);
    const position = code.local("i32");
    const member = code.local("i32");
    code.i32(0).set(position);
    code.block((exit) => {
      code.loop((again) => {
        code.get(position);
        pushCount(count, context);
        code.op("i32.ge_s").brIf(exit);
        pushMember(rows, position, 0, context);
        code.set(member);
        context.scoped((inner) => {
          inner.integers.bind(POSITION, position);
          inner.integers.bind(rows.variable, member);
          inner.emitAll(copy);
        });
        code.get(position).i32(1).op("i32.add").set(position);
        code.br(again);
      });
    });
    code.release(position, member);
    releaseCounts([count], context);
  }
}
