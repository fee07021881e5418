/** Weights from the layout of one library into that of another. */
import { refuse } from "../../base/arguments.js";
import { ParamsError } from "../../base/errors.js";
import { checkOptionNames, describe } from "../../base/options.js";
import { type Listed, listOf, showName } from "../../base/show.js";
import type { SafeTensor } from "../safe-tensor.js";
import { checkStored, fromNumbers, toNumbers } from "../tensor-numbers.js";
import { findLayers, type GruVariant, recogniseLayout } from "./find-layers.js";
import {
  apartIn,
  type FoundLayer,
  gatesOf,
  type LayerKind,
  ordersOf,
  type RecurrentKind,
  reordered,
  type StackedLayer,
  type StoredTensors,
  transpose,
  type WeightsLayout,
  weightsLayouts,
} from "./layers.js";

export interface ConvertWeightsOptions {
  /** What the tensors are laid out as; told by their names where left out. */
  readonly from?: WeightsLayout;
  readonly to: WeightsLayout;
  /** What numbers become; where left out, floats of 16 bits in layers become F32, and others stay. */
  readonly dtype?: "F32" | "F64";
  /** What files of ONNX do not tell of their GRUs: `"reset-after"` where `linear_before_reset` is 1. */
  readonly gru?: GruVariant;
}

export interface ConvertedWeights {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly from: WeightsLayout;
  /** What was laid out anew, with the names that it had and has. */
  readonly layers: readonly ConvertedLayer[];
  /** Names of tensors that belong to no layer of a kind that is known, and stay as they are. */
  readonly kept: readonly string[];
}

export interface ConvertedLayer {
  readonly kind: LayerKind;
  readonly inputs: number;
  readonly units: number;
  readonly names: readonly string[];
  readonly became: readonly string[];
}

/**
 * Lays out RNNs, LSTMs, GRUs and linear layers as another library does. Biases that a library has twice are added up, and are in the first of two
 * where it wants them so; what has none gets zeros. Layers `rnn.weight_ih_l0`, `_l1_reverse` of PyTorch are `rnn.l0.W_i` and `rnn.l1_reverse.W_i`
 * here, and `rnn.W_i` where there is one. Between two layouts with one bias each, numbers stay the same to the bit.
 *
 * @throws TypeError for wrong arguments.
 * @throws ParamsError `unknown-layout` where no layer is found, or the other library has none of its kind; `missing-tensor`, `shape-mismatch`
 * where the tensors of a layer do not fit together.
 * @example
 *     const { tensors } = convertWeights(readSafetensors(await readFile("torch.safetensors")).tensors, { to: "recell" });
 */
export function convertWeights(tensors: StoredTensors, options: ConvertWeightsOptions): ConvertedWeights {
  const { to, dtype, gru } = checkConversion(tensors, options);
  const from = options.from ?? recogniseLayout(tensors);
  const layers = from === undefined ? [] : findLayers(tensors, from, gru);
  if (from === undefined || layers.length === 0) throw nothingFound(tensors, from);
  const taken = new Set(layers.flatMap(({ names }) => names));
  const result = new Map<string, SafeTensor>();
  const put = (name: string, tensor: SafeTensor): void => {
    if (result.has(name))
      throw new ParamsError("unknown-layout", `two tensors would be called ${showName(name)}`, name);
    result.set(name, tensor);
  };
  const converted = layers.map((layer): ConvertedLayer => {
    const isDouble = layer.names.some((name) => tensors.get(name)!.dtype === "F64");
    const became = written(layer, from, to).map(({ name, shape, values }) => {
      put(name, stored(values, shape, dtype ?? (isDouble ? "F64" : "F32")));
      return name;
    });
    const { inputs, units } = layer.stacked;
    return { kind: layer.kind, inputs, units, names: layer.names, became };
  });
  const kept = [...tensors.keys()].filter((name) => !taken.has(name));
  for (const name of kept) put(name, inDtype(tensors.get(name)!, dtype));
  return { tensors: result, from, layers: converted, kept };
}

