/** Cells with complex states against the same in pairs of real numbers: values, gradients, and bits of both targets. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkGradients } from "../../compiler/index.js";
import { cell } from "../../compiler/driver/in-process.js";
import type { FloatArray, ModuleInstance } from "../../runtime/index.js";

interface Example {
  readonly dimensions: Readonly<Record<string, number>>;
  readonly complex: string;
  /** With `B_re` and `B_im` in the place of a complex `B`. */
  readonly pairs: string;
  /** Entries of the input in a step. */
  readonly width: number;
}

const examples: Readonly<Record<string, Example>> = {
  // A. Orvieto et al. 2023.
  "a linear recurrent unit": {
    dimensions: { I: 3, N: 4, O: 2 },
    width: 3,
    complex: `cell LRU(I, N, O) {
      input u: [I]
      state x: complex[N]
      param nu, theta, gamma: [N] ~ uniform(1)
      param B: complex[N, I]
      param C: complex[O, N]
      param D: [O, I]
      lambda = exp(-exp(nu) + 1i * exp(theta))
      x' = lambda * x + exp(gamma) * (B @ u)
      output y = re(C @ x') + D @ u
    }`,
    pairs: `cell LRU(I, N, O) {
      input u: [I]
      state x_re, x_im: [N]
      param nu, theta, gamma: [N] ~ uniform(1)
      param B_re, B_im: [N, I]
      param C_re, C_im: [O, N]
      param D: [O, I]
      r = exp(-exp(nu))
      l_re = r * cos(exp(theta))
      l_im = r * sin(exp(theta))
      x_re' = l_re * x_re - l_im * x_im + exp(gamma) * (B_re @ u)
      x_im' = l_re * x_im + l_im * x_re + exp(gamma) * (B_im @ u)
      output y = C_re @ x_re' - C_im @ x_im' + D @ u
    }`,
  },
  // A. Gu et al. 2022, zero-order hold.
  "a diagonal state space": {
    dimensions: { H: 3, N: 2 },
    width: 3,
    complex: `cell S4D(H, N) {
      input u: [H]
      state x: complex[H, N]
      param log_dt, D: [H]
      param log_a, omega: [H, N] ~ uniform(1)
      param C: complex[H, N]
      A = -exp(log_a) + 1i * omega
      A_bar = exp(A * exp(log_dt)[:, new])
      B_bar = (A_bar - 1) / A
      x'[h] = A_bar[h] * x[h] + B_bar[h] * u[h]
      output y[h] = 2 * re(C[h] @ x'[h]) + D[h] * u[h]
    }`,
    pairs: `cell S4D(H, N) {
      input u: [H]
      state x_re, x_im: [H, N]
      param log_dt, D: [H]
      param log_a, omega: [H, N] ~ uniform(1)
      param C_re, C_im: [H, N]
      dt = reshape(exp(log_dt), [H, 1])
      a = -exp(log_a)
      r = exp(a * dt)
      A_re = r * cos(omega * dt)
      A_im = r * sin(omega * dt)
      den = square(a) + square(omega)
      B_re = ((A_re - 1) * a + A_im * omega) / den
      B_im = (A_im * a - (A_re - 1) * omega) / den
      x_re' = A_re * x_re - A_im * x_im + B_re * reshape(u, [H, 1])
      x_im' = A_re * x_im + A_im * x_re + B_im * reshape(u, [H, 1])
      output y = 2 * sum(C_re * x_re' - C_im * x_im', axis = 1) + D * u
    }`,
  },
  // M. Wolter, A. Yao 2018, with the modReLU of M. Arjovsky et al. 2016.
  "a complex gated unit": {
    dimensions: { I: 2, H: 3 },
    width: 2,
    complex: `cell Gated(I, H) {
      input x: [I]
      state h: complex[H]
      param W, V: complex[H, I]
      param U, R: complex[H, H]
      param b, c: [H]
      param alpha: real
      g = U @ h + W @ x
      a = sigmoid(alpha)
      z = sigmoid(a * re(g) + (1 - a) * im(g) + b)
      n = R @ (z * h) + V @ x
      size = abs(n)
      h' = (1 - z) * h + z * (relu(size + 1 + c) / (size + 0.01)) * n
      output y = concat(re(h'), im(h'))
    }`,
    pairs: `cell Gated(I, H) {
      input x: [I]
      state h_re, h_im: [H]
      param W_re, W_im, V_re, V_im: [H, I]
      param U_re, U_im, R_re, R_im: [H, H]
      param b, c: [H]
      param alpha: real
      g_re = U_re @ h_re - U_im @ h_im + W_re @ x
      g_im = U_re @ h_im + U_im @ h_re + W_im @ x
      a = sigmoid(alpha)
      z = sigmoid(a * g_re + (1 - a) * g_im + b)
      n_re = R_re @ (z * h_re) - R_im @ (z * h_im) + V_re @ x
      n_im = R_re @ (z * h_im) + R_im @ (z * h_re) + V_im @ x
      size = sqrt(n_re * n_re + n_im * n_im)
      s = relu(size + 1 + c) / (size + 0.01)
      h_re' = (1 - z) * h_re + z * s * n_re
      h_im' = (1 - z) * h_im + z * s * n_im
      output y = concat(h_re', h_im')
    }`,
  },
  "complex numbers at places that are made of them": {
    dimensions: { N: 3 },
    width: 2,
    complex: `cell Chosen(N) {
      input x: [2]
      state h: complex[N]
      param z, w: complex[N]
      h' = 0.5 * h + x[0] * z[argsort(abs(w))] + w[(argmax(re(w)) + 1) mod N] * turned(z, w)
      output y[n] = re(h'[n]) + re(sum(z[argmax(re(x[1] * z))] * w[m] * h'[n] for m))
      fn turned(z: complex[n], w: complex[n]): complex { return z[argmin(im(w) + re(z))] }
    }`,
    pairs: `cell Chosen(N) {
      input x: [2]
      state h_re, h_im: [N]
      param z_re, z_im, w_re, w_im: [N]
      p = argsort(w_re * w_re + w_im * w_im)
      j = (argmax(w_re) + 1) mod N
      k = argmin(w_im + z_re)
      l = argmax(x[1] * z_re)
      h_re' = 0.5 * h_re + x[0] * z_re[p] + w_re[j] * z_re[k] - w_im[j] * z_im[k]
      h_im' = 0.5 * h_im + x[0] * z_im[p] + w_re[j] * z_im[k] + w_im[j] * z_re[k]
      a_re = z_re[l] * sum(w_re) - z_im[l] * sum(w_im)
      a_im = z_re[l] * sum(w_im) + z_im[l] * sum(w_re)
      output y = h_re' + a_re * h_re' - a_im * h_im'
    }`,
  },
};

