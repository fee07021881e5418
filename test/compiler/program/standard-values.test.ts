/** Cells of the standard library that no recorded reference covers: one step against their formulas, written out. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { randomSource } from "../../support/evaluate-helpers.js";
import { DiagnosticCollector } from "../../../compiler/base/diagnostics/diagnostic.js";
import { innerGradient } from "../../../compiler/passes/autodiff/inner-gradient.js";
import { check } from "../language/semantics/support.js";
import { evaluate, lowerCell } from "./support.js";

type Vector = readonly number[];
type Values = Record<string, Vector>;

const I = 3;
const H = 4;
const S = 5;

const map = (f: (...entries: number[]) => number, ...vectors: readonly Vector[]): Vector =>
  (vectors[0] as Vector).map((_, i) => f(...vectors.map((vector) => vector[i] as number)));
const add = (...vectors: readonly Vector[]): Vector => map((...entries) => entries.reduce((a, b) => a + b), ...vectors);
const mul = (...vectors: readonly Vector[]): Vector => map((...entries) => entries.reduce((a, b) => a * b), ...vectors);
const sum = (v: Vector): number => v.reduce((a, b) => a + b, 0);
const dot = (a: Vector, b: Vector): number => sum(mul(a, b));
const rows = (W: Vector, width: number): Vector[] =>
  Array.from({ length: W.length / width }, (_, row) => W.slice(row * width, (row + 1) * width));
const times = (W: Vector, v: Vector): Vector => rows(W, v.length).map((row) => dot(row, v));
const sigmoid = (v: Vector): Vector => map((x) => 1 / (1 + Math.exp(-x)), v);
const tanh = (v: Vector): Vector => map(Math.tanh, v);
const softmax = (v: Vector): Vector => {
  const powers = v.map((x) => Math.exp(x));
  return powers.map((power) => power / sum(powers));
};

/** Runs one step of a standard cell on random values, which it returns too. */
function step(file: string, cell: string, sizes: Record<string, number>): { given: Values; result: Values } {
  const { program } = check(readFileSync(`compiler/language/std/${file}.cell`, "utf8"));
  const collector = new DiagnosticCollector();
  const lowered = lowerCell(program, cell, { dimensions: new Map(Object.entries(sizes)) }, innerGradient, collector);
  if (lowered === undefined) throw new Error(`${cell} is not lowered`);
  const random = randomSource(7);
  const given: Values = {};
  for (const tensor of [...lowered.states, ...lowered.inputs, ...lowered.contexts, ...lowered.params]) {
    const count = tensor.shape.reduce(
      (product, dim) => product * (dim.terms[0]?.powers.length === 1 ? S : (dim.terms[0]?.numerator ?? 0)),
      1,
    );
    given[tensor.name] = Array.from({ length: count }, () => 2 * random() - 1);
  }
  const outputs = evaluate(lowered.step, given, { S });
  return { given, result: Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]])) };
}

function expectNear(found: Vector | undefined, wanted: Vector): void {
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, i) => expect(found?.[i]).toBeCloseTo(value, 12));
}

const v = (values: Values, name: string): Vector => values[name] as Vector;

