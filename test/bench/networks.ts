/** Networks that are timed: what each is, its work, and what the best peer that is no native code took for it. */

export interface NetworkWork {
  /** `N1`, …; the network in its text has this name. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly batch: number;
  /** Of run-time dimensions. */
  readonly sizes: Readonly<Record<string, number>>;
  /** `gradient`: loss and gradients of all params in one call. */
  readonly kind: "forward" | "gradient";
  /** Of the matrix products that the work needs, multiplications and additions; those by data inputs are none of them. */
  readonly products: number;
  readonly peer: {
    readonly name: string;
    /** The median of a call on one Zen 4 core whose registers multiply and add `zen4` operations in a second. */
    readonly milliseconds: number;
  };
  /** Our time as a share of the peer's. */
  readonly atMost: number;
}

/** Single precision in registers of the machine that the peers were timed on, with 128 bits, multiplying and adding. */
export const zen4 = 58.5e9;

const files = { LSTM: "lstm", GRU: "gru", Bidirectional: "network", Linear: "network", cross_entropy: "losses" };

/** A text, and in front of it imports of what it uses of the library. */
function using(names: readonly (keyof typeof files)[], text: string): string {
  return [...names.map((name) => `import { ${name} } from "std/${files[name]}"`), text].join("\n");
}

/** What a GRU has, for cells whose input \`x\` is made of the state before. */
const gru = `
  param W_r, W_z, W_n: [H, E + H] ~ uniform(1 / sqrt(H))
  param U_r, U_z, U_n: [H, H] ~ uniform(1 / sqrt(H))
  param b_r, b_z, b_n, c_n: [H] ~ uniform(1 / sqrt(H))
  r = sigmoid(W_r @ x + U_r @ h + b_r)
  z = sigmoid(W_z @ x + U_z @ h + b_z)
  n = tanh(W_n @ x + b_n + r * (U_n @ h + c_n))
  h' = (1 - z) * n + z * h
  output y = h'`;

const convLstm = `
cell ConvLSTM(Y, X, I, F) {
  input x: [Y, X, I]
  state h, c: [Y, X, F]
  param W: [4 * F, I, 3, 3]
  param U: [4 * F, F, 3, 3]
  param b: [4 * F]
  a = conv(x, W, pad = same) + conv(h, U, pad = same) + b
  i = sigmoid(a[:, :, :F])
  f = sigmoid(a[:, :, F:2 * F])
  g = tanh(a[:, :, 2 * F:3 * F])
  o = sigmoid(a[:, :, 3 * F:])
  c' = f * c + i * g
  h' = o * tanh(c')
  output y = h'
}
`;

const tower = `
  input x: [T, I]
  use low = Bidirectional(LSTM, I, H)
  use high = Bidirectional(LSTM, 2 * H, H)`;

/** Multiplications and additions of `rows` times a matrix. */
const matrix = (rows: number, ...sides: readonly number[]): number => sides.reduce((all, side) => all * side, 2 * rows);

const towerForward = 2 * (matrix(8 * 64, 512, 64 + 128) + matrix(8 * 64, 512, 256 + 128));
const towerBackward = 2 * towerForward - 2 * matrix(8 * 64, 512, 64);
const convolution = matrix(4 * 10 * 16 * 16, 64, 9 * 16);
const decoderStep =
  matrix(16, 128, 128) + 2 * matrix(16, 20, 128) + matrix(16, 384, 64 + 128 + 128) + matrix(16, 40, 128);
const encoderForward = matrix(16 * 20, 384, 64 + 128) + matrix(16 * 20, 128, 128);

