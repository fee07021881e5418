/** The loops that copy a row of the left operand of a product. */
import { expect, test } from "vitest";
import { AFFINE_ZERO } from "../../../../compiler/ir/kernel/affine.js";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import { printStatement } from "../../../../compiler/ir/kernel/print.js";
import { rowCopy } from "../../../../compiler/ir/kernel/row-copy.js";

test.each(["", " in lanes"])("a row goes element after element%s, over all that is contracted", (mark) => {
  const [product] = parseKernelBody(`
product s = sum x[i * 6 + j * 2 + k] copied to rows${mark} * z[k]
  rows i < 3
  columns u < 2
  contracted j < 3
  contracted k < 2
  then for v < 2
    x[v] = s
`);
  if (product?.kind !== "product") throw new TypeError("no product");
  expect(
    rowCopy(product, { buffer: "rows", offset: AFFINE_ZERO })
      .map((loop) => printStatement(loop, ""))
      .join(""),
  ).toBe(`for j < 3\n  for k < 2${mark}\n    rows[0] = x[i * 6 + j * 2 + k]\n`);
});
