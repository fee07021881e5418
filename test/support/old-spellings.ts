/** How cells in the language as it was at first are said with what the cells of today have: their params, fixed values and inputs. */
export type Numbers = Readonly<Record<string, Float64Array>>;
export type Sizes = Readonly<Record<string, number>>;

/** The name of a tensor of the new spelling, or the values that its tensors make. */
export type Origin = string | ((values: Numbers) => ArrayLike<number>);

export interface OldSpelling {
  readonly file: string;
  readonly sizes: Sizes;
  /** Where they are others. */
  readonly oldSizes?: Sizes;
  /** Run-time dimensions. */
  readonly runtime?: Sizes;
  /** What params of the old spelling are that are not called the same: by those of the new one. */
  readonly params?: Readonly<Record<string, Origin>>;
  /** A number is that of every step. */
  readonly inputs?: Readonly<Record<string, string | number>>;
  /** What outputs are that are not called the same. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** What states are at the end, by those of the new one; `undefined` where it has no such state. */
  readonly states?: Readonly<Record<string, Origin | undefined>>;
  /** What inputs are multiplied by, where small ones change nothing. */
  readonly loudness?: number;
  /** Where the formulas differ by an epsilon. */
  readonly tolerance?: number;
  /** Where the old one is another variant. */
  readonly edit?: (text: string) => string;
}

const joined =
  (...names: string[]) =>
  (params: Numbers): number[] =>
    names.flatMap((name) => [...params[name]!]);
const sizesOfValues =
  (name: string) =>
  (params: Numbers): number[] =>
    [...params[name]!].map(Math.abs);
/** The values of one of four parts. */
const quarter =
  (name: string, part: number) =>
  (params: Numbers): number[] => {
    const all = [...params[name]!];
    return all.slice((part * all.length) / 4, ((part + 1) * all.length) / 4);
  };
/** One head of the memory, in the order of the old spelling. */
const headOf = (head: string, kind: string): ((params: Numbers) => number[]) =>
  joined(...["key", "strength", "gate", "shift", "sharpness"].map((part) => `${head}.${part}.${kind}`));

/** Rows in the other order, of the newest that many: the newest stands first, which was the last. */
const oldestFirst =
  (name: string, rows: number, kept = rows) =>
  (params: Numbers): number[] => {
    const all = [...params[name]!];
    const width = all.length / rows;
    return Array.from({ length: kept }, (_, i) => all.slice((kept - 1 - i) * width, (kept - i) * width)).flat();
  };
/** Rows of keys that turned the other way are the imaginary parts with their sign. */
const turnedRows = ({ "S.re": re, "S.im": im }: Numbers): number[] =>
  [0, 1].flatMap((head) => [...re!.slice(8 * head, 8 * head + 8), ...im!.slice(8 * head, 8 * head + 8).map((v) => -v)]);
const scaled =
  (name: string, by: number) =>
  (params: Numbers): number[] =>
    [...params[name]!].map((value) => by * value);
const constant =
  (...values: number[]) =>
  (): number[] =>
    values;
const gates = (inner: string, old: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(old).flatMap(([from, to]) =>
      ["i", "f", "g", "o"].map((gate) => [`${from}_${gate}`, `${inner}.${to}_${gate}`]),
    ),
  );

