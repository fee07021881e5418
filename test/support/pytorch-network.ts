/** A recorded run of nn.RNN, nn.LSTM or nn.GRU of any number of layers and directions, and the network that has to match it. */
import type { CompiledModule } from "../../runtime/index.js";
import { type CellKind, type Link, pytorchLinks, rowBlock } from "./conventions.js";
import { dtypeOf, type Golden, slice, swapAxes, tensor } from "./goldens.js";
import { compileOnce, reluRNN, standardNames } from "./models.js";

interface Config {
  readonly module: string;
  readonly nonlinearity: string | null;
  readonly input_size: number;
  readonly hidden_size: number;
  readonly proj_size: number;
  readonly num_layers: number;
  readonly bidirectional: boolean;
  readonly batch_first: boolean;
  readonly batch: number;
  readonly time: number;
  readonly lengths?: readonly number[] | null;
}

/** A layer in one direction: a used cell, and what PyTorch's tensors of it end with. */
interface Direction {
  readonly name: string;
  readonly suffix: string;
}

export interface NetworkState {
  readonly ours: string;
  readonly initial: string | undefined;
  readonly final: string;
  /** Of the tensors `[layers * directions, B, …]`. */
  readonly position: number;
}

export interface PytorchNetwork {
  readonly module: CompiledModule;
  readonly links: readonly Link[];
  readonly states: readonly NetworkState[];
  readonly batch: number;
  readonly steps: number;
  /** Of the call, where sequences end at different places. */
  readonly sizes: { readonly sizes?: { readonly T: readonly number[] } };
  /** A tensor over time as `[B, T, …]`. */
  sequence(name: string): Float64Array;
  /** The same with NaN behind the end of each sequence. */
  padded(name: string): Float64Array;
  state(name: string, position: number): Float64Array;
}

export async function pytorchNetwork(
  golden: Golden,
  parts: {
    readonly target?: "js" | "wasm";
    readonly dtype?: "f32" | "f64";
    readonly jvp?: boolean;
    readonly hvp?: boolean;
  },
): Promise<PytorchNetwork> {
  const config = golden.config as unknown as Config;
  const kind = kindOf(config.module);
  const isProjected = config.proj_size > 0;
  const directions = directionsOf(config);
  const module = await compileOnce(sourceOf(config, kind, directions), {
    cell: "Layers",
    dimensions: { I: config.input_size, H: config.hidden_size, ...(isProjected && { P: config.proj_size }) },
    dtype: dtypeOf(golden),
    gradient: true,
    ...parts,
  });
  const links = directions
    .flat()
    .flatMap(({ name, suffix }) => [
      ...pytorchLinks(kind, `${name}.`, suffix),
      ...(isProjected ? [rowBlock(`${name}.W_p`, `weight_hr${suffix}`)] : []),
    ]);
  const names = kind === "lstm" ? ["h", "c"] : ["h"];
  const states = directions.flat().flatMap(({ name }, position) =>
    names.map((state) => {
      const initial = golden.tensors[`${state}0`] && `${state}0`;
      return { ours: `${name}.${state}`, initial, final: `${state}_n`, position };
    }),
  );
  const lengths = config.lengths ?? undefined;
  const sequence = (name: string): Float64Array => {
    const found = tensor(golden, name);
    return Float64Array.from((config.batch_first ? found : swapAxes(found)).data);
  };
  return {
    module,
    links,
    states,
    batch: config.batch,
    steps: config.time,
    sizes: lengths === undefined ? {} : { sizes: { T: lengths } },
    sequence,
    padded(name) {
      const width = config.input_size;
      return sequence(name).map((value, i) => {
        const [b, t] = [Math.floor(i / (config.time * width)), Math.floor(i / width) % config.time];
        return t < (lengths?.[b] ?? config.time) ? value : NaN;
      });
    },
    state: (name, position) => Float64Array.from(slice(tensor(golden, name), position).data),
  };
}

function kindOf(module: string): CellKind {
  if (module.includes("LSTM")) return "lstm";
  return module.includes("GRU") ? "gru" : "rnn";
}

const directionsOf = ({ num_layers: layers, bidirectional }: Config): readonly (readonly Direction[])[] =>
  Array.from({ length: layers }, (_, layer) => {
    const ahead = { name: `ahead_${layer}`, suffix: `_l${layer}` };
    return bidirectional ? [ahead, { name: `back_${layer}`, suffix: `_l${layer}_reverse` }] : [ahead];
  });

/** The network as somebody would write it for these layers. */
function sourceOf(config: Config, kind: CellKind, directions: readonly (readonly Direction[])[]): string {
  const isProjected = config.proj_size > 0;
  const relu = config.nonlinearity === "relu";
  const { file, cell } = relu ? reluRNN : standardNames[isProjected ? "lstm-projection" : kind];
  const sizes = isProjected ? "H, P" : "H";
  const width = isProjected ? "P" : "H";
  const lines = directions.flatMap((layer, l) => {
    const below = l === 0 ? "x" : `y_${l - 1}`;
    const wide = l === 0 ? "I" : layer.length === 2 ? `2 * ${width}` : width;
    const uses = layer.map(({ name }) => `  use ${name} = ${cell}(${wide}, ${sizes})`);
    const [ahead, back] = layer.map(({ name }) => name);
    const turned = back && `reverse(${back}(reverse(${below})))`;
    const value = turned === undefined ? `${ahead}(${below})` : `concat(${ahead}(${below}), ${turned}, axis = 1)`;
    return [...uses, `  y_${l} = ${value}`];
  });
  return [
    `import { ${cell} } from "std/${file}"`,
    `network Layers(I, ${sizes}; T) {`,
    "  input x: [T, I]",
    ...lines,
    `  output y = y_${directions.length - 1}`,
    "}",
    "",
  ].join("\n");
}
