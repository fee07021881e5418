/** Going through statements: every access with what decides about it, and every expression changed where it stands. */
import { expect, test } from "vitest";
import { addAffine, affineConstant, affineKey } from "../../../../compiler/ir/kernel/affine.js";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import { forEachAccess, forEachSimple, mapStatement } from "../../../../compiler/ir/kernel/visit.js";

const text = `for i < 2
  let v = (i < 1 ? x[i] : z[i - 1])
  y[i] += v
product p[0] = sum a[k] * b[k]
  contracted k < 3`;

test("accesses, in their order", () => {
  const seen: string[] = [];
  for (const statement of parseKernelBody(text)) {
    forEachAccess(statement, ({ buffer, offset }, use, conditions) => {
      seen.push(`${use} ${buffer}[${affineKey(offset)}] ${conditions.map(({ holds }) => holds).join()}`.trim());
    });
  }
  expect(seen.map((line) => line.replace(/\[.*\]/u, ""))).toEqual(["read x true", "read z false", "add y", "read a", "read b", "write p"]); // prettier-ignore
});

test("statements that hold no others", () => {
  const kinds: string[] = [];
  forEachSimple(parseKernelBody(text), ({ kind }) => kinds.push(kind));
  expect(kinds).toEqual(["let", "store", "product"]);
});

test("places, buffers and names are changed wherever they stand", () => {
  const body = parseKernelBody(text).map((statement) =>
    mapStatement(statement, {
      access: (access) => ({ ...access, buffer: `${access.buffer}2` }),
      affine: (value) => addAffine(value, affineConstant(5)),
      variable: (name) => `${name}3`,
    }),
  );
  const printed = printKernelFunction({ name: "f", body });
  expect(printed).toContain("let v3 = (i + 5 < 6 ? x2[i + 5] : z2[i + 4])");
  expect(printed).toContain("y2[i + 5] += v3");
  expect(printed).toContain("p2[5] = sum a2[k + 5] * b2[k + 5]");
});

test("operations and products are changed, in tails too, and what is not is kept", () => {
  const [region] = parseKernelBody(`region r
  product a, b = tanh(x[0]) + sum p[k] * q[k] packed in z[1 of 2] + sum r[0] * s[0]
    columns c < 4
    earlier k < 3
    fused
    then for u < 2
      y[u] = exp(a)`);
  const kinds: string[] = [];
  const same = mapStatement(region!, {
    operation: (value) => (kinds.push(value.op), value),
    product: (value) => (kinds.push(value.kind), value),
  });
  expect(same).toEqual(region);
  expect(kinds.sort()).toEqual(["exp", "product", "tanh"]);
});