const call = { batch: 2, steps: 4 };
const wave = (length: number, from: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => Math.fround(Math.sin(from + 1.7 * i)));

/** Everything that a call gives, by names as pairs have them. */
function resultsOf(instance: ModuleInstance, width: number): Record<string, FloatArray> {
  for (const [i, values] of Object.values(instance.params).entries()) values.set(wave(values.length, i));
  const { final, ...outputs } = instance.forward({ [width === 2 ? "x" : "u"]: wave(8 * width, 20) });
  const values = { ...outputs, ...final };
  const cotangents = Object.fromEntries(Object.entries(outputs).map(([name, all]) => [name, wave(all.length, 30)]));
  const { params, initial, ...others } = instance.backward!(cotangents);
  const all = { ...values, ...params, ...others, ...Object.fromEntries(Object.entries(initial).map(([name, one]) => [`initial ${name}`, one])) }; // prettier-ignore
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name.replace(".", "_"), (one as FloatArray).slice()])); // prettier-ignore
}

describe.each(Object.entries(examples))("%s", (_, { dimensions, complex, pairs, width }) => {
  const run = async (source: string, target: "js" | "wasm") =>
    resultsOf((await cell(source, { dimensions, target, gradient: true })).instantiate(call), width);

  it("has the values and gradients of its pairs, and the same bits in js and wasm", async () => {
    const [own, other] = [await run(complex, "js"), await run(pairs, "js")];
    expect(Object.keys(own)).toEqual(Object.keys(other));
    for (const [name, values] of Object.entries(own)) {
      expect(
        values.some((value) => value !== 0),
        name,
      ).toBe(true);
      for (const [i, value] of values.entries()) expect(value, name).toBeCloseTo(other[name]![i]!, 4);
    }
    expect(await run(complex, "wasm")).toEqual(own);
  });
});

