/** Cells whose gradient flow is known beforehand. */
import { describe, expect, it } from "vitest";
import { diagnose, type DiagnoseOptions } from "../../../../compiler/tools/diagnose/diagnose.js";
import type { DataTensor } from "../../../../compiler/tools/diagnose/data.js";
import type { Diagnosis } from "../../../../compiler/tools/diagnose/diagnosis.js";
import { eigenvalues } from "../../../../compiler/tools/diagnose/eigenvalues.js";
import { createRandom, fromNumbers, writeSafetensors } from "../../../../runtime/index.js";
import { standardCell } from "../../../support/models.js";

function paramsFile(
  tensors: Readonly<Record<string, readonly [shape: readonly number[], values: Float64Array]>>,
): Uint8Array {
  return writeSafetensors(
    new Map(Object.entries(tensors).map(([name, [shape, values]]) => [name, fromNumbers(values, shape)])),
  );
}

const linear = "cell Linear(N) {\n  state h: [N]\n  param A: [N, N]\n  h' = A @ h\n  output y = h'\n}";
const chaotic = "cell Tanh(N) {\n  state h: [N]\n  param W: [N, N]\n  h' = tanh(W @ h)\n  output y = h'\n}";

/** A cell without input has no steps in its data: they are options. A random start. */
function start(size: number, batch: number, seed: number): ReadonlyMap<string, DataTensor> {
  const random = createRandom(seed);
  const values = Float64Array.from({ length: batch * size }, () => random.normal());
  return new Map([["h", { shape: [batch, size], values }]]);
}

const run = (source: string, size: number, matrix: Float64Array, name: string, options: DiagnoseOptions = {}) =>
  diagnose(source, { params: paramsFile({ [name]: [[size, size], matrix] }), data: start(size, 3, 1), ...options });

/** The curve's slope between two steps back. */
const slope = ({ gradient }: Diagnosis, from: number, to: number): number =>
  ((gradient?.total.mean[to] as number) - (gradient?.total.mean[from] as number)) / (to - from);

describe("a linear cell", () => {
  it("with real eigenvalues has their logarithms as exponents", async () => {
    // Upper triangular, so the diagonal are the eigenvalues, and not normal, so that vectors have to turn first.
    const values = [0.99, -0.9, 0.7, 0.4];
    const matrix = Float64Array.from({ length: 16 }, (_, at) => {
      const [i, j] = [Math.floor(at / 4), at % 4];
      return i === j ? values[i]! : i < j ? 0.5 : 0;
    });
    const found = await run(linear, 4, matrix, "A", { steps: 400 });
    expect(found.params).toBe("given");
    values.forEach((value, i) => expect(found.lyapunov!.exponents[i]).toBeCloseTo(Math.log(Math.abs(value)), 6));
    expect(slope(found, 300, 390)).toBeCloseTo(Math.log(0.99), 6);
    for (const radius of found.jacobian!.radius) expect(radius).toBeCloseTo(0.99, 9);
    expect(found.verdict.flow).toBe("carried");
  });

  it("with a conjugate pair has the logarithm of their size twice", async () => {
    const [re, im] = [0.6, 0.7];
    const found = await run(linear, 3, Float64Array.of(re, im, 0.3, -im, re, 0.2, 0, 0, 0.5), "A", { steps: 2000 });
    const expected = [Math.log(Math.hypot(re, im)), Math.log(Math.hypot(re, im)), Math.log(0.5)];
    expected.forEach((value, i) => expect(found.lyapunov!.exponents[i]).toBeCloseTo(value, 3));
    expect(found.verdict.flow).toBe("vanishes");
    expect(found.verdict.perStep).toBeCloseTo(Math.hypot(re, im), 3);
  });

  it("with an eigenvalue above 1 explodes, by that factor", async () => {
    const found = await run(linear, 2, Float64Array.of(1.1, 0, 0, 0.5), "A", { steps: 120 });
    expect(found.verdict.flow).toBe("explodes");
    expect(found.verdict.perStep).toBeCloseTo(1.1, 6);
    // 1.1^k > 1000 first for k = 73; the directions that start smaller add some steps.
    expect(found.verdict.atStep).toBeGreaterThanOrEqual(73);
    expect(found.verdict.atStep).toBeLessThan(90);
    expect(found.verdict.words[0]).toMatch(
      /^The gradient explodes: ×1\.10 per step back, above a thousandfold after \d+ steps\.$/u,
    );
  });

  it("with a nilpotent matrix has no gradient after as many steps as it has rows", async () => {
    const found = await run(linear, 3, Float64Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0), "A", { steps: 30 });
    expect(found.verdict).toMatchObject({ flow: "zero", atStep: 2 });
    expect(found.lyapunov!.exponents).toEqual([-Infinity, -Infinity, -Infinity]);
    expect(found.lyapunov!.lost).toEqual([3, 3, 3]);
  });
});

it("an orthogonal cell keeps every direction", async () => {
  const source = linear.replace("[N, N]", "[N, N] ~ orthogonal");
  const found = await diagnose(source, { dimensions: { N: 30 }, data: start(30, 2, 4), steps: 300, exponents: 30 });
  expect(found.params).toBe("initial");
  for (const exponent of found.lyapunov!.exponents) expect(exponent).toBeCloseTo(0, 10);
  for (const value of found.gradient!.total.mean) expect(value).toBeCloseTo(0, 9);
  for (const norm of found.jacobian!.norm) expect(norm).toBeCloseTo(1, 8);
  for (const radius of found.jacobian!.radius) expect(radius).toBeCloseTo(1, 8);
  expect(found.verdict.flow).toBe("carried");
  expect(found.verdict.words.join(" ")).toMatch(/at the edge/u);
});

