/** Regions that are one product inside of loops. */
import { AFFINE_ZERO, plainExtent, substituteAffine } from "../../ir/kernel/affine.js";
import type {
  Access,
  Affine,
  ForStatement,
  ProductStatement,
  RegionStatement,
} from "../../ir/kernel/kernel-program.js";
import { mapStatement } from "../../ir/kernel/visit.js";

/** A product whose sums are stored, with no tail. */
type StoredProduct = ProductStatement & { readonly out: Access };

export interface ProductNest {
  readonly loops: readonly ForStatement[];
  readonly product: StoredProduct;
}

function isStored(product: ProductStatement): product is StoredProduct {
  return product.out !== undefined;
}

/** Without loops of one round; undefined where the region is anything else, or loops have another order than 0, 1, 2, … */
export function productNest({ body }: RegionStatement): ProductNest | undefined {
  const loops: ForStatement[] = [];
  let statements = body;
  for (;;) {
    const [only] = statements;
    if (statements.length !== 1 || only === undefined) return undefined;
    if (only.kind === "product") return isStored(only) ? { loops, product: only } : undefined;
    if (only.kind !== "for" || only.from !== undefined || only.reverse || only.step !== 1) return undefined;
    if (plainExtent(only.extent) === 1) {
      const zero = new Map([[only.variable, AFFINE_ZERO]]);
      const affine = (value: Affine): Affine => substituteAffine(value, zero);
      statements = only.body.map((statement) => mapStatement(statement, { affine }));
    } else {
      loops.push(only);
      statements = only.body;
    }
  }
}
