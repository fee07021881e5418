/** A recorded run of a Keras layer, and the network that computes it. */
import type { CompiledModule } from "../../runtime/index.js";
import { type CellKind, columnBlock, kerasLinks, type Link, rowBlock } from "./conventions.js";
import { dtypeOf, fixture, type Golden } from "./goldens.js";
import { compileOnce, reluRNN, standardNames } from "./models.js";

interface Recurrent {
  readonly class: "LSTM" | "GRU" | "SimpleRNN";
  readonly units: number;
  readonly activation?: string;
  readonly recurrent_activation?: string;
  readonly reset_after?: boolean;
  readonly return_sequences?: boolean;
  readonly go_backwards?: boolean;
}

interface Convolutional {
  readonly class: "ConvLSTM1D";
  readonly filters: number;
  readonly kernel_size: number;
  readonly strides?: number;
  readonly padding?: "same" | "valid";
  readonly return_sequences?: boolean;
}

type Layer =
  | Recurrent
  | Convolutional
  | {
      readonly class: "Bidirectional";
      readonly layer: Recurrent;
      readonly merge_mode?: "concat" | "sum" | "mul" | "ave";
    }
  | {
      readonly class: "RNN";
      readonly cells: readonly { readonly class: `${Recurrent["class"]}Cell`; readonly units: number }[];
    }
  | { readonly class: "TimeDistributed"; readonly layer: { readonly units: number; readonly activation?: string } };

interface Config {
  readonly layer: Layer;
  readonly batch: number;
  readonly time: number;
  readonly features: number;
  readonly spatial: readonly number[] | null;
  readonly mask: boolean;
  readonly calls: number;
}

/** A part of a network: what it declares, and what it gives. */
interface Written {
  /** Cells that stand above the network, and imports. */
  readonly above: readonly string[];
  readonly lines: readonly string[];
  readonly y: string;
  readonly links: readonly Link[];
  /** In the order in which Keras returns them. */
  readonly states: readonly string[];
}

export interface KerasNetwork extends Config {
  readonly module: CompiledModule;
  readonly links: readonly Link[];
  readonly states: readonly string[];
}

export async function kerasNetwork(
  golden: Golden,
  { target, dtype = dtypeOf(golden) }: { readonly target: "js" | "wasm"; readonly dtype?: "f32" | "f64" },
): Promise<KerasNetwork> {
  const config = golden.config as unknown as Config;
  const { above, lines, y, links, states } = writtenOf(config);
  const shape = ["T", ...(config.spatial ?? []), config.features].join(", ");
  const source = [
    ...new Set(above),
    "network Layer(; T) {",
    `  input x: [${shape}]`,
    ...(config.mask ? ["  input keep: [T]"] : []),
    ...lines,
    `  output y = ${y}`,
    "}",
    "",
  ].join("\n");
  const module = await compileOnce(source, { cell: "Layer", dtype, gradient: true, target });
  return { ...config, module, links, states };
}

function writtenOf({ layer, features, spatial, mask }: Config): Written {
  switch (layer.class) {
    case "Bidirectional":
      return bidirectional(layer.layer, layer.merge_mode ?? "concat", features, mask);
    case "RNN":
      return stackedCells(layer.cells, features);
    case "TimeDistributed":
      return distributed(layer.layer, features);
    case "ConvLSTM1D":
      return convolutional(layer, features, spatial![0]!);
    default: {
      const one = recurrent("l", layer, features, { mask, weights: "" });
      return { ...one, y: layer.return_sequences === true ? "l_y" : "l_y.h'" };
    }
  }
}

const statesOf = ({ class: name }: Pick<Recurrent, "class">): readonly string[] =>
  name.startsWith("LSTM") ? ["h", "c"] : ["h"];

function kindOf({ class: name, reset_after: resetAfter }: Pick<Recurrent, "class" | "reset_after">): CellKind {
  if (name.startsWith("LSTM")) return "lstm";
  if (name.startsWith("SimpleRNN")) return "rnn";
  return resetAfter === false ? "gru-reset-before" : "gru";
}

/** The cell of a layer, and where it comes from. */
function cellOf(layer: Recurrent): { readonly above: string; readonly cell: string } {
  if (layer.recurrent_activation === "hard_sigmoid") {
    return layer.class === "LSTM"
      ? { above: fixture("hard-lstm.cell"), cell: "HardLSTM" }
      : { above: fixture("hard-gru.cell"), cell: "HardGRU" };
  }
  const { file, cell } = layer.activation === "relu" ? reluRNN : standardNames[kindOf(layer)];
  return { above: `import { ${cell} } from "std/${file}"`, cell };
}

/** A step that is left out keeps the states, and repeats what the layer gave before. */
function maskedCell(cell: string, states: readonly string[]): string {
  return [
    `cell Masked${cell}(I, H) {`,
    "  input x: [I]",
    "  input keep: real",
    `  use own = ${cell}(I, H)`,
    `  state ${states.join(", ")}: [H]`,
    `  next = own(x, ${states.map((state) => `${state} = ${state}`).join(", ")})`,
    ...states.map(
      (state) => `  ${state}' = if keep > 0 then ${state === "h" ? "next" : `own.${state}'`} else ${state}`,
    ),
    "  output y = h'",
    "}",
  ].join("\n");
}

