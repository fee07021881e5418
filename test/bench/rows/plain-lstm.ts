/**
 * The loops that the goals of the JavaScript target are set against: an LSTM as nested loops with one sum at a time. The
 * peer of the workloads (naive-cells.ts) has the four gates side by side, which processors like better.
 */
import type { Weights } from "../data.js";
import type { Floats } from "../naive-cells.js";
import type { Sizes } from "../workloads.js";

/** Runs `x` `[B, T, I]` from a zero state; writes every hidden state into `y` `[B, T, H]`. */
export function plainLstm({ W, U, b }: Weights<Floats>, x: Floats, y: Floats, { I, H, B, T }: Sizes): void {
  const Array = x.constructor as Float64ArrayConstructor;
  const h = new Array(H);
  const c = new Array(H);
  const next = new Array(H);
  const gates = new Array(4);
  for (let e = 0; e < B; e++) {
    h.fill(0);
    c.fill(0);
    for (let t = 0; t < T; t++) {
      for (let j = 0; j < H; j++) {
        for (let k = 0; k < 4; k++) {
          let sum = b![k * H + j]!;
          for (let i = 0; i < I; i++) sum += W![(k * H + j) * I + i]! * x[(e * T + t) * I + i]!;
          for (let i = 0; i < H; i++) sum += U![(k * H + j) * H + i]! * h[i]!;
          gates[k] = k === 2 ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum));
        }
        const memory = gates[1]! * c[j]! + gates[0]! * gates[2]!;
        c[j] = memory;
        next[j] = gates[3]! * Math.tanh(memory);
      }
      h.set(next);
      y.set(next, (e * T + t) * H);
    }
  }
}
