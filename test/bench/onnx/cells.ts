/**
 * The workloads as ONNX models. LSTM, GRU and plain RNN have fused operators; other cells take the general Scan, with the
 * input projections as products over all steps before it. ONNX has time first, so batches are transposed on the way in
 * and out.
 */
import { type Data, get } from "../data.js";
import type { Sizes, Workload } from "../workloads.js";
import { encodeModel, Graph } from "./model.js";

export interface OnnxModel {
  readonly variant: string;
  readonly bytes: Uint8Array;
  /** Shapes of `x`, and of the states where the model takes them. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}

/** Part `gate` of a weight `[gates, …]`. */
const part = (data: Float32Array, gate: number, gates: number): Float32Array =>
  data.subarray((gate * data.length) / gates, ((gate + 1) * data.length) / gates);

/** Gates in another order. */
function reorder(data: Float32Array, order: readonly number[]): Float32Array {
  return Float32Array.from(order.flatMap((gate) => [...part(data, gate, order.length)]));
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(data, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** `[B, T, n]` to time first; with one example the same numbers lie in the same order. */
const timeFirst = (graph: Graph, x: string, { B }: Sizes): string =>
  B === 1 ? x : graph.node("Transpose", [x], { perm: [1, 0, 2] });

const xShape = ({ I, B, T }: Sizes): number[] => (B === 1 ? [T, 1, I] : [B, T, I]);

interface FusedOperator {
  readonly type: "LSTM" | "GRU" | "RNN";
  /** Our gates in ONNX's order. */
  readonly order: readonly number[];
  readonly states: readonly ("h" | "c")[];
}

const fusedOperators: Readonly<Record<"lstm" | "gru" | "rnn", FusedOperator>> = {
  // i, o, f, c from i, f, g, o; z, r, h from r, z, n.
  lstm: { type: "LSTM", order: [0, 3, 1, 2], states: ["h", "c"] },
  gru: { type: "GRU", order: [1, 0, 2], states: ["h"] },
  rnn: { type: "RNN", order: [0], states: ["h"] },
};

function fusedModel(workload: Workload, { weights }: Data, { type, order, states }: FusedOperator): OnnxModel {
  const { kind, I, H, B, T } = workload;
  const rows = order.length * H;
  const graph = new Graph("cell");
  const x = timeFirst(graph, graph.input("x", xShape(workload)), workload);
  const recurrentBias = new Float32Array(rows);
  if (type === "GRU") recurrentBias.set(get(weights, "bn"), 2 * H);
  const biases = Float32Array.of(...reorder(get(weights, "b"), order), ...recurrentBias);
  const initial = kind === "step" ? states.map((name) => graph.input(name, [1, B, H])) : [];
  const [y = "", ...last] = graph.nodes(
    type,
    [
      x,
      graph.floats(reorder(get(weights, "W"), order), [1, rows, I]),
      graph.floats(reorder(get(weights, "U"), order), [1, rows, H]),
      graph.floats(biases, [1, 2 * rows]),
      ...(initial.length > 0 ? ["", ...initial] : []),
    ],
    1 + states.length,
    { hidden_size: H, ...(type === "GRU" ? { linear_before_reset: 1 } : {}) },
  );
  // [T, 1, B, H]
  if (B === 1) graph.output(y, "y", [T, 1, 1, H]);
  else graph.output(graph.node("Transpose", [y], { perm: [1, 2, 0, 3] }), "y", [1, B, T, H]);
  states.forEach((name, i) => graph.output(last[i]!, `last_${name}`, [1, B, H]));
  const shapes = [["x", xShape(workload)] as const, ...initial.map((name) => [name, [1, B, H]] as const)];
  return { variant: `${type} operator`, bytes: encodeModel(graph), inputs: Object.fromEntries(shapes) };
}

/** What a Scan cell is made of: how many numbers each step gets of the input projections, and one step as a graph. */
interface ScanCell {
  readonly variant: string;
  readonly states: readonly ("h" | "c")[];
  /** The gates in each of the input projections. */
  readonly projections: readonly (readonly number[])[];
  /** Writes one step from states and projections, gives the next states, `h` first. */
  readonly step: (body: Graph, states: readonly string[], projected: readonly string[]) => string[];
}

function scanModel(workload: Workload, { weights }: Data, cell: ScanCell): OnnxModel {
  const { I, H, B, T } = workload;
  const gates = cell.projections.flat().length;
  const graph = new Graph("cell");
  const x = timeFirst(graph, graph.input("x", xShape(workload)), workload);
  const projections = cell.projections.map((list) => {
    const join = (name: string): Float32Array =>
      Float32Array.from(list.flatMap((gate) => [...part(get(weights, name), gate, gates)]));
    const columns = list.length * H;
    const product = graph.node("MatMul", [x, graph.floats(transpose(join("W"), columns, I), [I, columns])]);
    return graph.node("Add", [product, graph.floats(join("b"), [columns])]);
  });
  const step = new Graph("step");
  const states = cell.states.map((name) => step.input(name, [B, H]));
  const projected = cell.projections.map((list, i) => step.input(`projected_${i}`, [B, list.length * H]));
  const next = cell.step(step, states, projected);
  next.forEach((value, i) => step.output(value, `next_${cell.states[i]!}`, [B, H]));
  step.output(next[0]!, "y", [B, H]);
  const zeros = cell.states.map(() => graph.floats(new Float32Array(B * H), [B, H]));
  const results = graph.nodes("Scan", [...zeros, ...projections], cell.states.length + 1, {
    body: step,
    num_scan_inputs: projections.length,
  });
  const y = results[cell.states.length]!;
  if (B === 1) graph.output(y, "y", [T, 1, H]);
  else graph.output(graph.node("Transpose", [y], { perm: [1, 0, 2] }), "y", [B, T, H]);
  cell.states.forEach((name, i) => graph.output(results[i]!, `last_${name}`, [B, H]));
  return { variant: cell.variant, bytes: encodeModel(graph), inputs: { x: xShape(workload) } };
}

/** `a · U + start` for the gates in `list`, with `U` `[gates, H, H]`. */
function recurrence(body: Graph, U: Float32Array, list: readonly number[], gates: number, H: number) {
  const rows = Float32Array.from(list.flatMap((gate) => [...part(U, gate, gates)]));
  const matrix = body.floats(transpose(rows, list.length * H, H), [H, list.length * H]);
  return (a: string, start: string): string => body.node("Gemm", [a, matrix, start]);
}

function mguCell({ H }: Sizes, { weights }: Data): ScanCell {
  const U = get(weights, "U");
  return {
    variant: "Scan",
    states: ["h"],
    projections: [[0], [1]],
    step: (body, [h = ""], [forF = "", forN = ""]) => {
      const f = body.node("Sigmoid", [recurrence(body, U, [0], 2, H)(h, forF)]);
      const kept = body.node("Mul", [f, h]);
      const n = body.node("Tanh", [recurrence(body, U, [1], 2, H)(kept, forN)]);
      return [body.node("Add", [h, body.node("Mul", [f, body.node("Sub", [n, h])])])];
    },
  };
}

/** With one product for all gates and a Split after it, or with a product for each gate. */
function layerNormLstmCell({ H }: Sizes, { weights }: Data, products: "one product" | "a product per gate"): ScanCell {
  const U = get(weights, "U");
  const all = [0, 1, 2, 3];
  const joined = products === "one product";
  return {
    variant: `Scan, ${products}`,
    states: ["h", "c"],
    projections: joined ? [all] : all.map((gate) => [gate]),
    step: (body, [h = "", c = ""], projected) => {
      const norm = (value: string, gain: Float32Array, bias: Float32Array): string =>
        body.node("LayerNormalization", [value, body.floats(gain, [H]), body.floats(bias, [H])], {
          axis: -1,
          epsilon: { float: 1e-5 },
        });
      const sums = joined
        ? body.nodes("Split", [recurrence(body, U, all, 4, H)(h, projected[0]!)], 4, { axis: 1 })
        : all.map((gate) => recurrence(body, U, [gate], 4, H)(h, projected[gate]!));
      const [i = "", f = "", g = "", o = ""] = sums.map((sum, gate) => {
        const normal = norm(sum, part(get(weights, "gain"), gate, 4), part(get(weights, "bias"), gate, 4));
        return body.node(gate === 2 ? "Tanh" : "Sigmoid", [normal]);
      });
      const memory = body.node("Add", [body.node("Mul", [f, c]), body.node("Mul", [i, g])]);
      const out = body.node("Tanh", [norm(memory, get(weights, "gain_c"), get(weights, "bias_c"))]);
      return [body.node("Mul", [o, out]), memory];
    },
  };
}

/** The models that do a workload; none for gradients. */
export function onnxModels(workload: Workload, data: Data): OnnxModel[] {
  const { cell, kind } = workload;
  if (kind === "gradient") return [];
  if (cell === "mgu") return [scanModel(workload, data, mguCell(workload, data))];
  if (cell === "layernorm-lstm") {
    return (["one product", "a product per gate"] as const).map((products) =>
      scanModel(workload, data, layerNormLstmCell(workload, data, products)),
    );
  }
  return [fusedModel(workload, data, fusedOperators[cell])];
}
