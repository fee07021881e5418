/** Rows of the left operand that follow each other backwards: found by random cells, as `-4 is not an offset`. */
import { expect, test } from "vitest";
import { cell } from "../../../../../../compiler/index.js";

const source = `cell Turned(I, H) {
  input x: [I]
  param A: [H, I]
  output y = A @ cumprod(x, reverse = true)
}`;

test.each([1, 2, 3, 5])("the gradient by a matrix of %i columns is its outer product", async (columns) => {
  const rows = 3;
  const x = Array.from({ length: columns }, (_, i) => 2 + (i % 2));
  const dy = [1, -1, 2];
  const products = x.map((_, i) => x.slice(i).reduce((product, value) => product * value, 1));
  for (const dtype of ["f32", "f64"] as const) {
    const options = {
      cell: "Turned",
      dimensions: { I: columns, H: rows },
      gradient: true,
      dtype,
      target: "wasm",
    } as const;
    const instance = (await cell(source, options)).instantiate({ batch: 1, steps: 1 });
    instance.forward({ x });
    const { params } = instance.backward!({ y: dy });
    expect([...params["A"]!]).toEqual(dy.flatMap((dy) => products.map((product) => dy * product)));
  }
});
