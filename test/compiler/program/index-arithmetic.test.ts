/** Arithmetic of indices beside the same places written out: in any order, as arguments, as tensors, and no further than numbers count. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { checkRules } from "../../../compiler/tools/gradcheck/check-gradients.js";
import { derivativeRules } from "../../../compiler/passes/autodiff/derivative-rules.js";
import { expectSameBitsOnTargets } from "../../support/same-targets.js";
import { evaluate, lower } from "./support.js";

const v = [3, 1, 4, 1.5, 9];
const perm = [3, 0, 4, 1, 2];
const [t, m] = [7, 2];
const pick = "fn pick(v: [n], k: index(n)): real { return v[k] }";
const used = "cell Row(V) { input k: index(V) param E: [V] output y = E[k] + 1 }";
const text = (output: string): string =>
  `${pick} cell A(N, V) { input v: [N] input t: index(V) input m: index(N) p[i < N] = (2 * i + 1) mod N output ${output}
   output unused = v[p[0]] + v[m] + v[t mod N] }`;

/** `places` of 5 elements of `v`. */
const taken = (place: (i: number) => number): number[] => v.map((_, i) => v[place(i) % 5]!);

describe("arithmetic of indices", () => {
  it.each<[string, (i: number) => number]>([
    ["y[i < N] = v[(t + i + 1) mod N]", (i) => t + i + 1],
    ["y[i < N] = v[(i + 1 + t) mod N]", (i) => t + i + 1],
    ["y[i] = v[(1 + (i + t)) mod N]", (i) => t + i + 1],
    ["y[i < N] = v[(t + 2 * i) mod N]", (i) => t + 2 * i],
    ["y[i < N] = v[(2 * i + t) mod N]", (i) => t + 2 * i],
    ["y[i < N] = v[(i * i + t * i) mod N]", (i) => i * i + t * i],
    ["y[i < N] = v[((3 * i) mod 4 + t) mod N]", (i) => ((3 * i) % 4) + t],
    ["y[i < N] = v[(2 * i + 1) mod N]", (i) => 2 * i + 1],
    ["y[i < N] = v[(i * i) mod N]", (i) => i * i],
    ["y[i < N] = v[N - 1 - (2 * i) mod N]", (i) => 4 - ((2 * i) % 5)],
    ["y[i < N] = pick(v, i)", (i) => i],
    ["y[i < N] = pick(v, (i + t) mod N)", (i) => i + t],
    ["y[i < N] = sum(v * one_hot(i, N))", (i) => i],
    ["y[i < N] = v[narrow(i + 1, N, 0)]", (i) => (i + 1) % 5],
    ["y[i < N] = v[p[i]]", (i) => 2 * i + 1],
    ["y = v[p]", (i) => 2 * i + 1],
    ["y[i < N] = v[p[p[i]]]", (i) => 2 * (2 * i + 1) + 1],
    ["y[i < N] = v[N - 1 - m]", () => 4 - m],
  ])("%s", (output, place) => {
    const { y } = evaluate(lower(text(output), { N: 5, V: 10 }).step, { v, t: [t], m: [m] });
    expect([...(y?.data ?? [])]).toEqual(taken(place));
  });

  it.each<[string, (i: number) => number]>([
    ["y = v[perm]", (i) => perm[i]!],
    ["y[i] = v[perm[i]]", (i) => perm[i]!],
    ["y = v[[3, 0, 4, 1, 2]]", (i) => perm[i]!],
    ["y = v[concat(perm[1:], [3])]", (i) => perm[(i + 1) % 5]!],
    ["y[i < 5] = v[perm[(i + m) mod 5]]", (i) => perm[(i + m) % 5]!],
    ["y = [v[first], v[first + 1], v[perm[0]], v[perm[first]], v[first * 2]]", (i) => [2, 3, 3, 4, 4][i]!],
    ["y = scatter(v[perm], at = perm, size = 5)", (i) => i],
    ["y = sum(v * one_hot(perm, 5), axis = 1)", (i) => perm[i]!],
  ])("by a table: %s", (output, place) => {
    const table = `perm = [3, 0, 4, 1, 2] first = 2 cell A { input v: [5] input m: index(5) output ${output} output unused = v[m] }`;
    const { y } = evaluate(lower(table).step, { v, m: [m] });
    expect([...(y?.data ?? [])]).toEqual(taken(place));
  });

  it("places by a formula are an index, and numbers where these are wanted", () => {
    const values = { v, t: [t], m: [m] };
    const run = (output: string): number[] => [
      ...(evaluate(lower(text(output), { N: 5, V: 10 }).step, values).y?.data ?? []),
    ];
    // Where 2 * i + 1 goes to: 0 to 1, 1 to 3, 2 to 0, 3 to 2, 4 to 4.
    expect(run("y = scatter(v, at = p, size = N)")).toEqual([4, 3, 1.5, 1, 9]);
    expect(run("y = p / 2 + 0 * v")).toEqual([0.5, 1.5, 0, 1, 2]);
  });

  it("what is given to used cells is an index, also of rounds and of a place times a number", () => {
    const given = `${used} cell A(N) { input v: [N] use row = Row(2 * N) output y[i < N] = row(2 * i + 1) + v[i] }`;
    const { y } = evaluate(lower(given, { N: 2 }).step, { v: [1, 2], "row.E": [5, 6, 7, 8] });
    expect([...(y?.data ?? [])]).toEqual([8, 11]);
    const rounds = `cell A { input x: [2] param W: [6, 2] output y = x then y + W[2 * k + 1] for k < 3 }`;
    const W = [0, 0, 1, 2, 0, 0, 10, 20, 0, 0, 100, 200];
    expect([...(evaluate(lower(rounds).step, { x: [1, 1], W }).y?.data ?? [])]).toEqual([112, 223]);
  });

  it.each<[string, Record<string, number>, "f32" | "f64", string | undefined]>([
    ["v[(t * t) mod N]", { N: 7, V: 4097 }, "f32", undefined],
    ["v[(t * t) mod N]", { N: 7, V: 4098 }, "f32", "`V*V - 2*V + 1`, 16785409 with V = 4098"],
    ["v[(t * t) mod N]", { N: 7, V: 4098 }, "f64", undefined],
    ["v[(t * t) mod N]", { N: 7, V: 100_000_000 }, "f64", "with V = 100000000"],
    ["if t * t < N then 1 else v[0]", { N: 7, V: 5000 }, "f32", "24990001 with V = 5000"],
    ["v[((t * t) mod 3 + t) mod N]", { N: 7, V: 5000 }, "f32", "24990001 with V = 5000"],
    ["v[(0 - t * t) mod N]", { N: 7, V: 5000 }, "f32", "24990001 with V = 5000"],
    ["v[(step * step) mod N]", { N: 7, V: 1 }, "f32", "this whole number may be 281474943156225"],
    ["v[(step * step) mod N]", { N: 7, V: 1 }, "f64", undefined],
    ["sum(v[(i * i * V) mod N] for i < V)", { N: 7, V: 300 }, "f32", "26820300 with V = 300"],
    ["square(v, t)", { N: 7, V: 5000 }, "f32", "24990001 with V = 5000"],
    ["real(p[0])", { N: 5000, V: 2 }, "f32", undefined],
    ["v[p[0]]", { N: 5000, V: 2 }, "f32", "with N = 5000"],
  ])("%s at %j in %s", async (output, dimensions, dtype, message) => {
    const source = `fn square(v: [n], t: index(m)): real { return v[(t * t) mod n] }
      cell A(N, V) { input v: [N] input t: index(V) p[i < N] = (i * i) mod N
      output y = ${output.startsWith("real") ? "p[0] / 2 + v[0]" : output} output unused = p[0] + v[t mod N] }`;
    const made = cell(source, { dimensions, dtype, target: "js" });
    if (message === undefined) await expect(made).resolves.toBeDefined();
    else await expect(made).rejects.toThrow(message);
  });

  it("is right to the last place that is counted, on both targets", async () => {
    const source = "cell A(N, V) { input t: index(V) input v: [N] output y = v[(t * t) mod N] }";
    const v = Array.from({ length: 1009 }, (_, i) => i);
    const values = Int32Array.from({ length: 50 }, (_, i) => 4096 - i);
    for (const target of ["js", "wasm"] as const) {
      const instance = (await cell(source, { dimensions: { N: 1009, V: 4097 }, target })).instantiate({ steps: 1, batch: 50 }); // prettier-ignore
      const all = { t: values, v: Float32Array.from({ length: 50 * 1009 }, (_, i) => v[i % 1009]!) };
      const { y } = instance.forward(all as never) as unknown as { y: Float32Array };
      expect([...y]).toEqual([...values].map((own) => (own * own) % 1009));
    }
  });

  it("goes as far as is counted with sizes that calls give, too, which modules check", async () => {
    const network = "network A(; T >= 1) { input v: [T] k = argmax(v) output y = v[(k * k) mod T] }";
    const { instantiate } = await cell(network, { target: "js" });
    const net = instantiate({ sizes: { T: 4098 } } as never);
    const v = (T: number): Float32Array => Float32Array.from({ length: T }, (_, i) => i);
    const run = (T: number) => net.forward({ v: v(T), sizes: { T } } as never) as unknown as { y: Float32Array };
    expect([...run(4097).y]).toEqual([(4096 * 4096) % 4097]);
    expect(() => run(4098)).toThrow("T*T - 2*T + 1 <= 16777216 must hold in y; example 0 has T 4098");
    await expect(cell("cell A { context m: [S] k = argmax(m) output y = m[(k * k) mod S] }")).rejects.toThrow(
      "whether `S*S - 2*S + 1` is at most 16777216 is known at run time only",
    );
  });

  it("has the derivatives of what is taken, and the same bits on both targets", async () => {
    const source = `${pick} cell A(N, V) { input v: [N] input t: index(V) p[i < N] = (2 * i + 1) mod N
      output a = scatter(sin(v), at = p, size = N) + v[p]
      output b[i < N] = sin(pick(v, i)) * v[(2 * i + t) mod N] + v[narrow(i + 1, N, 0)] * v[(i * i) mod N] }`;
    expect(checkRules(source, derivativeRules, { seed: 3, runs: 1, dimensions: { N: 3, V: 4 } })).toEqual({
      mode: undefined,
      fault: undefined,
    });
    const [js, wasm] = await Promise.all(
      (["js", "wasm"] as const).map((target) => cell(source, { target, dimensions: { N: 5, V: 4 } })),
    );
    expectSameBitsOnTargets(js!, wasm!, 5);
  });
});
