/** Layers as libraries stack them: the gates one below the other in matrices of `[gates * H, I]`, in an order of their own. */
import { ParamsError } from "../../base/errors.js";
import { showName, showShape } from "../../base/show.js";
import type { SafeTensor } from "../safe-tensor.js";
import { toNumbers } from "../tensor-numbers.js";

export const weightsLayouts = ["recell", "pytorch", "keras", "onnx"] as const;

/** Who names and stacks weights so. */
export type WeightsLayout = (typeof weightsLayouts)[number];

/** Those of `std/simple-rnn`, `std/lstm`, `std/gru`, `std/gru-reset-before` and `Linear` of `std/network`. */
export type LayerKind = "rnn" | "lstm" | "gru" | "gru-reset-before" | "linear";
export type RecurrentKind = Exclude<LayerKind, "linear">;

/** Gates by the suffixes of their params here. */
type GateOrder = readonly string[];

/** Ours, in which `recell` lists them and PyTorch stacks them. */
export const gatesOf: Readonly<Record<RecurrentKind, GateOrder>> = {
  rnn: [""],
  lstm: ["i", "f", "g", "o"],
  gru: ["r", "z", "n"],
  "gru-reset-before": ["r", "z", "n"],
};

const updateFirst: GateOrder = ["z", "r", "n"];

/** Where others stack them otherwise. PyTorch has no GRU whose reset gate comes before the product. */
export const ordersOf: Readonly<Record<WeightsLayout, Readonly<Record<RecurrentKind, GateOrder | undefined>>>> = {
  recell: gatesOf,
  pytorch: { ...gatesOf, "gru-reset-before": undefined },
  keras: { ...gatesOf, gru: updateFirst, "gru-reset-before": updateFirst },
  onnx: { ...gatesOf, lstm: ["i", "o", "f", "g"], gru: updateFirst, "gru-reset-before": updateFirst },
};

/** The gate whose second bias is inside the reset product, so that the two do not add up: `c_n` here. */
export const apartIn = (kind: RecurrentKind): string | undefined => (kind === "gru" ? "n" : undefined);

/** A layer that was found in a file. */
export interface FoundLayer {
  readonly kind: LayerKind;
  /** What stands before the names of its params here: `rnn.`. */
  readonly path: string;
  /** The names that it has in the file. */
  readonly names: readonly string[];
  readonly stacked: StackedLayer;
}

/** With the gates in the order of the layout that it is of. */
export interface StackedLayer {
  readonly inputs: number;
  readonly units: number;
  /** `[gates * units, inputs]` */
  readonly weights: Float64Array;
  /** `[gates * units, units]`; none of a linear layer. */
  readonly recurrent: Float64Array;
  /** `[gates * units]`, zeros where there is none. */
  readonly bias: Float64Array;
  /** The second one, that of the recurrent product. */
  readonly secondBias: Float64Array;
}

export type StoredTensors = ReadonlyMap<string, SafeTensor>;

/** `[rows, columns]` to `[columns, rows]`. */
export function transpose(values: Float64Array, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c]!;
  return turned;
}

export function concatenated(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @throws ParamsError where the tensor has another shape than what else there is of the layer says. */
export function numbersOf(tensors: StoredTensors, name: string, shape: readonly number[]): Float64Array {
  const tensor = tensors.get(name)!;
  if (tensor.shape.join() === shape.join()) return toNumbers(tensor);
  const told = `must have shape ${showShape(shape)} beside the others of its layer, and has ${showShape(tensor.shape)}`;
  throw new ParamsError("shape-mismatch", `${showName(name)} ${told}`, name);
}

/** With the blocks of the gates in another order. */
export function reordered(layer: StackedLayer, from: GateOrder, to: GateOrder): StackedLayer {
  const turn = (values: Float64Array): Float64Array => {
    const block = values.length / from.length;
    return concatenated(
      to.map((gate) => values.subarray(from.indexOf(gate) * block, (from.indexOf(gate) + 1) * block)),
    );
  };
  return {
    ...layer,
    weights: turn(layer.weights),
    recurrent: turn(layer.recurrent),
    bias: turn(layer.bias),
    secondBias: turn(layer.secondBias),
  };
}
