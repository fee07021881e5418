/** Cumulative sums and the like, beside the same with their elements written out: values, derivatives, infinities, both targets. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import type { CompiledModule } from "../../../../runtime/index.js";
import { derivativeRules } from "../../../../compiler/passes/autodiff/derivative-rules.js";
import { checkRules } from "../../../../compiler/tools/gradcheck/check-gradients.js";
import { expectSameBitsOnTargets } from "../../../support/same-targets.js";
import { evaluate, lower, tryLower } from "../support.js";

const run = (text: string, values: Record<string, readonly number[]>, sizes = {}): number[] => [
  ...(evaluate(lower(text, sizes).step, values).y?.data ?? []),
];

const A = Array.from({ length: 15 }, (_, i) => Math.sin(3 * i + 1));

const steps: Readonly<Record<string, (sum: number, x: number) => number>> = {
  cumsum: (sum, x) => sum + x,
  cumprod: (sum, x) => sum * x,
  cummax: Math.max,
  logcumsumexp: (sum, x) => Math.log(Math.exp(sum) + Math.exp(x)),
};

/** Along each row of `[rows, length]`. */
function oneByOne(name: string, values: readonly number[], length: number, reverse: boolean): number[] {
  const rows = Array.from({ length: values.length / length }, (_, i) => values.slice(i * length, (i + 1) * length));
  return rows.flatMap((row) => {
    const own = reverse ? [...row].reverse() : row;
    const sums: number[] = [];
    for (const x of own) sums.push(sums.length === 0 ? x : steps[name]!(sums.at(-1)!, x));
    return reverse ? sums.reverse() : sums;
  });
}

const turned = (values: readonly number[], rows: number): number[] =>
  values.map((_, i) => values[(i % rows) * (values.length / rows) + Math.floor(i / rows)]!);

describe("cumulative functions", () => {
  it.each(Object.keys(steps))("%s is the same one by one, along each axis, from both ends", (name) => {
    for (const reverse of [false, true]) {
      const how = reverse ? ", reverse = true" : "";
      for (const length of [1, 2, 3, 5, 8, 13]) {
        const v = A.concat(A).slice(0, length);
        const got = run(`cell A(N) { input v: [N] output y = ${name}(v${how}) }`, { v }, { N: length });
        const wanted = oneByOne(name, v, length, reverse);
        for (const [i, x] of wanted.entries()) expect(got[i]).toBeCloseTo(x, 12);
      }
      const rows = run(`cell A { input A: [3, 5] output y = ${name}(A, axis = -1${how}) }`, { A });
      const columns = run(
        `cell A(N, K) { input A: [N, K] output y = ${name}(A, axis = N${how}) }`,
        { A },
        { N: 3, K: 5 },
      );
      const inRows = oneByOne(name, A, 5, reverse);
      const inColumns = turned(oneByOne(name, turned(A, 3), 3, reverse), 5);
      for (const [i, x] of rows.entries()) expect(x).toBeCloseTo(inRows[i]!, 12);
      for (const [i, x] of columns.entries()) expect(x).toBeCloseTo(inColumns[i]!, 12);
    }
  });

  it("stay what they are beside infinities", () => {
    const y = (name: string, v: number[]): number[] =>
      run(`cell A { input v: [${v.length}] output y = ${name}(v) }`, { v });
    expect(y("logcumsumexp", [-Infinity, -Infinity, 1, -1e30, Infinity, 2])).toEqual([
      -Infinity,
      -Infinity,
      1,
      1,
      Infinity,
      Infinity,
    ]);
    expect(y("cummax", [-Infinity, 2, 1, Infinity, 0])).toEqual([-Infinity, 2, 2, Infinity, Infinity]);
    expect(y("cummax", [1, NaN, 2])).toEqual([1, NaN, NaN]);
    expect(y("cumprod", [2, 0, 3, -1])).toEqual([2, 0, 0, -0]);
    expect(y("logcumsumexp", [1000, 1000, -1000])).toEqual([1000, 1000 + Math.log(2), 1000 + Math.log(2)]);
  });

  // Two zeros: a quotient would be of 0 by 0. Two greatest elements would share.
  it.each([
    ["cumsum", "v"],
    ["cumprod", "(v - v * stop_gradient(if v > 0 then 1 else 0))"],
    ["cummax", "v"],
    ["logcumsumexp", "(v * v)"],
    ["logcumsumexp", "(v - stop_gradient(v))"],
  ])("%s of %s has the derivatives that its values have", (name, of) => {
    const text = `cell A { input v, w: [6] output y = sum(w * ${name}(${of} + w - w)) + sum(${name}(sin(${of}), reverse = true)) }`;
    for (const seed of [1, 2])
      expect(checkRules(text, derivativeRules, { seed, runs: 1 })).toEqual({ mode: undefined, fault: undefined });
  });

  it("have the same bits on both targets, for each value of an index, too", async () => {
    const text = `cell A(N, K) {
      input A: [N, K] state s: [K]
      a[n] = cumprod(A[n] + s, reverse = true)
      s' = logcumsumexp(cummax(s + a[0])) / 4
      output y = cumsum(a, axis = 0)
    }`;
    const [js, wasm] = await Promise.all(
      (["js", "wasm"] as const).map((target) => cell(text, { target, dimensions: { N: 3, K: 7 } })),
    );
    expectSameBitsOnTargets(js!, wasm!, 5);
  });

  it("need a size", () => {
    const { diagnostics } = tryLower("cell A(N) { input v: [N] output y = cumsum(v) }");
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "bad-dimension-size `cumsum` is written out, and N has no size here",
    ]);
  });
});

it("in networks they go along each example's own elements, from both ends, and at each place of another axis", async () => {
  const names = Object.keys(steps);
  const text = `network A(; T, S) {
    input x: [T, S]
    ${names.map((name) => `output ${name}_down = ${name}(x, axis = T)\n output ${name}_back[t] = ${name}(x[t], reverse = true)`).join("\n")}
  }`;
  const module = (await cell(text, { dtype: "f64", target: "js" })) as unknown as CompiledModule;
  const net = module.instantiate({ batch: 3, sizes: { T: 4, S: 3 } });
  const sizes = { T: { padded: 4, each: [4, 2, 0] }, S: { padded: 3, each: [3, 2, 1] } };
  const x = Array.from({ length: 36 }, (_, i) => Math.sin(3 * i + 1));
  const results = net.forward({ x, sizes }) as unknown as Record<string, Float64Array>;
  for (const name of names) {
    for (const [b, rows] of sizes.T.each.entries()) {
      const width = sizes.S.each[b]!;
      const own = Array.from({ length: rows }, (_, t) => x.slice(b * 12 + t * 3, b * 12 + t * 3 + width)).flat();
      const cut = (values: Float64Array): number[] =>
        Array.from({ length: rows }, (_, t) => [...values.slice(b * 12 + t * 3, b * 12 + t * 3 + width)]).flat();
      const down = rows === 0 ? [] : turned(oneByOne(name, turned(own, rows), rows, false), width);
      const back = oneByOne(name, own, width, true);
      cut(results[`${name}_down`]!).forEach((value, i) => expect(value).toBeCloseTo(down[i]!, 12));
      cut(results[`${name}_back`]!).forEach((value, i) => expect(value).toBeCloseTo(back[i]!, 12));
    }
  }
});
