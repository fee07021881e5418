/** The eigenvalues from which S5 starts: against the matrix that they are of, and numbers of another program. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/index.js";

/** How far eigenvectors times eigenvalues are from the matrix, and the matrix from HiPPO-LegS; V from one with columns of length 1, at right angles. */
const source = `
import { hippo_basis, hippo_frequencies, hippo_normal } from "std/hippo"
import { eye, hippo_legs } from "std/linear"
cell Distances(N) {
  input x: real
  w = hippo_frequencies(N)
  V = hippo_basis(N)
  S = hippo_normal(2 * N)
  p[n < 2 * N] = sqrt(n + 0.5)
  output frequencies = x * w
  output legs = max(abs(hippo_legs(2 * N) + outer(p, p) - S), axis = [0, 1])
  output equations = max(abs(S @ V - V * complex(-0.5, w)), axis = [0, 1])
  // The other half of the eigenvectors is conjugate.
  output whole = max(abs(2 * re((V * complex(-0.5, w)) @ conj(transpose(V))) - S), axis = [0, 1])
  output unit = max(abs(conj(transpose(V)) @ V - eye(N)), axis = [0, 1])
  output right = max(abs(transpose(V) @ V), axis = [0, 1])
}`;

const distances = async (N: number, dtype: "f32" | "f64"): Promise<Record<string, number[]>> => {
  const { instantiate } = await cell(source, { dimensions: { N }, dtype, target: "js", gradient: false });
  const instance = instantiate({ batch: 1, steps: 1 });
  const results = instance.forward({ x: dtype === "f64" ? Float64Array.of(1) : Float32Array.of(1) });
  const outputs = Object.entries(results).filter(([name]) => name !== "final");
  return Object.fromEntries(outputs.map(([name, values]) => [name, Array.from(values as Float64Array)]));
};

/** Imaginary parts above 0 of the eigenvalues by numpy.linalg.eigh (2.4.6), of 12 rows. */
const known = [
  0.3793755393672464, 1.5562798282835544, 3.503215034161923, 6.806403483908059, 13.772731529313127, 45.31717433331801,
];

describe("the normal part of HiPPO-LegS", () => {
  it("has the eigenvalues that another program finds", async () => {
    const { frequencies } = await distances(6, "f64");
    for (const [i, value] of known.entries()) expect(Math.abs(frequencies![i]! / value - 1)).toBeLessThan(1e-13);
  });

  it.each([1, 2, 7, 24])("is its eigenvectors and eigenvalues of 2 * %d rows", async (N) => {
    const { frequencies, legs, ...found } = await distances(N, "f64");
    expect(Object.keys(found)).toEqual(["equations", "whole", "unit", "right"]);
    // Entries grow with N.
    for (const [distance] of Object.values(found)) expect(distance).toBeLessThan(1e-14 * N * N + 1e-14);
    expect(legs![0]).toBeLessThan(1e-14 * N);
    expect(frequencies!.every((value, i) => value > (frequencies![i - 1] ?? 0))).toBe(true);
  });

  it("is known to float32 as well", async () => {
    const [narrow, wide] = await Promise.all([distances(24, "f32"), distances(24, "f64")]);
    for (const [i, value] of wide["frequencies"]!.entries())
      expect(Math.abs(narrow["frequencies"]![i]! / value - 1)).toBeLessThan(2e-5);
  });
});

it("S5 starts from them, on both targets", async () => {
  const { frequencies } = await distances(6, "f64");
  const text = 'import { S5 } from "std/s5"\n';
  const started = await Promise.all(
    (["js", "wasm"] as const).map(async (target) => {
      const { instantiate } = await cell(text, { cell: "S5", dimensions: { H: 2, N: 6 }, target, dtype: "f64", gradient: false }); // prettier-ignore
      return instantiate({ batch: 1, steps: 1 }).params;
    }),
  );
  expect(Array.from(started[0]!["im"]!)).toEqual(frequencies);
  expect(Array.from(started[0]!["log_re"]!).every((value) => value === Math.log(0.5))).toBe(true);
  expect(started[1]!["im"]).toEqual(started[0]!["im"]);
});
