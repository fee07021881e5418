/** Products as register tiles: `row-blocks.ts` goes through blocks of rows, `tile-walk.ts` through a block. */
import type { ProductStatement } from "../../../../ir/kernel/kernel-program.js";
import { invariant } from "../../../../base/diagnostics/invariant.js";
import { joinedSums } from "../joined-examples.js";
import { RowBlocks } from "./row-blocks.js";
import type { KernelContext } from "../context.js";

export function emitProduct(product: ProductStatement, context: KernelContext): void {
  const { rows, columns, a, b, schedule: { tail, packed } = {} } = product;
  // A product without columns is one without rows whose operands have changed places.
  if (columns === undefined && rows !== undefined && rows.extent.kind !== "examples" && tail === undefined) {
    invariant(packed === undefined, `a product without columns reads ${packed?.buffer ?? ""} in panels`);
    emitProduct({ ...product, rows: undefined, columns: rows, a: b, b: a }, context);
    return;
  }
  new RowBlocks(product, context.joined ? context : context.joining(joinedSums(product))).emit();
}
