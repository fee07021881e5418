/** The five cells of the workloads: their weights as all peers are given them, and what they are called in recell. */
import type { Sizes, Workload } from "./workloads.js";

export type CellName = "lstm" | "gru" | "rnn" | "layernorm-lstm" | "mgu";

/** A weight as peers are given it: one array for all gates, `[gates, ...shape]`. */
export interface WeightEntry {
  readonly name: string;
  readonly shape: (sizes: Pick<Sizes, "I" | "H">) => readonly number[];
  /** The parameter of recell's cell that each gate's part is, in order. */
  readonly params: readonly string[];
  /** Drawn around this value. */
  readonly center: number;
}

export interface BenchCell {
  /** A file of recell's library, and the cell in it. */
  readonly file: string;
  readonly cell: string;
  readonly gates: number;
  readonly states: readonly ("h" | "c")[];
  readonly weights: readonly WeightEntry[];
}

const weight = (
  name: string,
  shape: WeightEntry["shape"],
  params: readonly string[],
  center: number = 0,
): WeightEntry => ({ name, shape, params, center });

const vector: WeightEntry["shape"] = ({ H }) => [H];

/** `W` `[gates, H, I]`, `U` `[gates, H, H]` and `b` `[gates, H]`; the gates' parameters are `W_i`, …, or just `W`. */
function gateWeights(gates: readonly string[]): WeightEntry[] {
  const named = (name: string): string[] => gates.map((gate) => (gate === "" ? name : `${name}_${gate}`));
  return [
    weight("W", ({ I, H }) => [H, I], named("W")),
    weight("U", ({ H }) => [H, H], named("U")),
    weight("b", vector, named("b")),
  ];
}

const lstmGates = ["i", "f", "g", "o"];

export const cells: Readonly<Record<CellName, BenchCell>> = {
  lstm: { file: "std/lstm", cell: "LSTM", gates: 4, states: ["h", "c"], weights: gateWeights(lstmGates) },
  gru: {
    file: "std/gru",
    cell: "GRU",
    gates: 3,
    states: ["h"],
    weights: [...gateWeights(["r", "z", "n"]), weight("bn", vector, ["c_n"])],
  },
  rnn: { file: "std/simple-rnn", cell: "SimpleRNN", gates: 1, states: ["h"], weights: gateWeights([""]) },
  "layernorm-lstm": {
    file: "std/layernorm-lstm",
    cell: "LayerNormLSTM",
    gates: 4,
    states: ["h", "c"],
    weights: [
      ...gateWeights(lstmGates),
      weight("gain", vector, ["gain_i", "gain_f", "gain_g", "gain_o"], 1),
      weight("bias", vector, ["bias_i", "bias_f", "bias_g", "bias_o"]),
      weight("gain_c", vector, ["gain_c"], 1),
      weight("bias_c", vector, ["bias_c"]),
    ],
  },
  mgu: { file: "std/mgu", cell: "MGU", gates: 2, states: ["h"], weights: gateWeights(["f", "n"]) },
};

/** Elements of one gate's part of a weight. */
export function partSize(entry: WeightEntry, sizes: Pick<Sizes, "I" | "H">): number {
  return entry.shape(sizes).reduce((product, n) => product * n, 1);
}

/**
 * Floating-point operations of the matrix products of one call, two for each multiplication with its addition. Backward
 * has the products with `U` transposed, and those of the gradients of `W` and `U`; none to the inputs.
 */
export function productOperations({ cell, kind, I, H, B, T }: Workload): number {
  const rows = cells[cell].gates * H;
  const forward = 2 * rows * (I + H);
  const backward = 2 * rows * H + forward;
  return B * T * (kind === "gradient" ? forward + backward : forward);
}
