/**
 * The cells as one would write them by hand in plain JavaScript: the equations as nested loops over typed arrays, the
 * gates of a unit side by side, nothing hoisted, tiled or approximated. One of the peers, and in double precision what
 * all results are checked against. Imports nothing at run time, so that it stands for a script of its own.
 */
import type { CellName } from "./cells.js";
import type { Weights } from "./data.js";
import type { Sizes } from "./workloads.js";

export type Floats = Float32Array | Float64Array;

/** States of one example, and room: for the next `h` while the old one is still read, for the gates of all units. */
export interface NaiveState {
  h: Floats;
  c: Floats;
  next: Floats;
  gates: Floats;
}

/** One step of one example: reads the inputs at `x[at]`, replaces the state. */
export type NaiveStep = (
  weights: Weights<Floats>,
  x: Floats,
  at: number,
  state: NaiveState,
  I: number,
  H: number,
) => void;

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

function lstm({ W, U, b }: Weights<Floats>, x: Floats, at: number, state: NaiveState, I: number, H: number): void {
  const { h, c, next } = state;
  for (let j = 0; j < H; j++) {
    let i = b![j]!;
    let f = b![H + j]!;
    let g = b![2 * H + j]!;
    let o = b![3 * H + j]!;
    for (let k = 0; k < I; k++) {
      const v = x[at + k]!;
      i += W![j * I + k]! * v;
      f += W![(H + j) * I + k]! * v;
      g += W![(2 * H + j) * I + k]! * v;
      o += W![(3 * H + j) * I + k]! * v;
    }
    for (let k = 0; k < H; k++) {
      const v = h[k]!;
      i += U![j * H + k]! * v;
      f += U![(H + j) * H + k]! * v;
      g += U![(2 * H + j) * H + k]! * v;
      o += U![(3 * H + j) * H + k]! * v;
    }
    c[j] = sigmoid(f) * c[j]! + sigmoid(i) * Math.tanh(g);
    next[j] = sigmoid(o) * Math.tanh(c[j]!);
  }
  h.set(next);
}

function gru({ W, U, b, bn }: Weights<Floats>, x: Floats, at: number, state: NaiveState, I: number, H: number): void {
  const { h, next } = state;
  for (let j = 0; j < H; j++) {
    let r = b![j]!;
    let z = b![H + j]!;
    let n = b![2 * H + j]!;
    let m = bn![j]!;
    for (let k = 0; k < I; k++) {
      const v = x[at + k]!;
      r += W![j * I + k]! * v;
      z += W![(H + j) * I + k]! * v;
      n += W![(2 * H + j) * I + k]! * v;
    }
    for (let k = 0; k < H; k++) {
      const v = h[k]!;
      r += U![j * H + k]! * v;
      z += U![(H + j) * H + k]! * v;
      m += U![(2 * H + j) * H + k]! * v;
    }
    z = sigmoid(z);
    next[j] = (1 - z) * Math.tanh(n + sigmoid(r) * m) + z * h[j]!;
  }
  h.set(next);
}

function rnn({ W, U, b }: Weights<Floats>, x: Floats, at: number, state: NaiveState, I: number, H: number): void {
  const { h, next } = state;
  for (let j = 0; j < H; j++) {
    let sum = b![j]!;
    for (let k = 0; k < I; k++) sum += W![j * I + k]! * x[at + k]!;
    for (let k = 0; k < H; k++) sum += U![j * H + k]! * h[k]!;
    next[j] = Math.tanh(sum);
  }
  h.set(next);
}

function mgu({ W, U, b }: Weights<Floats>, x: Floats, at: number, state: NaiveState, I: number, H: number): void {
  const { h, c: f, next } = state;
  for (let j = 0; j < H; j++) {
    let sum = b![j]!;
    for (let k = 0; k < I; k++) sum += W![j * I + k]! * x[at + k]!;
    for (let k = 0; k < H; k++) sum += U![j * H + k]! * h[k]!;
    f[j] = sigmoid(sum);
  }
  for (let j = 0; j < H; j++) {
    let n = b![H + j]!;
    for (let k = 0; k < I; k++) n += W![(H + j) * I + k]! * x[at + k]!;
    for (let k = 0; k < H; k++) n += U![(H + j) * H + k]! * (f[k]! * h[k]!);
    next[j] = (1 - f[j]!) * h[j]! + f[j]! * Math.tanh(n);
  }
  h.set(next);
}

/** Replaces `v[start …]` by its normalised values. */
function normalize(v: Floats, start: number, H: number, gain: Floats, bias: Floats, from: number): void {
  let mean = 0;
  for (let j = 0; j < H; j++) mean += v[start + j]!;
  mean /= H;
  let variance = 0;
  for (let j = 0; j < H; j++) variance += (v[start + j]! - mean) ** 2;
  const scale = 1 / Math.sqrt(variance / H + 1e-5);
  for (let j = 0; j < H; j++) v[start + j] = gain[from + j]! * (v[start + j]! - mean) * scale + bias[from + j]!;
}

/** All preactivations first: normalising a gate takes all of its units. After the gates, the memory on its way out. */
function layerNormLstm(weights: Weights<Floats>, x: Floats, at: number, state: NaiveState, I: number, H: number): void {
  const { W, U, b, gain, bias, gain_c, bias_c } = weights;
  const { h, c, gates } = state;
  for (let row = 0; row < 4 * H; row++) {
    let sum = b![row]!;
    for (let k = 0; k < I; k++) sum += W![row * I + k]! * x[at + k]!;
    for (let k = 0; k < H; k++) sum += U![row * H + k]! * h[k]!;
    gates[row] = sum;
  }
  for (let gate = 0; gate < 4; gate++) normalize(gates, gate * H, H, gain!, bias!, gate * H);
  for (let j = 0; j < H; j++) {
    const memory = sigmoid(gates[H + j]!) * c[j]! + sigmoid(gates[j]!) * Math.tanh(gates[2 * H + j]!);
    c[j] = memory;
    gates[4 * H + j] = memory;
  }
  normalize(gates, 4 * H, H, gain_c!, bias_c!, 0);
  for (let j = 0; j < H; j++) h[j] = sigmoid(gates[3 * H + j]!) * Math.tanh(gates[4 * H + j]!);
}

export const naiveSteps: Readonly<Record<CellName, NaiveStep>> = {
  lstm,
  gru,
  rnn,
  mgu,
  "layernorm-lstm": layerNormLstm,
};

export function createState(H: number, precision: Float32ArrayConstructor | Float64ArrayConstructor): NaiveState {
  return { h: new precision(H), c: new precision(H), next: new precision(H), gates: new precision(5 * H) };
}

/** Runs a cell on `x` `[B, T, I]` from a zero state; writes all hidden states `[B, T, H]` and the last states `[B, H]`. */
export function naiveForward(
  cell: CellName,
  weights: Weights<Floats>,
  x: Floats,
  { I, H, B, T }: Sizes,
  out: { readonly y: Floats; readonly h: Floats; readonly c: Floats },
): void {
  const step = naiveSteps[cell];
  const state = createState(H, x.constructor as Float64ArrayConstructor);
  for (let e = 0; e < B; e++) {
    state.h.fill(0);
    state.c.fill(0);
    for (let t = 0; t < T; t++) {
      step(weights, x, (e * T + t) * I, state, I, H);
      out.y.set(state.h, (e * T + t) * H);
    }
    out.h.set(state.h, e * H);
    out.c.set(state.c, e * H);
  }
}
