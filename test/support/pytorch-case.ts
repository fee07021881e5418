/** A recorded run of nn.RNN, nn.LSTM, nn.GRU or one of their cells, and the compiled cell that has to match it. */
import type { CompiledModule } from "../../runtime/index.js";
import { pytorchLinks, rowBlock, type CellKind, type Link } from "./conventions.js";
import { dtypeOf, slice, swapAxes, tensor, type Golden } from "./goldens.js";
import { compileOnce, reluRNN, stackOf, standardCell, standardNames } from "./models.js";

interface StateNames {
  readonly ours: string;
  /** Of the tensor with its initial value, where the case gives one. */
  readonly initial: string | undefined;
  readonly final: string;
}

export interface PytorchCase {
  readonly module: CompiledModule;
  readonly links: readonly Link[];
  readonly states: readonly StateNames[];
  readonly batch: number;
  readonly steps: number;
  readonly lengths: readonly number[] | undefined;
  /** A tensor over time as `[B, T, …]`. */
  sequence(name: string): Float64Array;
  /** The part of a tensor `[layers, B, …]` that belongs to one of our states. */
  state(name: string, ours: string): Float64Array;
}

interface Parts {
  readonly gradient?: boolean;
  readonly jvp?: boolean;
  readonly hvp?: boolean;
}

interface Config {
  readonly input_size: number;
  readonly hidden_size: number;
  readonly proj_size?: number;
  readonly num_layers?: number;
  readonly batch: number;
  readonly time?: number;
  readonly batch_first?: boolean;
  readonly lengths?: readonly number[] | null;
}

export async function pytorchCase(golden: Golden, parts: Parts): Promise<PytorchCase> {
  const config = golden.config as unknown as Config;
  const { module: moduleName } = golden.config as { module: string };
  const single = moduleName.endsWith("Cell");
  const layers = config.num_layers ?? 1;
  const projected = (config.proj_size ?? 0) > 0;
  const kind = kindOf(moduleName);
  const { source, cell } = sourceOf(golden, kind, layers, projected);
  const module = await compileOnce(source, {
    cell,
    dimensions: { I: config.input_size, H: config.hidden_size, ...(projected && { P: config.proj_size! }) },
    dtype: dtypeOf(golden),
    gradient: true,
    ...parts,
  });

  const links: Link[] = [];
  const states: StateNames[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const prefix = layers > 1 ? `l${layer}.` : "";
    const suffix = single ? "" : `_l${layer}`;
    links.push(...pytorchLinks(kind, prefix, suffix));
    if (projected) links.push(rowBlock(`${prefix}W_p`, `weight_hr${suffix}`));
    for (const state of kind === "lstm" ? ["h", "c"] : ["h"]) {
      const initial = golden.tensors[`${state}0`] === undefined ? undefined : `${state}0`;
      states.push({ ours: prefix + state, initial, final: single ? `${state}1` : `${state}_n` });
    }
  }

  const timeFirst = !single && config.batch_first !== true;
  return {
    module,
    links,
    states,
    batch: config.batch,
    steps: config.time ?? 1,
    lengths: config.lengths ?? undefined,
    sequence(name) {
      const found = tensor(golden, name);
      return Float64Array.from((timeFirst ? swapAxes(found) : found).data);
    },
    state(name, ours) {
      const found = tensor(golden, name);
      const layer = /^l(\d+)\./.exec(ours)?.[1] ?? "0";
      return Float64Array.from((single ? found : slice(found, Number(layer))).data);
    },
  };
}

function kindOf(moduleName: string): CellKind {
  if (moduleName.includes("LSTM")) return "lstm";
  return moduleName.includes("GRU") ? "gru" : "rnn";
}

function sourceOf(golden: Golden, kind: CellKind, layers: number, projected: boolean) {
  const inner = projected ? ["H", "P"] : ["H"];
  const width = projected ? "P" : "H";
  const relu = golden.config["nonlinearity"] === "relu";
  const { file, cell } = relu ? reluRNN : standardNames[projected ? "lstm-projection" : kind];
  if (layers === 1) return { source: standardCell(file), cell };
  return { source: stackOf(`import { ${cell} } from "std/${file}"`, cell, layers, inner, width), cell: "Stack" };
}