it("has the right derivatives", async () => {
  const { complex, dimensions } = examples["a complex gated unit"]!;
  expect((await checkGradients(complex, { seed: 1, runs: 1, dimensions })).passed).toBe(true);
});

it("is settled, not derived, where the size of a complex number is 0", async () => {
  const source = "cell A { input x: real state h: complex h' = 0.5 * h output y = x + abs(h) + arg(h) * abs(h) }";
  const module = (await cell(source, { gradient: true })).instantiate({ batch: 1, steps: 2 });
  module.forward({ x: [1, 2] });
  const { initial } = module.backward!({ y: [1, 1] });
  expect(Object.entries(initial).map(([name, [value]]) => [name, value])).toEqual([
    ["h.re", 0],
    ["h.im", 0],
  ]);
});

describe("complex params that begin with an expression", () => {
  const begun = async (source: string, target: "js" | "wasm", dimensions: Record<string, number>) => {
    const instance = (await cell(source, { cell: "A", target, dimensions, dtype: "f64" })).instantiate();
    const copied = (): Record<string, number[]> => {
      const all = Object.entries({ ...instance.params, ...instance.fixed });
      return Object.fromEntries(all.map(([name, values]) => [name, [...values]]));
    };
    const atOnce = copied();
    instance.init(3);
    return { atOnce, params: copied() };
  };

  it("have both parts of it, which share what is drawn, in js and wasm", async () => {
    const source = `cell A(N) {
      input x: [N]
      param a: complex[N] ~ exp(1i * uniform(0, 2 * pi))
      param b[n]: complex[N] ~ 1i * n + a[n] / 2
      fixed c: complex ~ 1i
      param d, e: complex[N] ~ complex(normal(1), normal(1)) / 4
      output y = re((a + b + c) * d * e) * x
    }`;
    const { atOnce, params } = await begun(source, "js", { N: 4 });
    expect([atOnce["c.re"], atOnce["c.im"]]).toEqual([[0], [1]]);
    const of = (name: string): number[] => params[name] ?? [];
    const angles = of("a.re").map((re, i) => {
      expect(Math.hypot(re, of("a.im")[i]!)).toBeCloseTo(1, 14);
      return Math.atan2(of("a.im")[i]!, re);
    });
    expect(new Set([...angles, ...of("d.re"), ...of("d.im"), ...of("e.re"), ...of("e.im")]).size).toBe(20);
    of("b.re").forEach((value, i) => expect(value).toBe(of("a.re")[i]! / 2));
    of("b.im").forEach((value, i) => expect(value).toBe(i + of("a.im")[i]! / 2));
    expect((await begun(source, "wasm", { N: 4 })).params).toEqual(params);
  });

  it("are those of the paper in a linear recurrent unit", async () => {
    const page = readFileSync(new URL("../../spec/language.md", import.meta.url), "utf8");
    const [, lru = ""] = /```cell\n(\/\/\/ A linear recurrent unit[^`]*)```/u.exec(page) ?? [];
    const { params } = await begun(lru.replace("LRU(", "A("), "js", { I: 20, N: 40, O: 10 });
    const size = params["nu"]!.map((nu) => Math.exp(-Math.exp(nu)));
    for (const [i, r] of size.entries()) {
      expect(r).toBeGreaterThan(0.9);
      expect(r).toBeLessThan(0.999);
      expect(params["gamma"]![i]).toBeCloseTo(Math.log(Math.sqrt(1 - r * r)), 9);
    }
    for (const name of ["B.re", "B.im", "C.re", "C.im"]) {
      const squares = params[name]!.reduce((sum, value) => sum + value * value, 0);
      expect(Math.abs(Math.sqrt((40 * squares) / params[name]!.length) - 1), name).toBeLessThan(0.15);
    }
  });

  it("begin so in used cells, as their user says", async () => {
    const turn = "cell Turn(H) { input x: [H] param z: complex[H] ~ 1i output y = re(z * x) }";
    const user = `${turn} cell A(H) { input x: [H] param g: [H] ~ 3 use l = Turn(H) with z[n] ~ 1i * g[n] + n use m = Turn(H) output y = l(x) + m(x) }`;
    const { params } = await begun(user, "js", { H: 2 });
    expect(params).toEqual({ g: [3, 3], "l.z.re": [0, 1], "l.z.im": [3, 3], "m.z.re": [0, 0], "m.z.im": [1, 1] });
  });
});