/** By the files of the cells of today. */
export const spellings: Readonly<Record<string, OldSpelling>> = {
  alif: { file: "49_alif", sizes: { I: 3, H: 4 }, states: { s1: "before.past" } },
  antisymmetric: { file: "30_antisymmetric", sizes: { I: 2, H: 3 } },
  cfc: {
    file: "23_cfc",
    sizes: { I: 2, B: 3, H: 2 },
    params: { W_1: "W_f", W_2: "W_g", W_ta: "W_a", W_tb: "W_t", b_1: "b_f", b_2: "b_g", b_ta: "b_a", b_tb: "b_t" },
    inputs: { ts: "elapsed" },
  },
  clockwork: {
    file: "19_clockwork",
    sizes: { I: 2, G: 3, K: 2 },
    params: { period: constant(1, 2, 4), mask: constant(1, 1, 1, 0, 1, 1, 0, 0, 1) },
  },
  cornn: { file: "26_cornn", sizes: { I: 2, H: 3 }, outputs: { out: "at" } },
  deltanet: { file: "08_deltanet", sizes: { I: 3, K: 2, V: 3 }, tolerance: 1e-4 },
  equaliser: {
    file: "61_biquad",
    sizes: { B: 1 },
    oldSizes: {},
    params: { f: "band.0.f", Q: "band.0.Q", gain: "band.0.gain" },
    outputs: { y: "out" },
    states: { z1: "band.0.z_1", z2: "band.0.z_2" },
  },
  esn: { file: "33_esn", sizes: { I: 2, H: 3, O: 2 } },
  exprnn: { file: "31_exprnn", sizes: { I: 2, H: 3 } },
  "fast-weights": { file: "37_fast_weights", sizes: { I: 2, H: 3 }, params: { g: "gain", o: "shift" } },
  fastgrnn: { file: "74_fastgrnn", sizes: { I: 3, H: 4, R: 2 } },
  garch: { file: "68_garch", sizes: {} },
  gla: { file: "77_gla", sizes: { I: 3, N: 2, K: 2, V: 3, R: 2 } },
  "gru-d": { file: "20_grud", sizes: { I: 2, H: 3 } },
  hawk: {
    file: "12_hawk",
    sizes: { D: 2, E: 3 },
    params: { K: oldestFirst("taps", 4), b_K: "b_c", Lambda: scaled("Lambda", -1) },
    states: { conv: oldestFirst("window.past", 4, 3) },
  },
  hgrn2: { file: "13_hgrn2", sizes: { I: 3, N: 2, D: 2 } },
  "holt-winters": {
    file: "67_holt_winters",
    sizes: { M: 3 },
    params: { l0: "level_0", b0: "trend_0" },
    states: { season: oldestFirst("season.past", 3) },
  },
  hopfield: { file: "36_hopfield", sizes: { D: 3, K: 2 }, runtime: { S: 3 } },
  householder: { file: "91_householder", sizes: { I: 2, H: 3, R: 3 }, oldSizes: { I: 2, H: 3 } },
  hyperlstm: { file: "45_hyperlstm", sizes: { I: 2, H: 2, K: 2, Z: 2 } },
  indylstm: { file: "52_indylstm", sizes: { I: 2, H: 3 } },
  izhikevich: { file: "88_izhikevich", sizes: { I: 2, H: 3 }, loudness: 40 },
  janet: { file: "55_janet", sizes: { I: 2, H: 3 }, states: { h: "c" } },
  lem: { file: "28_lem", sizes: { I: 2, H: 3 }, outputs: { out: "at" } },
  "linear-attention": { file: "11_linear_attention", sizes: { I: 3, K: 2, V: 3 } },
  "local-level": { file: "69_local_level", sizes: {} },
  mamba: {
    file: "03_mamba",
    sizes: { D: 2, E: 3, N: 2, R: 2 },
    params: { K: oldestFirst("taps", 4), b_K: "b_c" },
    states: { conv: oldestFirst("window.past", 4, 3) },
  },
  mlstm: { file: "02_mlstm", sizes: { I: 3, H: 2 } },
  "moog-ladder": {
    file: "63_moog_ladder",
    sizes: {},
    inputs: { res: "resonance" },
    states: { s: joined("stages", "before") },
  },
  "multiplicative-lstm": { file: "42_multiplicative_lstm", sizes: { I: 2, H: 3 } },
  nbrc: { file: "73_brc", sizes: { I: 2, H: 3 } },
  "nested-lstm": {
    file: "43_nested_lstm",
    sizes: { I: 2, H: 3 },
    params: gates("inner", { V: "W", R: "U", d: "b" }),
    states: { cc: "inner.c" },
  },
  "on-lstm": { file: "71_on_lstm", sizes: { I: 2, H: 3 }, params: { lower: constant(1, 0, 0, 1, 1, 0, 1, 1, 1) } },
  "phased-lstm": { file: "18_phased_lstm", sizes: { I: 2, H: 3 } },
  qrnn: {
    file: "15_qrnn",
    sizes: { I: 2, H: 3 },
    // The newest first, which was the last.
    params: Object.fromEntries(
      ["Z", "F", "O"].map((gate) => [
        gate,
        (params: Numbers) => {
          const W = [...params[`W_${gate.toLowerCase()}`]!];
          return [0, 4, 8].flatMap((row) => [...W.slice(row + 2, row + 4), ...W.slice(row, row + 2)]);
        },
      ]),
    ),
    states: { prev: oldestFirst("window.past", 2, 1) },
  },
  kalman: { file: "47_kalman", sizes: { N: 2, M: 1 }, oldSizes: { N: 2 }, params: { P0: constant(1, 0, 0, 1) } },
  lmu: { file: "34b_lmu_formula", sizes: { I: 2, N: 3, H: 2 } },
  lru: {
    file: "05_lru",
    sizes: { I: 2, N: 3, O: 2 },
    inputs: { x: "u" },
    params: {
      nu_log: "nu",
      theta_log: "theta",
      gamma_log: "gamma",
      B_re: "B.re",
      B_im: "B.im",
      C_re: "C.re",
      C_im: "C.im",
    },
    states: { re: "x.re", im: "x.im" },
  },
  ltc: {
    file: "22_ltc",
    sizes: { I: 2, H: 3 },
    params: { mask: sizesOfValues("wiring"), s_mask: sizesOfValues("senses") },
  },
  mogrifier: {
    file: "50_mogrifier",
    sizes: { I: 2, H: 3, K: 2 },
    params: gates("lstm", { W: "W", U: "U", b: "b" }),
    states: { h: "lstm.h", c: "lstm.c" },
  },
  ntm: {
    file: "38_ntm",
    sizes: { I: 2, H: 3, N: 4, M: 2, O: 2 },
    edit: (text) => text.replace("add(h))", "tanh(add(h)))"),
    params: {
      P_w: headOf("writer", "W"),
      b_w: headOf("writer", "b"),
      P_r: headOf("reader", "W"),
      b_r: headOf("reader", "b"),
      P_e: "erase.W",
      b_e: "erase.b",
      P_a: "add.W",
      b_a: "add.b",
    },
  },
  "ode-rnn": {
    file: "25_ode_rnn",
    sizes: { I: 2, H: 3, F: 2 },
    params: Object.fromEntries(
      ["W", "U", "b"].flatMap((kind) => ["r", "z", "n"].map((gate) => [`${kind}_${gate}`, `gru.${kind}_${gate}`])),
    ),
    states: { h: "gru.h" },
  },
  reverb: {
    file: "65_fdn_reverb",
    sizes: { A: 1, B: 2, C: 3, D: 4 },
    states: { da: "a.past", db: "b.past", dc: "c.past", dd: "d.past" },
  },
  mingru: { file: "14_minlstm", sizes: { I: 2, H: 3 }, params: { W_h: "W_n", b_h: "b_n" } },
  "conv-lstm": {
    file: "44_convlstm",
    // Pictures of one channel are the same wherever that is said.
    sizes: { Y: 2, X: 3, I: 1, F: 1, K: 3 },
    oldSizes: { C: 1, F: 1, H: 2, W: 3 },
    params: {
      K_x: joined("W_xi", "W_xf", "W_xc", "W_xo"),
      K_h: joined("W_hi", "W_hf", "W_hc", "W_ho"),
      b: joined("b_i", "b_f", "b_c", "b_o"),
      ...{ p_i: "w_ci", p_f: "w_cf", p_o: "w_co" },
    },
  },
  rhn: { file: "41_rhn", sizes: { I: 2, H: 3, L: 4 }, oldSizes: { I: 2, H: 3 } },
  rwkv7: { file: "07_rwkv7", sizes: { N: 2, D: 2, L: 2 } },
  s4d: {
    file: "04_s4d",
    sizes: { H: 2, N: 3 },
    params: { A_log_re: "log_a", A_im: "omega", C_re: "C.re", C_im: "C.im" },
    states: { re: "x.re", im: "x.im" },
  },
  "ttt-linear": { file: "53_ttt_linear", sizes: { I: 3, D: 3 } },
  "diode-clipper": { file: "64_diode_clipper", sizes: {}, tolerance: 1e-6 },
  "gated-deltanet": { file: "09_gated_deltanet", sizes: { I: 3, N: 2, K: 2, V: 3 }, tolerance: 1e-4 },
  retnet: {
    file: "10_retnet",
    sizes: { I: 3, N: 2, D: 2 },
    params: { gamma: constant(1 - 2 ** -5, 1 - 2 ** -6), theta: constant(1, 0.01) },
    states: { S: turnedRows },
  },
  rls: {
    file: "79_rls",
    sizes: { N: 3 },
    params: { eye: constant(1, 0, 0, 0, 1, 0, 0, 0, 1) },
    outputs: { err: "error" },
    states: { taps: "u.past" },
  },
  rwkv4: { file: "06_rwkv4", sizes: { D: 3, F: 4 } },
  s5: {
    file: "78_s5",
    sizes: { H: 2, N: 3 },
    params: { log_L_re: "log_re", L_im: "im", B_re: "B.re", B_im: "B.im", C_re: "C.re", C_im: "C.im" },
    states: { re: "x.re", im: "x.im" },
  },
  set2set: { file: "75_set2set", sizes: { D: 2 }, runtime: { S: 3 } },
  slstm: { file: "01_slstm", sizes: { I: 3, N: 2, D: 2 } },
  sru: { file: "16_sru", sizes: { H: 3 } },
  "stack-rnn": { file: "40_stack_rnn", sizes: { I: 2, H: 3, R: 2 } },
  titans: { file: "54_titans", sizes: { I: 3, D: 2, F: 3 }, params: { A0: "A_0", B0: "B_0" } },
  scornn: {
    file: "32_cayley",
    sizes: { I: 2, H: 3 },
    params: { Id: constant(1, 0, 0, 0, 1, 0, 0, 0, 1), D: "signs", V: "T" },
  },
  "zoneout-lstm": {
    file: "46_zoneout",
    sizes: { I: 2, H: 3 },
    // Where nothing is trained.
    inputs: { zone_h: 0.05, zone_c: 0.5, drop_x: 1, drop_h: 1 },
  },
  unicornn: { file: "27_unicornn", sizes: { I: 2, H: 3 }, outputs: { out: "at" } },
  "time-lstm": { file: "21_time_lstm", sizes: { I: 2, H: 3 }, inputs: { dt: "elapsed" } },
  ncp: {
    file: "24_ncp_cfc",
    sizes: { I: 2, S: 3, C: 2, M: 2 },
    params: Object.fromEntries(["inter", "command", "motor"].map((layer) => [`${layer}.mask`, `${layer}.wiring`])),
    inputs: { ts: "elapsed" },
  },
  lipschitz: { file: "29_lipschitz", sizes: { I: 2, H: 3 } },
  fru: { file: "35_fru", sizes: { I: 2, H: 3, F: 2, K: 2, R: 3 }, params: { freq: "f" }, states: { t: "step" } },
  "skip-rnn": {
    file: "51_skip_rnn",
    sizes: { I: 2, H: 3 },
    params: Object.fromEntries(
      ["W", "U", "b"].flatMap((kind) => ["r", "z", "n"].map((gate) => [`${kind}_${gate}`, `gru.${kind}_${gate}`])),
    ),
    outputs: { updated: "moved" },
    states: { p: "u_tilde" },
  },
  "window-attention": {
    file: "58_txl_window",
    sizes: { D: 3, K: 3 },
    params: { rel: oldestFirst("R", 3) },
    states: { keys: oldestFirst("keys.past", 3), vals: oldestFirst("values.past", 3), seen: undefined },
  },
  "pointer-generator": {
    file: "59_coverage_pointer",
    sizes: { E: 2, He: 3, H: 2, A: 2, V: 4 },
    runtime: { S: 3 },
  },
  srupp: {
    file: "17_srupp",
    sizes: { H: 3, D: 2, K: 3 },
    params: { W_u: joined("W_f", "W_r", "W_u") },
    states: { keys: oldestFirst("keys.past", 3), vals: oldestFirst("values.past", 3), seen: undefined },
  },
  pid: { file: "66_pid", sizes: { N: 2 }, states: { last: "last.past" } },
  plasticity: { file: "80_plasticity", sizes: { I: 2, H: 3 } },
  rkn: {
    file: "82_rkn",
    sizes: { M: 2, K: 3 },
    params: { B11: "B_11", B12: "B_12", B21: "B_21", B22: "B_22" },
  },
  egru: { file: "85_egru", sizes: { I: 2, H: 3 }, params: { th: "threshold" } },
  ligru: { file: "56_ligru", sizes: { I: 2, H: 3 }, params: { g_z: "gain_z", g_n: "gain_n" } },
  "bn-lstm": {
    file: "57_bn_lstm",
    sizes: { I: 2, H: 3 },
    params: {
      ...{ g_x: "gain_x", g_h: "gain_h", g_c: "gain_c", m_x: "mean_x", m_h: "mean_h", m_c: "mean_c" },
      ...{ v_x: "var_x", v_h: "var_h", v_c: "var_c" },
    },
  },
  "relational-memory": {
    file: "87_relational_memory",
    sizes: { I: 2, M: 2, D: 2, N: 2, F: 3 },
    params: {
      m0: constant(1, 0, 0, 0, 0, 1, 0, 0),
      ...{ g1: "gain_1", g2: "gain_2", o1: "shift_1", o2: "shift_2" },
      G_x: joined("G_i", "G_f"),
      G_m: joined("R_i", "R_f"),
    },
  },
  "hodgkin-huxley": {
    file: "89_hodgkin_huxley",
    sizes: {},
    params: { log_gNa: "log_g_Na", log_gK: "log_g_K", log_gL: "log_g_L" },
  },
  "sliding-dft": {
    file: "92_sliding_dft",
    sizes: { N: 3, K: 2 },
    params: { bins: constant(0, 1) },
    states: { re: "X.re", im: "X.im", line: "old.past" },
  },
  "neural-stack": {
    file: "93_neural_stack",
    sizes: { D: 2, N: 3 },
    params: { above: constant(0, 1, 1, 0, 0, 1, 0, 0, 0) },
    states: { vals: "values" },
  },
  compressor: { file: "97_compressor", sizes: {} },
  harmonics: {
    file: "98_ddsp_oscillator",
    sizes: { K: 3 },
    params: { number: constant(1, 2, 3) },
    inputs: { loud: "loudness" },
  },
  "quaternion-rnn": {
    file: "a1_quaternion_lstm",
    sizes: { I: 2, H: 2 },
    params: Object.fromEntries(
      ["W", "U"].flatMap((name) => ["r", "i", "j", "k"].map((part, i) => [name + part, quarter(name, i)])),
    ),
  },
  "complex-gru": {
    file: "a2_complex_gated",
    sizes: { I: 2, H: 3 },
    params: Object.fromEntries(
      ["W", "V", "U", "R"].flatMap((name) => ["re", "im"].map((part) => [`${name}_${part}`, `${name}.${part}`])),
    ),
    states: { re: "h.re", im: "h.im" },
  },
  kuramoto: { file: "a4_kuramoto", sizes: { N: 3, I: 2 } },
  dcrnn: { file: "a5_dcrnn", sizes: { N: 3, F: 2, H: 2 } },
  "s4-low-rank": { file: "a9_bilinear_ssm", sizes: { N: 3, I: 2 } },
};
