/** Spectral radius and block-diagonal matrices of std/linear: against eigenvalues, and where a reservoir begins. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { spectralRadius } from "../../../compiler/tools/diagnose/eigenvalues.js";
import { createRandom } from "../../../runtime/index.js";
import { evaluate, lower } from "./support.js";

const imports = 'import { spectral, spectral_radius, block_diagonal } from "std/linear"';
const { step } = lower(
  `${imports} cell A(N) { input A: [N, N] output radius = spectral_radius(A) output S = spectral(A, 0.9) }`,
  { N: 4 },
);
const of = (A: readonly number[]): { radius: number; S: readonly number[] } => {
  const { radius, S } = evaluate(step, { A });
  return { radius: radius!.data[0]!, S: [...S!.data] };
};

describe("the spectral radius", () => {
  const { uniform } = createRandom(4);
  const drawn = (): number[] => Array.from({ length: 16 }, () => uniform(-1, 1));
  it.each<[string, number[]]>([
    ["of a random matrix", drawn()],
    ["of another", drawn()],
    ["of a turn, whose powers do not grow", [0.6, -0.8, 0, 0, 0.8, 0.6, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, -0.2]],
    ["of a negative eigenvalue", [-3, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]],
    ["of large elements beside small eigenvalues", [1e-3, 1e6, 0, 0, 0, 2e-3, 0, 0, 0, 0, 1e-4, 1, 0, 0, 0, 3e-3]],
    ["of very large elements", drawn().map((x) => 1e150 * x)],
    ["of very small ones", drawn().map((x) => 1e-200 * x)],
  ])("%s", (_, A) => {
    const largest = Math.max(...A.map(Math.abs));
    const scaled = A.map((x) => x / largest);
    const wanted = spectralRadius(scaled, 4) * largest;
    const { radius, S } = of(A);
    expect(Math.abs(radius / wanted - 1)).toBeLessThan(1e-9);
    expect(spectralRadius(S, 4)).toBeCloseTo(0.9, 8);
  });

  it("of a matrix whose powers vanish is 0, and it stays as it is", () => {
    const A = [0, 1, 2, 3, 0, 0, 4, 5, 0, 0, 0, 6, 0, 0, 0, 0];
    expect(of(A)).toEqual({ radius: 0, S: A });
    expect(of(new Array<number>(16).fill(0))).toEqual({ radius: 0, S: new Array<number>(16).fill(0) });
  });
});

it("blocks stand along the diagonal", () => {
  const own = lower(`${imports} cell A(M, K) { input B: [M, K, K] output y = block_diagonal(B) }`, { M: 2, K: 2 });
  expect([...evaluate(own.step, { B: [1, 2, 3, 4, 5, 6, 7, 8] })["y"]!.data]).toEqual(
    [1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8], // prettier-ignore
  );
});

it.each(["js", "wasm"] as const)("a reservoir begins with its radius, in %s", async (target) => {
  const text = `${imports} cell A(N) { input x: [N] state h: [N] fixed R: [N, N] ~ spectral(normal(1) * bernoulli(0.4), 0.9)
    h' = tanh(R @ h + x) output y = h' }`;
  const module = await cell(text, { dimensions: { N: 12 }, dtype: "f64", gradient: false, target });
  const instance = module.instantiate();
  instance.init(5);
  const R = instance.fixed!["R"]!;
  expect(spectralRadius(R, 12)).toBeCloseTo(0.9, 8);
  expect([...R].filter((x) => x === 0).length).toBeGreaterThan(50);
});