/** A layer that is called `name`, and its run `name_y`, in the order in which it is processed. */
function recurrent(
  name: string,
  layer: Recurrent,
  features: number,
  { mask, weights, input = "x" }: { mask: boolean; weights: string; input?: string },
): Written {
  const { above, cell } = cellOf(layer);
  const states = statesOf(layer);
  const inOrder = (value: string): string => (layer.go_backwards === true ? `reverse(${value})` : value);
  const used = mask ? `Masked${cell}` : cell;
  const given = [inOrder(input), ...(mask ? [inOrder("keep")] : [])].join(", ");
  return {
    above: [above, ...(mask ? [maskedCell(cell, states)] : [])],
    lines: [`  use ${name} = ${used}(${features}, ${layer.units})`, `  ${name}_y = ${name}(${given})`],
    y: `${name}_y`,
    links: kerasLinks(kindOf(layer), mask ? `${name}.own.` : `${name}.`, weights),
    states: states.map((state) => `${name}.${state}`),
  };
}

function bidirectional(layer: Recurrent, merge: string, features: number, mask: boolean): Written {
  const ahead = recurrent("ahead", layer, features, { mask, weights: "forward." });
  const back = recurrent("back", { ...layer, go_backwards: true }, features, { mask, weights: "backward." });
  const isWhole = layer.return_sequences === true;
  const [a, b] = isWhole ? ["ahead_y", "reverse(back_y)"] : ["ahead_y.h'", "back_y.h'"];
  const merged: Readonly<Record<string, string>> = {
    concat: `concat(${a}, ${b}, axis = ${isWhole ? 1 : 0})`,
    sum: `${a} + ${b}`,
    mul: `${a} * ${b}`,
    ave: `(${a} + ${b}) / 2`,
  };
  return {
    above: [...ahead.above, ...back.above],
    lines: [...ahead.lines, ...back.lines],
    y: merged[merge]!,
    links: [...ahead.links, ...back.links],
    states: [...ahead.states, ...back.states],
  };
}

function stackedCells(cells: readonly { readonly class: string; readonly units: number }[], features: number): Written {
  const all = cells.map(({ class: name, units }, k) => {
    const layer = { class: name.replace(/Cell$/u, "") as Recurrent["class"], units };
    const input = k === 0 ? "x" : `l${k - 1}_y`;
    const width = k === 0 ? features : cells[k - 1]!.units;
    return recurrent(`l${k}`, layer, width, { mask: false, weights: `cells.${k}.`, input });
  });
  return {
    above: all.flatMap(({ above }) => above),
    lines: all.flatMap(({ lines }) => lines),
    y: all.at(-1)!.y,
    links: all.flatMap(({ links }) => links),
    states: all.flatMap(({ states }) => states),
  };
}

function distributed({ units, activation }: { units: number; activation?: string }, features: number): Written {
  const value = "dense(x)";
  return {
    above: [`import { Linear } from "std/network"`],
    lines: [`  use dense = Linear(${features}, ${units})`],
    y: activation === undefined || activation === "linear" ? value : `${activation}(${value})`,
    links: [columnBlock("dense.W", "kernel"), rowBlock("dense.b", "bias")],
    states: [],
  };
}

function convolutional(layer: Convolutional, features: number, size: number): Written {
  const { filters, kernel_size: width, strides = 1, padding = "valid" } = layer;
  const places = padding === "same" ? Math.ceil(size / strides) : Math.floor((size - width) / strides) + 1;
  const zeros = padding === "same" ? Math.max(0, (places - 1) * strides + width - size) : 0;
  const [before, after] = [Math.floor(zeros / 2), Math.ceil(zeros / 2)];
  const [own, next] = [Math.floor((width - 1) / 2), Math.ceil((width - 1) / 2)];
  const gates = ["i", "f", "g", "o"];
  const input = gates.map((gate) => {
    const sum = `conv(x, W_${gate}, stride = ${strides}, pad = [${before}, ${after}]) + conv(h, U_${gate}, pad = [${own}, ${next}]) + b_${gate}`;
    return `  ${gate} = ${gate === "g" ? "tanh" : "sigmoid"}(${sum})`;
  });
  const kernel = (ours: string, theirs: string, channels: number, index: number): Link => ({
    ours,
    theirs,
    at: (row, column) =>
      ((column % width) * channels + Math.floor(column / width)) * 4 * filters + index * filters + row,
  });
  return {
    above: [
      [
        "cell ConvLSTM {",
        `  input x: [${size}, ${features}]`,
        `  state h, c: [${places}, ${filters}]`,
        `  param ${gates.map((gate) => `W_${gate}`).join(", ")}: [${filters}, ${features}, ${width}]`,
        `  param ${gates.map((gate) => `U_${gate}`).join(", ")}: [${filters}, ${filters}, ${width}]`,
        `  param ${gates.map((gate) => `b_${gate}`).join(", ")}: [${filters}]`,
        ...input,
        "  c' = f * c + i * g",
        "  h' = o * tanh(c')",
        "  output y = h'",
        "}",
      ].join("\n"),
    ],
    lines: ["  use l = ConvLSTM()", "  l_y = l(x)"],
    y: layer.return_sequences === true ? "l_y" : "l_y.h'",
    links: gates.flatMap((gate, index) => [
      kernel(`l.W_${gate}`, "kernel", features, index),
      kernel(`l.U_${gate}`, "recurrent_kernel", filters, index),
      rowBlock(`l.b_${gate}`, "bias", index),
    ]),
    states: ["l.h", "l.c"],
  };
}
