/** Weights of other libraries make cells of ours give what those libraries gave. */
import { describe, expect, test } from "vitest";
import { cell } from "../../../../compiler/index.js";
import {
  convertWeights,
  fromNumbers,
  ParamsError,
  type SafeTensor,
  toNumbers,
  type WeightsLayout,
} from "../../../../runtime/index.js";
import { type Golden, loadGolden, slice, swapAxes, tensor } from "../../../support/goldens.js";

const cells = {
  GRU: ["std/gru", ["h"]],
  GRUResetBefore: ["std/gru-reset-before", ["h"]],
  LSTM: ["std/lstm", ["h", "c"]],
  SimpleRNN: ["std/simple-rnn", ["h"]],
} as const;

const storedOf = (golden: Golden, names: readonly string[]): Map<string, SafeTensor> =>
  new Map(
    names.flatMap((name) => {
      const found = golden.tensors[name];
      return found === undefined ? [] : [[name, fromNumbers(Float64Array.from(found.data), found.shape)]];
    }),
  );

const numbersIn = (tensors: ReadonlyMap<string, SafeTensor>): Record<string, number[]> =>
  Object.fromEntries([...tensors].map(([name, stored]) => [name, [...toNumbers(stored)]]));

const pytorch = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];
const keras = ["kernel", "recurrent_kernel", "bias"];
const onnx = ["W", "R", "B"];
const cases = [
  ["pytorch", "lstm_b2t7i5h6_bf", pytorch, "LSTM", "x", ["h0", "c0"], "y"],
  ["pytorch", "gru_b2t7i5h6_bf", pytorch, "GRU", "x", ["h0"], "y"],
  ["pytorch", "rnn_tanh_b2t6i4h3_nobias_bf", pytorch, "SimpleRNN", "x", ["h0"], "y"],
  ["keras", "keras_lstm_seq_state", keras, "LSTM", "x", ["init0", "init1"], "y"],
  ["keras", "keras_gru_reset_after", keras, "GRU", "x", ["init0"], "y"],
  ["keras", "keras_gru_reset_before", keras, "GRUResetBefore", "x", ["init0"], "y"],
  ["onnx", "onnx_random_lstm_forward", onnx, "LSTM", "X", ["initial_h", "initial_c"], "Y"],
  ["onnx", "onnx_random_gru_forward_linear_before_reset", onnx, "GRU", "X", ["initial_h"], "Y"],
  ["onnx", "onnx_random_gru_forward", onnx, "GRUResetBefore", "X", ["initial_h"], "Y"],
] as const;

describe("a cell of ours with weights of", () => {
  test.each(cases)("%s %s", async (layout, name, names, kind, input, initial, output) => {
    const golden = loadGolden(layout, name);
    const given = storedOf(golden, names);
    const gru = kind === "GRUResetBefore" ? "reset-before" : "reset-after";
    const { tensors, from, layers, kept } = convertWeights(given, { to: "recell", ...(layout === "onnx" && { gru }) });
    expect([from, layers.length, kept]).toEqual([layout, 1, []]);
    const [path, states] = cells[kind];
    const { inputs: I, units: H } = layers[0]!;
    const module = await cell(`import { ${kind} } from "${path}"`, { cell: kind, dimensions: { I, H }, dtype: "f64", target: "js" }); // prettier-ignore
    const batchFirst = layout !== "onnx";
    const x = tensor(golden, input);
    const [batch = 0, steps = 0] = batchFirst ? x.shape : [x.shape[1], x.shape[0]];
    const instance = module.instantiate({ batch, steps });
    instance.setParams(numbersIn(tensors));
    const start = Object.fromEntries(
      initial.map((own, i) => {
        const found = tensor(golden, own);
        return [states[i]!, (found.shape.length === 3 ? slice(found, 0) : found).data];
      }),
    );
    const { y } = instance.forward({ x: (batchFirst ? x : swapAxes(x)).data, ...start });
    const recorded = tensor(golden, output);
    // `[T, 1, B, H]` there, with one direction.
    const expected = batchFirst ? recorded : swapAxes({ ...recorded, shape: [steps, batch, H] });
    const tolerance = golden.dtype === "float32" ? 1e-5 : 1e-12;
    expect(expected.data.length).toBe(y!.length);
    expect(Math.max(...y!.map((value, i) => Math.abs(value - expected.data[i]!)))).toBeLessThan(tolerance);
  });
});