export const networkWorks: readonly NetworkWork[] = [
  {
    id: "N1",
    title: "two bidirectional LSTM layers 64/128 B8 T64, forward",
    text: using(["LSTM", "Bidirectional"], `network N1(I, H; T) {${tower}\n  output y = high(low(x))\n}`),
    dimensions: { I: 64, H: 128 },
    batch: 8,
    sizes: { T: 64 },
    kind: "forward",
    products: towerForward,
    peer: { name: "onnxruntime-web, LSTM nodes", milliseconds: 25.3 },
    atMost: 0.65,
  },
  {
    id: "N2",
    title: "N1 with a read-out to 10 classes, training step",
    text: using(
      ["LSTM", "Bidirectional", "Linear", "cross_entropy"],
      `network N2(I, H, C; T) {
  input target: index(C)[T]${tower}
  use read = Linear(2 * H, C)
  loss = sum(cross_entropy(read(high(low(x))), target)) per T
}`,
    ),
    dimensions: { I: 64, H: 128, C: 10 },
    batch: 8,
    sizes: { T: 64 },
    kind: "gradient",
    products: towerForward + towerBackward + 3 * matrix(8 * 64, 10, 256),
    peer: { name: "jax-js 0.1.25", milliseconds: 344 },
    atMost: 0.24,
  },
  {
    id: "N3",
    title: "character model, two LSTM layers 128, B32 T64, training step",
    text: using(
      ["LSTM", "Linear", "cross_entropy"],
      `network N3(V, E, H; T) {
  input text, target: index(V)[T]
  param table: [V, E] ~ normal(0.1)
  use low = LSTM(E, H)
  use high = LSTM(H, H)
  use read = Linear(H, V)
  loss = sum(cross_entropy(read(high(low(table[text]))), target)) per T
}`,
    ),
    dimensions: { V: 96, E: 64, H: 128 },
    batch: 32,
    sizes: { T: 64 },
    kind: "gradient",
    products: 3 * (matrix(32 * 64, 512, 64 + 128) + matrix(32 * 64, 512, 128 + 128) + matrix(32 * 64, 96, 128)),
    peer: { name: "jax-js 0.1.25", milliseconds: 322 },
    atMost: 0.38,
  },
  {
    id: "N4",
    title: "translator with additive attention, GRU 128, S20 T20 B16, training step",
    text: using(
      ["GRU", "Linear", "cross_entropy"],
      `cell Decoder(E, H, A) {
  input word: [E]
  context memory: [S, H]
  context key: [S, A]
  state h: [H]
  param W: [A, H] ~ uniform(1 / sqrt(H))
  param v: [A] ~ uniform(1 / sqrt(A))
  alpha = softmax(tanh(key + W @ h) @ v)
  x = concat(word, alpha @ memory)${gru}
}
network N4(V, E, H, A; S >= 1, T) {
  input source: index(V)[S]
  input target: index(V)[T]
  param from, to: [V, E] ~ normal(0.1)
  param U: [A, H] ~ uniform(1 / sqrt(H))
  use encode = GRU(E, H)
  use decode = Decoder(E, H, A)
  use read = Linear(H, V)
  memory = encode(from[source])
  key[s] = U @ memory[s]
  y = decode(to[before(target, 0)], memory, key, h = memory.h')
  loss = sum(cross_entropy(read(y), target)) per T
}`,
    ),
    dimensions: { V: 40, E: 64, H: 128, A: 128 },
    batch: 16,
    sizes: { S: 20, T: 20 },
    kind: "gradient",
    // A score is a sum over v, whose gradient by what is summed is no sum.
    products: 3 * (encoderForward + 20 * decoderStep) - 20 * matrix(16, 20, 128),
    peer: { name: "jax-js 0.1.25", milliseconds: 75.8 },
    atMost: 0.3,
  },
  {
    id: "N5",
    title: "ConvLSTM 3×3, 16 to 16 channels of 16×16, B4 T10, forward",
    text: `${convLstm}network N5(Y, X, I, F; T) {\n  input x: [T, Y, X, I]\n  use rnn = ConvLSTM(Y, X, I, F)\n  output y = rnn(x)\n}`,
    dimensions: { Y: 16, X: 16, I: 16, F: 16 },
    batch: 4,
    sizes: { T: 10 },
    kind: "forward",
    products: 2 * convolution,
    peer: { name: "onnxruntime-web, Conv nodes unrolled", milliseconds: 17.5 },
    atMost: 0.75,
  },
  {
    id: "N6",
    title: "greedy decoding of 50 steps, GRU 128 with dot attention over S20, B1",
    text: using(
      ["Linear"],
      `cell Decoder(E, H) {
  input word: [E]
  context memory: [S, H]
  state h: [H]
  alpha = softmax(memory @ h)
  x = concat(word, alpha @ memory)${gru}
}
network N6(V, E, H; S >= 1, N) {
  input memory: [S, H]
  input start: [H]
  param table: [V, E] ~ normal(0.1)
  use decode = Decoder(E, H)
  use read = Linear(H, V)
  logits = read(decode(table[before(said, 0)], memory, h = start))
  output said[n < N] = argmax(logits[n])
}`,
    ),
    dimensions: { V: 40, E: 64, H: 128 },
    batch: 1,
    sizes: { S: 20, N: 50 },
    kind: "forward",
    products: 50 * (2 * matrix(1, 20, 128) + matrix(1, 384, 64 + 128 + 128) + matrix(1, 40, 128)),
    peer: { name: "onnxruntime-web, a call per step", milliseconds: 15.5 },
    atMost: 0.08,
  },
  {
    id: "N7",
    title: "N5, training step, mean of h²",
    text: `${convLstm}network N7(Y, X, I, F; T) {
  input x: [T, Y, X, I]
  use rnn = ConvLSTM(Y, X, I, F)
  y = rnn(x)
  loss = sum(y * y, axis = [0, 1, 2, 3]) per T * Y * X * F
}`,
    dimensions: { Y: 16, X: 16, I: 16, F: 16 },
    batch: 4,
    sizes: { T: 10 },
    kind: "gradient",
    products: 5 * convolution,
    peer: { name: "tfjs wasm, gradient by hand", milliseconds: 123 },
    atMost: 0.4,
  },
];
