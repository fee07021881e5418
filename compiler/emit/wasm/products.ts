/** Products as register tiles: `product-blocks.ts` goes through blocks of rows, `product-walk.ts` through a block. */
import type { ProductStatement } from "../../ir/kernel/types.js";
import { collapsibleSums } from "./collapse.js";
import { ProductBlocks } from "./product-blocks.js";
import type { Statements } from "./statements.js";

export function emitProduct(product: ProductStatement, statements: Statements): void {
  const { rows, columns, tail, packed, a, b } = product;
  // A product without columns is one without rows whose operands have changed places.
  if (columns === undefined && rows !== undefined && rows.extent.kind !== "examples" && tail === undefined) {
    if (packed === undefined) emitProduct({ ...product, rows: undefined, columns: rows, a: b, b: a }, statements);
    return;
  }
  const collapsed = statements.collapsed === undefined ? collapsibleSums(product) : undefined;
  if (collapsed !== undefined) statements.collapsed = collapsed;
  new ProductBlocks(product, statements).emit();
  if (collapsed !== undefined) statements.collapsed = undefined;
}