describe("standard cells", () => {
  it("PeepholeLSTM", () => {
    const { given: g, result } = step("lstm-peephole", "PeepholeLSTM", { I, H });
    const [x, h, c] = [v(g, "x"), v(g, "h"), v(g, "c")];
    const sums = (gate: string): Vector =>
      add(times(v(g, `W_${gate}`), x), times(v(g, `U_${gate}`), h), v(g, `b_${gate}`));
    const i = sigmoid(add(sums("i"), mul(v(g, "p_i"), c)));
    const f = sigmoid(add(sums("f"), mul(v(g, "p_f"), c)));
    const next = add(mul(f, c), mul(i, tanh(sums("g"))));
    const o = sigmoid(add(sums("o"), mul(v(g, "p_o"), next)));
    expectNear(result["c"], next);
    expectNear(result["y"], mul(o, tanh(next)));
  });

  it("LayerNormLSTM", () => {
    const { given: g, result } = step("layernorm-lstm", "LayerNormLSTM", { I, H });
    const [x, h, c] = [v(g, "x"), v(g, "h"), v(g, "c")];
    const norm = (values: Vector, gate: string): Vector => {
      const mean = sum(values) / H;
      const variance = sum(values.map((value) => (value - mean) ** 2)) / H;
      return map(
        (value, gain, bias) => (gain * (value - mean)) / Math.sqrt(variance + 1e-5) + bias,
        values,
        v(g, `gain_${gate}`),
        v(g, `bias_${gate}`),
      );
    };
    const gate = (name: string): Vector =>
      norm(add(times(v(g, `W_${name}`), x), times(v(g, `U_${name}`), h), v(g, `b_${name}`)), name);
    const next = add(mul(sigmoid(gate("f")), c), mul(sigmoid(gate("i")), tanh(gate("g"))));
    expectNear(result["c"], next);
    expectNear(result["y"], mul(sigmoid(gate("o")), tanh(norm(next, "c"))));
  });

  it("MGU", () => {
    const { given: g, result } = step("mgu", "MGU", { I, H });
    const [x, h] = [v(g, "x"), v(g, "h")];
    const f = sigmoid(add(times(v(g, "W_f"), x), times(v(g, "U_f"), h), v(g, "b_f")));
    const n = tanh(add(times(v(g, "W_n"), x), times(v(g, "U_n"), mul(f, h)), v(g, "b_n")));
    expectNear(
      result["y"],
      map((f, h, n) => (1 - f) * h + f * n, f, h, n),
    );
  });

  it("IndRNN, MinGRU, MinLSTM", () => {
    const ind = step("indrnn", "IndRNN", { I, H });
    const sums = add(
      times(v(ind.given, "W"), v(ind.given, "x")),
      mul(v(ind.given, "u"), v(ind.given, "h")),
      v(ind.given, "b"),
    );
    expectNear(
      ind.result["y"],
      map((value) => Math.max(value, 0), sums),
    );
    const linear = (g: Values, gate: string): Vector => add(times(v(g, `W_${gate}`), v(g, "x")), v(g, `b_${gate}`));
    const { given: g, result } = step("mingru", "MinGRU", { I, H });
    expectNear(
      result["y"],
      map((z, n, h) => (1 - z) * h + z * n, sigmoid(linear(g, "z")), linear(g, "n"), v(g, "h")),
    );
    const { given: k, result: lstm } = step("mingru", "MinLSTM", { I, H });
    const [f, i] = [sigmoid(linear(k, "f")), sigmoid(linear(k, "i"))];
    expectNear(
      lstm["y"],
      map((f, i, n, h) => (f * h + i * n) / (f + i), f, i, linear(k, "n"), v(k, "h")),
    );
  });

  it("ReluRNN and ReadoutRNN", () => {
    const { given: g, result } = step("simple-rnn", "ReluRNN", { I, H });
    const sums = add(times(v(g, "W"), v(g, "x")), times(v(g, "U"), v(g, "h")), v(g, "b"));
    expectNear(
      result["y"],
      map((value) => Math.max(value, 0), sums),
    );
    const { given: k, result: readout } = step("simple-rnn", "ReadoutRNN", { I, H, O: 2 });
    const h = tanh(add(times(v(k, "W_xh"), v(k, "x")), times(v(k, "W_hh"), v(k, "h")), v(k, "b_h")));
    expectNear(readout["h"], h);
    expectNear(readout["y"], add(times(v(k, "W_hy"), h), v(k, "b_y")));
  });

  it("ResidualGRU adds what each layer gives to what it was given", () => {
    const { result } = step("stacked", "ResidualGRU", { I, H });
    expectNear(result["y"], add(v(result, "l0.h"), v(result, "l1.h"), v(result, "l2.h"), v(result, "l3.h")));
  });

  it("AdbenchLSTM", () => {
    const { given: g, result } = step("adbench-lstm", "AdbenchLSTM", { B: H });
    expectNear(result["y"], add(mul(v(g, "out_weight"), v(result, "l1.h")), v(g, "out_bias")));
    const x = mul(v(g, "in_weight"), v(g, "x"));
    const [h, c] = [v(g, "l0.h"), v(g, "l0.c")];
    const gate = (name: string, input: Vector): Vector => add(mul(input, v(g, `l0.w_${name}`)), v(g, `l0.b_${name}`));
    const next = add(mul(sigmoid(gate("f", x)), c), mul(sigmoid(gate("i", h)), tanh(gate("g", h))));
    expectNear(result["l0.h"], mul(sigmoid(gate("o", x)), tanh(next)));
  });

  it.each(["BahdanauGRU", "BahdanauLSTM"])("%s scores with the state before the step", (cell) => {
    const { given: g, result } = step("bahdanau", cell, { E: 2, He: I, H, A: 3, O: 2 });
    const enc = rows(v(g, "enc"), I);
    const query = add(times(v(g, "W_q"), v(g, "rnn.h")), v(g, "b_a"));
    const alpha = softmax(enc.map((key) => dot(v(g, "v"), tanh(add(times(v(g, "W_k"), key), query)))));
    const ctx = Array.from({ length: I }, (_, i) =>
      sum(enc.map((row, j) => (alpha[j] as number) * (row[i] as number))),
    );
    expectNear(result["alpha"], alpha);
    expectNear(result["ctx"], ctx);
    const read = times(v(g, "W_out"), [...v(result, "rnn.h"), ...ctx, ...v(g, "e")]);
    expectNear(result["out"], add(read, v(g, "b_out")));
  });

  it.each([
    ["LuongDotGRU", false],
    ["LuongDotLSTM", false],
    ["LuongGeneralGRU", true],
    ["LuongGeneralLSTM", true],
    ["LuongDotFeedGRU", false],
    ["LuongDotFeedLSTM", false],
    ["LuongGeneralFeedGRU", true],
    ["LuongGeneralFeedLSTM", true],
  ])("%s scores with the state after the step", (cell, isGeneral) => {
    const width = isGeneral ? I : H;
    const { given: g, result } = step("luong", cell, { E: 2, H, O: 2, ...(isGeneral && { He: I }) });
    const enc = rows(v(g, "enc"), width);
    const s = v(result, "rnn.h");
    const alpha = softmax(enc.map((row) => dot(s, isGeneral ? times(v(g, "W_a"), row) : row)));
    const ctx = Array.from({ length: width }, (_, i) =>
      sum(enc.map((row, j) => (alpha[j] as number) * (row[i] as number))),
    );
    const combined = tanh(times(v(g, "W_c"), [...ctx, ...s]));
    expectNear(result["alpha"], alpha);
    expectNear(result["ctx"], ctx);
    expectNear(result["h_tilde"], combined);
    expectNear(result["out"], add(times(v(g, "W_out"), combined), v(g, "b_out")));
  });

  it("LIF", () => {
    const { given: g, result } = step("lif", "LIF", { I, H });
    const [x, membrane, s] = [v(g, "x"), v(g, "v"), v(g, "s")];
    const next = map((old, spike, below, beside) => 0.9 * old - spike + below + beside, membrane, s, times(v(g, "W"), x), times(v(g, "U"), s)); // prettier-ignore
    expectNear(result["v"], next);
    expectNear(
      result["y"],
      map((value) => (value > 1 ? 1 : 0), next),
    );
  });
});
