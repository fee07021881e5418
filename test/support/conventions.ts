/**
 * How other libraries lay out the weights that are separate parameters here.
 *
 * A convention is a list of links. A link says: this parameter of ours (or one summand of it, where the other side has
 * two biases) is that block of their tensor. One list serves all directions: their weights and tangents to ours, our
 * gradients to theirs.
 */
import type { ParamEntry } from "../../runtime/index.js";
import type { GoldenTensor } from "./goldens.js";

export interface Link {
  readonly ours: string;
  readonly theirs: string;
  /** Where our element [row, column] of a [rows, columns] parameter stands in their data; vectors have one column. */
  readonly at: (row: number, column: number, rows: number, columns: number) => number;
}

/** Block `index` of the rows of `[blocks * rows, columns]`, or of `[blocks * rows]`. */
export function rowBlock(ours: string, theirs: string, index = 0): Link {
  return { ours, theirs, at: (row, column, rows, columns) => (index * rows + row) * columns + column };
}

/** Block `index` of the columns of `[columns, blocks * rows]`: weights of row vectors, transposed to ours. */
export function columnBlock(ours: string, theirs: string, index = 0, blocks = 1): Link {
  return { ours, theirs, at: (row, column, rows) => column * blocks * rows + index * rows + row };
}

/** The gates of a cell in the order in which a library stacks them, by the suffixes that our parameters have. */
interface GateOrder {
  readonly gates: readonly string[];
  /** The gate whose second bias stays apart, inside the reset product: ours is `c_…`. */
  readonly apart?: string;
}

const suffixed = (name: string, gate: string): string => (gate === "" ? name : `${name}_${gate}`);

export type CellKind = "rnn" | "lstm" | "gru" | "gru-reset-before";

/** PyTorch: rows i, f, g, o; r, z, n. */
const pytorchOrder: Readonly<Record<CellKind, GateOrder>> = {
  rnn: { gates: [""] },
  lstm: { gates: ["i", "f", "g", "o"] },
  gru: { gates: ["r", "z", "n"], apart: "n" },
  "gru-reset-before": { gates: ["r", "z", "n"] },
};

/** Keras: columns i, f, c (our g), o; z, r, h (our n). */
const kerasOrder: Readonly<Record<CellKind, GateOrder>> = {
  rnn: { gates: [""] },
  lstm: { gates: ["i", "f", "g", "o"] },
  gru: { gates: ["z", "r", "n"], apart: "n" },
  "gru-reset-before": { gates: ["z", "r", "n"] },
};

/** `prefix` as in `l0.`; `suffix` of their tensors as in `_l0`, none for single cells. */
export function pytorchLinks(kind: CellKind, prefix: string, suffix: string, theirPrefix = ""): readonly Link[] {
  const { gates, apart } = pytorchOrder[kind];
  return gates.flatMap((gate, index) => [
    rowBlock(prefix + suffixed("W", gate), `${theirPrefix}weight_ih${suffix}`, index),
    rowBlock(prefix + suffixed("U", gate), `${theirPrefix}weight_hh${suffix}`, index),
    rowBlock(prefix + suffixed("b", gate), `${theirPrefix}bias_ih${suffix}`, index),
    rowBlock(
      prefix + suffixed(gate !== "" && gate === apart ? "c" : "b", gate),
      `${theirPrefix}bias_hh${suffix}`,
      index,
    ),
  ]);
}

export function kerasLinks(kind: CellKind, prefix = "", theirPrefix = ""): readonly Link[] {
  const { gates, apart } = kerasOrder[kind];
  const count = gates.length;
  return gates.flatMap((gate, index) => {
    const links = [
      columnBlock(prefix + suffixed("W", gate), `${theirPrefix}kernel`, index, count),
      columnBlock(prefix + suffixed("U", gate), `${theirPrefix}recurrent_kernel`, index, count),
      rowBlock(prefix + suffixed("b", gate), `${theirPrefix}bias`, index),
    ];
    // With reset_after there are two rows of biases, [2, 3 units].
    if (apart !== undefined) {
      links.push(rowBlock(prefix + suffixed(gate === apart ? "c" : "b", gate), `${theirPrefix}bias`, count + index));
    }
    return links;
  });
}

type Tensors = Readonly<Record<string, GoldenTensor>>;

function sizes({ shape }: ParamEntry): readonly [number, number] {
  const [rows = 1, ...rest] = shape as readonly number[];
  return [rows, rest.reduce((count, size) => count * size, 1)];
}

/**
 * Their tensors `prefix + name` as our parameters. Blocks that several links name are added; parameters whose tensors
 * do not exist (no biases) are zero.
 */
export function toOurs(
  links: readonly Link[],
  params: readonly ParamEntry[],
  tensors: Tensors,
  prefix = "",
): Record<string, Float64Array> {
  const result: Record<string, Float64Array> = {};
  for (const param of params) {
    const [rows, columns] = sizes(param);
    const values = new Float64Array(rows * columns);
    const found = links.filter((link) => link.ours === param.name);
    if (found.length === 0) throw new Error(`no link for the parameter ${param.name}`);
    for (const link of found) {
      const theirs = tensors[prefix + link.theirs];
      if (theirs === undefined) continue;
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) values[r * columns + c]! += theirs.data[link.at(r, c, rows, columns)]!;
      }
    }
    result[param.name] = values;
  }
  return result;
}

/** Our gradients in their layout, for each of their tensors that exists: a summand's gradient is the sum's. */
export function toTheirs(
  links: readonly Link[],
  params: readonly ParamEntry[],
  ours: Readonly<Record<string, ArrayLike<number>>>,
  tensors: Tensors,
): Record<string, Float64Array> {
  const result: Record<string, Float64Array> = {};
  for (const link of links) {
    const like = tensors[link.theirs];
    const param = params.find(({ name }) => name === link.ours);
    if (like === undefined || param === undefined) continue;
    const values = (result[link.theirs] ??= new Float64Array(like.data.length));
    const [rows, columns] = sizes(param);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) values[link.at(r, c, rows, columns)] = ours[link.ours]![r * columns + c]!;
    }
  }
  return result;
}