function checkConversion(tensors: unknown, options: ConvertWeightsOptions): ConvertWeightsOptions {
  const where = "convertWeights";
  if (!(tensors instanceof Map)) refuse(where, "the first argument", "a map of stored tensors by name", tensors);
  for (const [name, tensor] of tensors as Map<string, unknown>) checkStored(where, `tensor ${name}`, tensor);
  checkOptionNames(where, options, ["from", "to", "dtype", "gru"]);
  const choices: readonly (readonly [keyof ConvertWeightsOptions, readonly unknown[]])[] = [
    ["to", weightsLayouts],
    ["from", [undefined, ...weightsLayouts]],
    ["dtype", [undefined, "F32", "F64"]],
    ["gru", [undefined, "reset-after", "reset-before"]],
  ];
  for (const [name, known] of choices) {
    if (known.includes(options[name])) continue;
    const listed = known.filter((choice) => choice !== undefined).map((choice) => JSON.stringify(choice));
    throw new TypeError(`${where}: ${name} must be ${listed.join(" or ")}, got ${describe(options[name])}`);
  }
  return options;
}

function nothingFound(tensors: StoredTensors, from: WeightsLayout | undefined): ParamsError {
  const listed: Listed[] = [...tensors].map(([name, { shape }]) => ({ name, shape }));
  const wanted = from === undefined ? "known" : `of ${from}`;
  const help = 'RNNs, LSTMs, GRUs and linear layers are told by their names, such as "weight_hh_l0", "recurrent_kernel", "R" or "U_f"'; // prettier-ignore
  return new ParamsError("unknown-layout", `there is no layer ${wanted} among ${listOf(listed)}; ${help}`, listed[0]?.name ?? ""); // prettier-ignore
}

interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

function written(layer: FoundLayer, from: WeightsLayout, to: WeightsLayout): NamedTensor[] {
  const { kind, path } = layer;
  if (kind === "linear") return linearWriters[to](path, layer.stacked);
  const [own, other] = [ordersOf[from][kind], ordersOf[to][kind]];
  if (own === undefined || other === undefined) {
    const told = `${path === "" ? "the layer" : showName(path)} is a GRU whose reset gate comes before the product, which ${to} has not`; // prettier-ignore
    throw new ParamsError("unknown-layout", told, layer.names[0]!);
  }
  return recurrentWriters[to](path, reordered(layer.stacked, own, other), kind);
}

type RecurrentWriter = (path: string, layer: StackedLayer, kind: RecurrentKind) => NamedTensor[];

/** The two biases as one, but for what is apart, which stays where it is. */
function joinedBiases(
  { bias, secondBias, units }: StackedLayer,
  kind: RecurrentKind,
  order: readonly string[],
): [Float64Array, Float64Array] {
  const apart = order.indexOf(apartIn(kind) ?? "none");
  const isApart = (i: number): boolean => Math.floor(i / units) === apart;
  return [
    bias.map((value, i) => (isApart(i) ? value : value + secondBias[i]!)),
    secondBias.map((value, i) => (isApart(i) ? value : 0)),
  ];
}

