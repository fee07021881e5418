/** Complex numbers and indices where values go on, are delayed and stand beside each other: as the same of their parts, and of numbers. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { derivativeRules } from "../../../compiler/passes/autodiff/derivative-rules.js";
import { checkRules } from "../../../compiler/tools/gradcheck/check-gradients.js";
import { expectSameBitsOnTargets } from "../../support/same-targets.js";
import { evaluate, lower, tryLower } from "./support.js";

const values = { x: [0.5, -0.25, 1], c: [0.3, -0.2], t: [3] };
const cellOf = (items: string): string =>
  `cell A { input x: [3] input c: [2] input t: index(4) z = complex(c[0], c[1]) ${items} output unused = sum(x) + re(z) + x[t mod 3] }`;
const result = (items: string): number[] => [...(evaluate(lower(cellOf(items)).step, values).y?.data ?? [])];

describe("complex numbers go on in rounds", () => {
  it.each([
    ["w = z then w * w + z for 4 output y = [re(w), im(w)]", "re"],
    ["w = complex(0, 0) then w * w + z for 5 output y = [re(w), im(w)]", "re"],
    ["w, n = (z, 0) then (w * w + z, n + 1) for 4 output y = [re(w), im(w) + 0 * n]", "re"],
    ["w = z then w * w + z for 9 until abs(w' - w) < 0 output y = [re(w), im(w)]", "until"],
  ])("%s", (items, kind) => {
    const [a, b] = [values.c[0]!, values.c[1]!];
    let [re, im] = [a, b];
    for (let k = 0; k < (kind === "until" ? 9 : 4); k++) [re, im] = [re * re - im * im + a, 2 * re * im + b];
    const found = result(items);
    expect(found[0]).toBeCloseTo(re, 12);
    expect(found[1]).toBeCloseTo(im, 12);
  });

  it("in a loop as written out", async () => {
    const items = "w = z then 0.9 * w * exp(1i * re(w)) + 0.1 * z for ROUNDS output y = [re(w), im(w)]";
    const of = async (rounds: number): Promise<number[]> => {
      const text = cellOf(items.replace("ROUNDS", String(rounds)));
      const instance = (await cell(text, { dtype: "f64", target: "js" })).instantiate({ steps: 1 });
      const { y } = instance.forward({ x: values.x, c: values.c, t: [3] } as never) as unknown as { y: Float64Array };
      return [...y];
    };
    const found = await of(300);
    let [re, im] = [values.c[0]!, values.c[1]!];
    const [a, b] = [re, im];
    for (let k = 0; k < 300; k++) {
      const [cos, sin] = [Math.cos(re), Math.sin(re)];
      [re, im] = [0.9 * (re * cos - im * sin) + 0.1 * a, 0.9 * (re * sin + im * cos) + 0.1 * b];
    }
    expect(found[0]).toBeCloseTo(re, 10);
    expect(found[1]).toBeCloseTo(im, 10);
  });
});

describe("indices go on in rounds", () => {
  const rounds = (first: number, next: (k: number) => number, count: number): number =>
    Array.from({ length: count }).reduce<number>((k) => next(k), first);
  it.each<[string, number]>([
    ["k = t then (2 * k + 1) mod 4 for 5 output y = [real(k)]", rounds(3, (k) => (2 * k + 1) % 4, 5)],
    ["k = 0 then (2 * k + t) mod 3 for 6 output y = [x[k]]", values.x[rounds(0, (k) => (2 * k + 3) % 3, 6)]!],
    ["k = 2 then (k * k + t) mod 4 for 300 output y = [real(k)]", rounds(2, (k) => (k * k + 3) % 4, 300)],
    // k is 3, 0, 1, 2; r is 1, 2, 5, 12.
    ["k, r = (t, 1) then ((k + 1) mod 4, r * 2 + real(k')) for 3 output y = [r + real(k)]", 14],
    ["k = t then if x[0] < 0 then 0 else argmax(x) for 2 output y = [real(k)]", 2],
    ["k = t then narrow(k + 1, 4, 1) for 6 until k' == t output y = [real(k)]", 3],
    ["r = 1 then r * 2 + 1 for 3 output y = [r]", 15],
  ])("%s", (items, wanted) => {
    expect(result(items)).toEqual([wanted]);
  });
});

describe("what stands beside each other", () => {
  it.each<[string, number[]]>([
    ["p = [t, (2 * t) mod 4, 1] output y = [1, 2, 3, 4][p]", [4, 3, 2]],
    ["p = concat([t, 0], argsort(x)) output y = [5, 6, 7, 8][p]", [8, 5, 6, 5, 7]],
    ["p = stack(t, 2) output y = one_hot(p, 4)[1]", [0, 0, 1, 0]],
    ["w = reverse([z, 2 * z, 1i]) output y = concat(re(w), im(w))", [0, 0.6, 0.3, 1, -0.4, -0.2]],
    ["w = before([z, 2 * z], 1i) output y = concat(re(w), im(w))", [0, 0.3, 1, -0.2]],
    ["w = after([z, 2 * z], 0.5) output y = concat(re(w), im(w))", [0.6, 0.5, -0.4, 0]],
  ])("%s", (items, wanted) => {
    const found = result(items);
    for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 12);
    expect(found).toHaveLength(wanted.length);
  });
});

describe("what is delayed", () => {
  it("is complex, or an index, as numbers are", async () => {
    const text = `cell A(K) { input x: [2] input t: index(4) z = complex(x[0], x[1])
      d = delay(z, by = 2, first = 1i) p = past(z, K) k = delay(t, by = 2, first = 3) q = past(t, 2)
      again = delay(again_next, by = 1) again_next = (again + t) mod 4
      output y = [re(d), im(d), re(p[K - 1]), real(k), real(q[1]), real(again)] }`;
    const xs = Array.from({ length: 10 }, (_, i) => i + 1);
    const ts = [1, 3, 2, 0, 3];
    for (const target of ["js", "wasm"] as const) {
      const module = await cell(text, { dimensions: { K: 2 }, target });
      expect(module.manifest.states.map(({ name }) => name).sort()).toEqual(["again.past", "d.past.im", "d.past.re", "k.past", "p.past.im", "p.past.re", "q.past"]); // prettier-ignore
      const instance = module.instantiate({ steps: 5 });
      const { y } = instance.forward({ x: xs, t: ts } as never) as unknown as { y: Float32Array };
      const again = [0, 1, 0, 2, 2];
      const rows = ts.map((_, i) => [
        i < 2 ? 0 : xs[2 * (i - 2)]!,
        i < 2 ? 1 : xs[2 * (i - 2) + 1]!,
        i < 1 ? 0 : xs[2 * (i - 1)]!,
        i < 2 ? 3 : ts[i - 2]!,
        i < 1 ? 0 : ts[i - 1]!,
        again[i]!,
      ]);
      expect([...y]).toEqual(rows.flat());
      instance.reset();
      const steps = ts.map((t, i) => [
        ...(instance.step({ x: xs.slice(2 * i, 2 * i + 2), t: [t] } as never) as unknown as { y: Float32Array }).y,
      ]);
      expect(steps).toEqual(rows);
    }
  });
});

describe("all of these", () => {
  const text = `cell A(N, V) { input x: [N] input t: index(V) param W: complex[2, N] ~ complex(normal(0.3), normal(0.3))
    c = W @ x
    w, k = (c, t) then (0.5 * w * conj(w) + c, (2 * k + 1) mod V) for 3
    d = delay(c, by = 2)  j = delay(k, by = 2)
    l = [c, d]  p = [j, k, 0]
    m = delay(c, by = 1.5, most = 3)  n = delay(c, by = [1.25, 2], most = 3)
    output a = re(w) + im(d) + re(reverse(W) @ x) + re(m) + im(n)
    output b = x[narrow(j, N, 0)] + sum(re(l) * im(l), axis = [0, 1]) + sum(one_hot(p, V), axis = [0, 1]) * x[0] }`;
  it("have the derivatives that their values have", () => {
    expect(checkRules(text, derivativeRules, { seed: 3, runs: 1, dimensions: { N: 3, V: 4 } })).toEqual({
      mode: undefined,
      fault: undefined,
    });
  });

  it("have the same bits on both targets", async () => {
    const [js, wasm] = await Promise.all(
      (["js", "wasm"] as const).map((target) => cell(text, { target, dimensions: { N: 3, V: 4 } })),
    );
    expectSameBitsOnTargets(js!, wasm!, 5);
  });
});

describe("no elements", () => {
  const of = (output: string, H: number): { data: number[]; codes: string[] } => {
    const text = `cell A(H) { input x: [H] output y = ${output} output unused = sum(x) }`;
    const { cell: lowered, codes } = tryLower(text, { H });
    return {
      data: lowered === undefined ? [] : [...(evaluate(lowered.step, { x: [3, 5].slice(0, H) }).y?.data ?? [])],
      codes,
    };
  };
  it.each<[string, number[], number[]]>([
    ["sum(x[i + 1] * x[i] for i < H - 1)", [0], [15]],
    ["max(x[i + 1] for i < H - 1)", [-Infinity], [5]],
    ["prod(x[i + 1] for i < H - 1)", [1], [5]],
    ["x[0] then r_next for k < H - 1", [3], [8]],
    ["var(x)", [0], [1]],
    ["sum(e) e[i < H - 1] = x[i + 1] - x[i]", [0], [2]],
    ["sum(e[i, j] for i < H - 1, j < H) e[i < H - 1, j < H] = x[i + 1] * x[j]", [0], [40]],
  ])("%s has a value", (output, one, two) => {
    const own = output.replace("r_next", "y + x[k + 1]");
    expect([of(own, 1), of(own, 2)]).toEqual([one, two].map((data) => ({ data, codes: [] })));
  });

  it.each([
    "mean(x[1:])",
    "var(x[1:])",
    "std(x[i + 1] for i < H - 1)",
    "mean(x[i + 1] for i < H - 1)",
    "real(argmax(x[1:]))",
  ])("%s has none", (output) => {
    expect(of(output, 1).codes).toEqual(["bad-dimension-size"]);
    expect(of(output, 2).codes).toEqual([]);
  });
});

describe("before the first step", () => {
  it.each<[string, number[]]>([
    ["past(x, 3, first = [8, 9])", [1, 8, 9]],
    ["past(x, 3, first = [8, 9, 7])", [1, 8, 9]],
    ["past(x, 3, first = 4)", [1, 4, 4]],
  ])("%s", (output, wanted) => {
    const { step, initial } = lower(`cell A { input x: real output y = ${output} }`);
    const [state] = Object.values(evaluate(initial!, {}));
    expect([...evaluate(step, { x: [1], "y.past": [...state!.data] })["y"]!.data]).toEqual(wanted);
  });

  it("cannot be told for fewer or more steps", () => {
    for (const first of ["[8, 9, 7, 6]", "[[8, 9]]"])
      expect(tryLower(`cell A { input x: real output y = past(x, 3, first = ${first}) }`).codes).toEqual([
        "shape-mismatch",
      ]);
    expect(tryLower("cell A { input x: real output y = delay(x, by = 3, first = [8, 9]) }").codes).toEqual([
      "shape-mismatch",
    ]);
  });
});

describe("gradients in rounds", () => {
  it.each([3, 200])("are those of what goes on there, in %i rounds", async (rounds) => {
    const text = `fn energy(u: [n], A: [n, n]): real { return u @ (A @ u) / 2 + sum(u ^ 4) / 4 }
      cell A { input x: [2] param W: [2, 2] ~ identity u = x then u - 0.01 * gradient(energy(u, W), by = u) - 0.001 * k for k < ${rounds} output y = u }`;
    const instance = (await cell(text, { dtype: "f64", target: "js" })).instantiate({ steps: 1 });
    const { y } = instance.forward({ x: [0.5, -1] } as never) as unknown as { y: Float64Array };
    const u = [0.5, -1];
    for (let k = 0; k < rounds; k++) for (const i of [0, 1]) u[i] = u[i]! - 0.01 * (u[i]! + u[i]! ** 3) - 0.001 * k;
    for (const i of [0, 1]) expect(y[i]).toBeCloseTo(u[i]!, 10);
    if (rounds === 3) expect(checkRules(text, derivativeRules, { seed: 3, runs: 1 })).toEqual({ mode: undefined, fault: undefined }); // prettier-ignore
  });
});