describe("random tanh networks (H. Sompolinsky, A. Crisanti, H. J. Sommers, 1988)", () => {
  const size = 50;
  const weights = (gain: number): Float64Array => {
    const random = createRandom(11);
    return Float64Array.from({ length: size * size }, () => random.normal(gain / Math.sqrt(size)));
  };

  it("beyond gain 1 are chaotic, as fast as two neighbouring runs part", async () => {
    const matrix = weights(3);
    const found = await run(chaotic, size, matrix, "W", { steps: 700, exponents: 1 });
    const [largest] = found.lyapunov!.exponents;
    expect(largest).toBeGreaterThan(0.1);
    expect(found.verdict.words.join(" ")).toMatch(/chaotic/u);
    expect(found.verdict.flow).toBe("explodes");
    expect(Math.abs(largest! - partingRate(matrix))).toBeLessThan(0.04);
    expect(Math.abs(Math.log(found.verdict.perStep!) - largest!)).toBeLessThan(0.04);
  });

  it("below gain 1 come to rest, as fast as the largest eigenvalue says", async () => {
    const matrix = weights(0.8);
    const found = await run(chaotic, size, matrix, "W", { steps: 250, exponents: 1 });
    const radius = Math.max(...eigenvalues(matrix, size).map(({ re, im }) => Math.hypot(re, im)));
    expect(found.lyapunov!.exponents[0]).toBeCloseTo(Math.log(radius), 2);
    expect(found.jacobian!.radius.at(-1)).toBeCloseTo(radius, 6);
    expect(found.verdict.flow).toBe("vanishes");
  });

  /** Growth per step of a small distance, measured with `Math.tanh` on two runs. */
  function partingRate(matrix: Float64Array): number {
    const random = createRandom(5);
    let one = Float64Array.from({ length: size }, () => random.normal());
    let two = one.map((value) => value + 1e-8 * random.normal());
    const step = (h: Float64Array) =>
      h.map((_, i) => Math.tanh(h.reduce((sum, value, j) => sum + matrix[i * size + j]! * value, 0)));
    let total = 0;
    for (let t = 0; t < 1500; t++) {
      [one, two] = [step(one), step(two)];
      const distance = Math.hypot(...one.map((value, i) => value - two[i]!));
      if (t >= 200) total += Math.log(distance / 1e-8);
      two = two.map((value, i) => one[i]! + ((value - one[i]!) * 1e-8) / distance);
    }
    return total / 1300;
  }
});

describe("an LSTM", () => {
  const [I, H] = [4, 12];
  /** Weak recurrent weights, as those make c grow by themselves; the bias of the forget gate as given. */
  const params = (forget: number): Uint8Array => {
    const random = createRandom(9);
    const small = (count: number, size: number): Float64Array =>
      Float64Array.from({ length: count }, () => random.normal(size));
    const gates = ["i", "f", "g", "o"].map((gate) => ({
      [`W_${gate}`]: [[H, I], gate === "f" ? new Float64Array(H * I) : small(H * I, 0.05)] as const,
      [`U_${gate}`]: [[H, H], gate === "f" ? new Float64Array(H * H) : small(H * H, 0.002)] as const,
      [`b_${gate}`]: [[H], new Float64Array(H).fill(gate === "f" ? forget : 0)] as const,
    }));
    return paramsFile(Object.assign({}, ...gates) as Parameters<typeof paramsFile>[0]);
  };

  it("with its forget gate at 1 carries the gradient of c", async () => {
    const found = await diagnose(standardCell("lstm"), { cell: "LSTM", params: params(50), steps: 200 });
    expect(found.dimensions).toEqual({ I, H });
    expect(found.verdict.flow).toBe("carried");
    const c = found.gradient!.states.find(({ state }) => state === "c")!;
    for (const value of c.mean) expect(Math.abs(value)).toBeLessThan(Math.log(2));
    const [edge] = found.gradient!.mainWay.map((i) => found.gradient!.passedOn[i]!);
    expect(edge).toMatchObject({ equation: "c'", reads: "c", place: { text: "c' = f * c + i * g" } });
    expect(edge!.factor).toBeCloseTo(1, 9);
    expect(Math.abs(found.lyapunov!.exponents[0]!)).toBeLessThan(0.02);
    const f = found.saturation.find(({ equation }) => equation === "f")!;
    expect(f).toMatchObject({ kind: "sigmoid", high: 1, low: 0, stuckUnits: H, units: H });
    expect(found.verdict.words.join("\n")).toMatch(
      /The sigmoid in f \(line 21\) is at its limits for 100 % of its values/u,
    );
  });

  it("with its forget gate near 0 loses it", async () => {
    const found = await diagnose(standardCell("lstm"), { cell: "LSTM", params: params(-3), steps: 60 });
    expect(found.verdict.flow).toBe("vanishes");
    const edge = found.gradient!.passedOn.find(({ equation, reads }) => equation === "c'" && reads === "c")!;
    expect(edge.factor).toBeCloseTo(1 / (1 + Math.exp(3)), 9);
  });
});