const recurrentWriters: Readonly<Record<WeightsLayout, RecurrentWriter>> = {
  recell(path, layer, kind) {
    const { inputs, units } = layer;
    const gates = gatesOf[kind];
    const [bias, apart] = joinedBiases(layer, kind, gates);
    const blocks = (letter: string, values: Float64Array, shape: readonly number[]): NamedTensor[] =>
      gates.map((gate, i) => {
        const size = values.length / gates.length;
        const name = `${path}${letter}${gate === "" ? "" : `_${gate}`}`;
        return { name, shape, values: values.subarray(i * size, (i + 1) * size) };
      });
    const ofApart = blocks("c", apart, [units]).filter((_, i) => gates[i] === apartIn(kind));
    return [
      ...blocks("W", layer.weights, [units, inputs]),
      ...blocks("U", layer.recurrent, [units, units]),
      ...blocks("b", bias, [units]),
      ...ofApart,
    ];
  },
  pytorch(path, { inputs, units, weights, recurrent, bias, secondBias }) {
    const rows = bias.length;
    const [, before = path, suffix = "l0"] = /^(.*)(l\d+(?:_reverse)?)\.$/u.exec(path) ?? [];
    return [
      { name: `${before}weight_ih_${suffix}`, shape: [rows, inputs], values: weights },
      { name: `${before}weight_hh_${suffix}`, shape: [rows, units], values: recurrent },
      { name: `${before}bias_ih_${suffix}`, shape: [rows], values: bias },
      { name: `${before}bias_hh_${suffix}`, shape: [rows], values: secondBias },
    ];
  },
  keras(path, layer, kind) {
    const { inputs, units, weights, recurrent, bias, secondBias } = layer;
    const [rows, before] = [bias.length, path.replaceAll(".", "/")];
    const [joined, apart] = joinedBiases(layer, kind, ordersOf.keras[kind]!);
    const biases =
      kind === "gru"
        ? { shape: [2, rows], values: Float64Array.of(...bias, ...secondBias) }
        : { shape: [rows], values: apart.length === 0 ? bias : joined };
    return [
      { name: `${before}kernel`, shape: [inputs, rows], values: transpose(weights, rows, inputs) },
      { name: `${before}recurrent_kernel`, shape: [units, rows], values: transpose(recurrent, rows, units) },
      { name: `${before}bias`, ...biases },
    ];
  },
  onnx(path, { inputs, units, weights, recurrent, bias, secondBias }) {
    const rows = bias.length;
    return [
      { name: `${path}W`, shape: [1, rows, inputs], values: weights },
      { name: `${path}R`, shape: [1, rows, units], values: recurrent },
      { name: `${path}B`, shape: [1, 2 * rows], values: Float64Array.of(...bias, ...secondBias) },
    ];
  },
};

const linearWriters: Readonly<Record<WeightsLayout, (path: string, layer: StackedLayer) => NamedTensor[]>> = {
  recell: (path, { inputs, units, weights, bias }) => [
    { name: `${path}W`, shape: [units, inputs], values: weights },
    { name: `${path}b`, shape: [units], values: bias },
  ],
  pytorch: (path, { inputs, units, weights, bias }) => [
    { name: `${path}weight`, shape: [units, inputs], values: weights },
    { name: `${path}bias`, shape: [units], values: bias },
  ],
  keras: (path, { inputs, units, weights, bias }) => [
    { name: `${path.replaceAll(".", "/")}kernel`, shape: [inputs, units], values: transpose(weights, units, inputs) },
    { name: `${path.replaceAll(".", "/")}bias`, shape: [units], values: bias },
  ],
  // Operands of a Gemm with transB = 1.
  onnx: (path, { inputs, units, weights, bias }) => [
    { name: `${path}weight`, shape: [units, inputs], values: weights },
    { name: `${path}bias`, shape: [units], values: bias },
  ],
};

const stored = (values: Float64Array, shape: readonly number[], dtype: "F32" | "F64"): SafeTensor =>
  fromNumbers(dtype === "F32" ? Float32Array.from(values) : values.slice(), shape);

const floats: readonly string[] = ["F64", "F32", "F16", "BF16"];

/** Floats in another type; integers as they are. */
function inDtype(tensor: SafeTensor, dtype: "F32" | "F64" | undefined): SafeTensor {
  if (dtype === undefined || tensor.dtype === dtype || !floats.includes(tensor.dtype)) return tensor;
  return stored(toNumbers(tensor), tensor.shape, dtype);
}

/** All floats of a file in one type, whatever they belong to. */
export const tensorsInDtype = (tensors: StoredTensors, dtype: "F32" | "F64"): ReadonlyMap<string, SafeTensor> =>
  new Map([...tensors].map(([name, tensor]) => [name, inDtype(tensor, dtype)]));
