/** An LSTM as one would write it by hand in plain JavaScript: nested loops over typed arrays, nothing hoisted or tiled. */

export interface LstmWeights<A> {
  /** `[4, H, I]`, `[4, H, H]`, `[4, H]`: gates i, f, g, o. */
  readonly W: A;
  readonly U: A;
  readonly b: A;
}

type Floats = Float32Array | Float64Array;

/** Runs `x` `[B, T, I]` from a zero state; writes every hidden state into `y` `[B, T, H]`. */
export function naiveLstm(
  { W, U, b }: LstmWeights<Floats>,
  x: Floats,
  y: Floats,
  [B, T, I, H]: readonly [number, number, number, number],
): void {
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
          let sum = b[k * H + j] as number;
          for (let i = 0; i < I; i++) sum += (W[(k * H + j) * I + i] as number) * (x[(e * T + t) * I + i] as number);
          for (let i = 0; i < H; i++) sum += (U[(k * H + j) * H + i] as number) * (h[i] as number);
          gates[k] = k === 2 ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum));
        }
        const memory = (gates[1] as number) * (c[j] as number) + (gates[0] as number) * (gates[2] as number);
        c[j] = memory;
        next[j] = (gates[3] as number) * Math.tanh(memory);
      }
      h.set(next);
      y.set(next, (e * T + t) * H);
    }
  }
}