describe("round trips", () => {
  const [I, H] = [3, 2];
  const numbers = (count: number, from: number): Float64Array => Float64Array.from({ length: count }, (_, i) => Math.sin(from + i)); // prettier-ignore
  const ours = (path: string, gates: readonly string[], apart: readonly string[]): [string, SafeTensor][] => [
    ...gates.map((gate, i): [string, SafeTensor] => [`${path}W_${gate}`, fromNumbers(numbers(H * I, 10 * i), [H, I])]),
    ...gates.map((gate, i): [string, SafeTensor] => [`${path}U_${gate}`, fromNumbers(numbers(H * H, 50 * i), [H, H])]),
    ...gates.map((gate, i): [string, SafeTensor] => [`${path}b_${gate}`, fromNumbers(numbers(H, 90 * i), [H])]),
    ...apart.map((gate, i): [string, SafeTensor] => [`${path}c_${gate}`, fromNumbers(numbers(H, 700 + i), [H])]),
  ];
  const file = new Map([
    ...ours("l0.", ["i", "f", "g", "o"], []),
    ...ours("l0_reverse.", ["r", "z", "n"], ["n"]),
    ["read.W", fromNumbers(numbers(10, 3), [5, 2])],
    ["read.b", fromNumbers(numbers(5, 4), [5])],
    ["table", fromNumbers(Float32Array.of(1, 2), [2, 1])],
  ] as [string, SafeTensor][]);

  test.each(["pytorch", "keras", "onnx"] as const)("through %s keep every bit", (to) => {
    const there = convertWeights(file, { to });
    expect(there.kept).toEqual(["table"]);
    // What ONNX has no names for stays as it was.
    const back = convertWeights(there.tensors, { from: to, to: "recell", gru: "reset-after" });
    const read = to === "onnx" ? { "read.W": "read.weight", "read.b": "read.bias" } : {};
    const expected = Object.fromEntries(Object.entries(numbersIn(file)).map(([name, own]) => [read[name as keyof typeof read] ?? name, own])); // prettier-ignore
    expect(numbersIn(back.tensors)).toEqual(expected);
  });

  test("names of PyTorch with several layers and directions, of ONNX with two", () => {
    const { tensors } = convertWeights(file, { to: "pytorch" });
    expect([...tensors.keys()].filter((name) => name.startsWith("weight_hh"))).toEqual(["weight_hh_l0", "weight_hh_l0_reverse"]); // prettier-ignore
    const matrix = (...shape: number[]): SafeTensor =>
      fromNumbers(
        numbers(
          shape.reduce((n, size) => n * size),
          0,
        ),
        shape,
      );
    const two = convertWeights(new Map([["W", matrix(2, 2, 3)], ["R", matrix(2, 2, 2)]]), { to: "recell" }); // prettier-ignore
    expect(two.layers.map(({ became }) => became.join(" "))).toEqual(["l0.W l0.U l0.b", "l0_reverse.W l0_reverse.U l0_reverse.b"]); // prettier-ignore
    expect([...toNumbers(two.tensors.get("l0_reverse.U")!)]).toEqual([...numbers(8, 0)].slice(4));
  });

  test("in another precision, whatever belongs to a layer or not", () => {
    const { tensors } = convertWeights(file, { to: "keras", dtype: "F32" });
    expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(["F32"]));
    expect(convertWeights(file, { to: "keras" }).tensors.get("read/kernel")).toMatchObject({
      dtype: "F64",
      shape: [2, 5],
    });
  });
});

describe("what does not fit", () => {
  const ones = (...shape: number[]): SafeTensor => fromNumbers(new Float32Array(shape.reduce((n, size) => n * size, 1)), shape); // prettier-ignore
  const problemOf = (tensors: Record<string, SafeTensor>, to: WeightsLayout, more = {}): string => {
    try {
      convertWeights(new Map(Object.entries(tensors)), { to, ...more });
    } catch (error) {
      if (error instanceof ParamsError) return `${error.code}: ${error.message}`;
      throw error;
    }
    return "none";
  };

  test.each([
    [{ a: ones(2), b: ones(3) }, "recell", {}, /^unknown-layout: there is no layer known among a \[2\], b \[3\]; /u],
    [{ a: ones(2) }, "recell", { from: "keras" }, /^unknown-layout: there is no layer of keras among/u],
    [
      { weight_hh: ones(10, 2), weight_ih: ones(10, 3) },
      "recell",
      {},
      /^shape-mismatch: weight_hh stacks 10 rows for 2/u,
    ],
    [{ weight_hh: ones(8, 2) }, "recell", {}, /^missing-tensor: weight_ih is not in the file, beside weight_hh/u],
    [
      { weight_hh: ones(8, 2), weight_ih: ones(6, 3) },
      "recell",
      {},
      /must have shape \[8, 3\] beside the others .* \[6, 3\]/u,
    ],
    [
      { weight_hh: ones(8, 2), weight_ih: ones(8, 3), weight_hr: ones(1, 2) },
      "recell",
      {},
      /weight_hr: LSTMs with proj/u,
    ],
    [{ W: ones(1, 6, 3), R: ones(1, 6, 2) }, "recell", {}, /R: a file does not tell whether .* linear_before_reset/u],
    [
      { kernel: ones(3, 6), recurrent_kernel: ones(2, 6), bias: ones(6) },
      "pytorch",
      {},
      /^unknown-layout: the layer is a GRU whose reset gate comes before the product, which pytorch has not/u,
    ],
  ] as const)("%#", (tensors, to, more, message) => {
    expect(problemOf(tensors as never, to, more)).toMatch(message);
  });

  test("wrong calls", () => {
    expect(() => convertWeights({} as never, { to: "recell" })).toThrow("must be a map of stored tensors by name");
    expect(() => convertWeights(new Map(), { to: "torch" as never })).toThrow('to must be "recell" or "pytorch" or "keras" or "onnx", got "torch"'); // prettier-ignore
    expect(() => convertWeights(new Map(), { to: "recell", gru: "x" as never })).toThrow(
      /gru must be "reset-after" or/u,
    );
  });
});
