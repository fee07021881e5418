/** Weights are copied for tiles only where their digest changes: whatever moves must change it. */
import { expect, test } from "vitest";
import { cell } from "../../../../compiler/index.js";

const source = `
cell Gates(I, H) {
  input x: [I]
  param A, B, C, D: [H, I] ~ zeros
  output a = A @ x
  output b = B @ x
  output c = C @ x
  output d = D @ x
}`;

test.each([
  ["f64", 3, 3],
  ["f32", 3, 3],
  ["f32", 8, 7],
] as const)("a single number that moves, %s of size %i by %i", async (dtype, I, H) => {
  const module = await cell(source, { dimensions: { I, H }, dtype, gradient: false });
  const instance = module.instantiate({ batch: 1, steps: 1 });
  const x = Array.from({ length: I }, (_, i) => i + 1);
  const unnoticed: string[] = [];
  for (const [name, weights] of Object.entries(instance.params)) {
    for (let from = 0; from < I * H; from++) {
      for (let to = 0; to < I * H; to++) {
        for (const at of [from, to]) {
          weights.fill(0);
          weights[at] = 1;
          const result = instance.forward({ x })[name.toLowerCase()];
          if (result?.[Math.floor(at / I)] !== (at % I) + 1) unnoticed.push(`${name} from ${from} to ${to}`);
        }
      }
    }
    weights.fill(0);
  }
  expect(unnoticed).toEqual([]);
});
