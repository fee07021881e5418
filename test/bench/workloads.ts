/** What is measured: fourteen workloads, each with the peer it is held against and the share of its time to stay below. */
import type { CellName } from "./cells.js";

/** Everything is measured against these; the recell variants are measured, too. */
export type PeerName =
  "recell-js" | "recell-wasm" | "recell-fma" | "naive" | "ort-web" | "tfjs-wasm" | "jax-js" | "ort-node";

export interface Sizes {
  /** Inputs per step. */
  readonly I: number;
  /** Hidden units. */
  readonly H: number;
  /** Examples. */
  readonly B: number;
  /** Steps. */
  readonly T: number;
}

export interface Workload extends Sizes {
  readonly id: string;
  readonly cell: CellName;
  /**
   * `forward`: all hidden states and the last state from a zero state. `step`: one call per step, the state carried.
   * `gradient`: loss = sum(h²) / (B·T), forward and backward through time to all weights.
   */
  readonly kind: "forward" | "step" | "gradient";
  /** The time of recell's WebAssembly, without fused multiply-add, as a share of this peer's. */
  readonly goal: { readonly peer: PeerName; readonly atMost: number };
}

const row = (
  id: string,
  kind: Workload["kind"],
  cell: CellName,
  [I, H, B, T]: readonly [number, number, number, number],
  peer: PeerName,
  atMost: number,
): Workload => ({ id, kind, cell, I, H, B, T, goal: { peer, atMost } });

export const workloads: readonly Workload[] = [
  row("F1", "forward", "lstm", [64, 128, 1, 100], "ort-web", 0.75),
  row("F2", "forward", "lstm", [128, 256, 32, 64], "ort-web", 0.68),
  row("F3", "forward", "gru", [64, 64, 16, 100], "ort-web", 0.6),
  row("F4", "forward", "rnn", [32, 64, 1, 200], "ort-web", 0.3),
  row("F5", "forward", "lstm", [512, 512, 1, 50], "ort-web", 0.85),
  row("F6", "forward", "lstm", [16, 32, 64, 50], "ort-web", 0.5),
  row("F7", "forward", "layernorm-lstm", [64, 128, 8, 50], "ort-web", 0.42),
  row("F8", "forward", "mgu", [32, 64, 1, 100], "ort-web", 0.2),
  row("S1", "step", "lstm", [64, 128, 1, 1], "ort-web", 0.3),
  row("S2", "step", "gru", [16, 32, 1, 1], "naive", 0.2),
  row("T1", "gradient", "lstm", [64, 128, 16, 50], "jax-js", 0.2),
  row("T2", "gradient", "gru", [32, 64, 32, 50], "jax-js", 0.19),
  row("T3", "gradient", "layernorm-lstm", [32, 64, 8, 30], "jax-js", 0.08),
  row("T4", "gradient", "rnn", [8, 64, 32, 10], "jax-js", 0.2),
];

/** `F1 lstm 64/128 B1 T100`. */
export function titleOf({ id, cell, kind, I, H, B, T }: Workload): string {
  return `${id} ${cell} ${I}/${H}${kind === "step" ? "" : ` B${B} T${T}`}`;
}
