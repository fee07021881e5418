/**
 * Five published cells beside loops over arrays that say the same, as someone would write them by hand with care: buffers made once, rows in order.
 * Prints how long a step of each takes, forward over a sequence, in float32; then the table of published cells. `npm run bench:published`, or
 * `node dist/test/bench/published.js SECONDS` for each of them.
 */
import { cell } from "../../compiler/index.js";
import { measure } from "../../compiler/tools/bench/measure.js";
import { printPublishedTable } from "./published-table.js";

const steps = 100;

type Values = Readonly<Record<string, Float32Array>>;

interface Contest {
  readonly file: string;
  readonly cell: string;
  readonly sizes: Readonly<Record<string, number>>;
  /** Of the params a function that goes over a sequence of inputs, from the beginning, and writes the outputs. */
  readonly plain: (params: Values) => (inputs: Values, y: Float32Array) => void;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => (x > 30 ? x : Math.log1p(Math.exp(x)));

/** out = W v, where `v` begins at a place of its array. */
function product(W: Float32Array, v: Float32Array, at: number, width: number, out: Float32Array): void {
  for (let i = 0, w = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += W[w++]! * v[at + j]!;
    out[i] = sum;
  }
}

const deltaNet = (I: number, K: number, V: number): Contest => ({
  file: "deltanet",
  cell: "DeltaNet",
  sizes: { I, K, V },
  plain: ({ W_q, W_k, W_v, w_b }) => {
    const [q, k, v, S] = [K, K, V, V * K].map((size) => new Float32Array(size)) as [Float32Array, Float32Array, Float32Array, Float32Array]; // prettier-ignore
    const direct = (u: Float32Array): void => {
      let squares = 0;
      for (let i = 0; i < K; i++) squares += (u[i] = u[i]! * sigmoid(u[i]!)) ** 2;
      const size = Math.max(Math.sqrt(squares), 1e-6);
      for (let i = 0; i < K; i++) u[i] = u[i]! / size;
    };
    return ({ x }, y) => {
      S.fill(0);
      for (let t = 0; t < steps; t++) {
        product(W_q!, x!, t * I, I, q);
        product(W_k!, x!, t * I, I, k);
        product(W_v!, x!, t * I, I, v);
        direct(q);
        direct(k);
        let b = 0;
        for (let i = 0; i < I; i++) b += w_b![i]! * x![t * I + i]!;
        const beta = sigmoid(b);
        for (let i = 0; i < V; i++) {
          let known = 0;
          for (let j = 0; j < K; j++) known += S[i * K + j]! * k[j]!;
          const change = beta * (v[i]! * sigmoid(v[i]!) - known);
          let read = 0;
          for (let j = 0; j < K; j++) read += (S[i * K + j] = S[i * K + j]! + change * k[j]!) * q[j]!;
          y[t * V + i] = read;
        }
      }
    };
  },
});

const lru = (I: number, N: number, O: number): Contest => ({
  file: "lru",
  cell: "LRU",
  sizes: { I, N, O },
  plain: (params) => {
    const { nu, theta, gamma, D } = params;
    const [B_re, B_im, C_re, C_im] = ["B.re", "B.im", "C.re", "C.im"].map((name) => params[name]!) as [Float32Array, Float32Array, Float32Array, Float32Array]; // prettier-ignore
    const [L_re, L_im, g, re, im, u_re, u_im] = Array.from({ length: 7 }, () => new Float32Array(N)) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array]; // prettier-ignore
    for (let n = 0; n < N; n++) {
      const r = Math.exp(-Math.exp(nu![n]!));
      L_re[n] = r * Math.cos(Math.exp(theta![n]!));
      L_im[n] = r * Math.sin(Math.exp(theta![n]!));
      g[n] = Math.exp(gamma![n]!);
    }
    return ({ u }, y) => {
      re.fill(0);
      im.fill(0);
      for (let t = 0; t < steps; t++) {
        product(B_re, u!, t * I, I, u_re);
        product(B_im, u!, t * I, I, u_im);
        for (let n = 0; n < N; n++) {
          const next = L_re[n]! * re[n]! - L_im[n]! * im[n]! + g[n]! * u_re[n]!;
          im[n] = L_re[n]! * im[n]! + L_im[n]! * re[n]! + g[n]! * u_im[n]!;
          re[n] = next;
        }
        for (let o = 0; o < O; o++) {
          let sum = 0;
          for (let n = 0; n < N; n++) sum += C_re[o * N + n]! * re[n]! - C_im[o * N + n]! * im[n]!;
          for (let i = 0; i < I; i++) sum += D![o * I + i]! * u![t * I + i]!;
          y[t * O + o] = sum;
        }
      }
    };
  },
});

const slstm = (I: number, N: number, D: number): Contest => ({
  file: "slstm",
  cell: "SLSTM",
  sizes: { I, N, D },
  plain: (params) => {
    const H = N * D;
    const gates = ["z", "i", "f", "o"];
    const own = gates.map(() => new Float32Array(H));
    const [h, c, n, m] = gates.map(() => new Float32Array(H)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    return ({ x }, y) => {
      for (const state of [h, c, n]) state.fill(0);
      m.fill(-Infinity);
      for (let t = 0; t < steps; t++) {
        gates.forEach((gate, k) => {
          const [W, R, b] = ["W", "R", "b"].map((name) => params[`${name}_${gate}`]!) as [Float32Array, Float32Array, Float32Array]; // prettier-ignore
          const out = own[k]!;
          product(W, x!, t * I, I, out);
          for (let i = 0; i < H; i++) {
            const head = i - (i % D);
            let sum = out[i]! + b[i]!;
            for (let j = 0; j < D; j++) sum += R[i * D + j]! * h[head + j]!;
            out[i] = sum;
          }
        });
        const [z, i, f, o] = own as [Float32Array, Float32Array, Float32Array, Float32Array];
        for (let j = 0; j < H; j++) {
          const kept = m[j]! - softplus(-f[j]!);
          m[j] = Math.max(kept, i[j]!);
          const [write, keep] = [Math.exp(i[j]! - m[j]!), Math.exp(kept - m[j]!)];
          c[j] = keep * c[j]! + write * Math.tanh(z[j]!);
          n[j] = keep * n[j]! + write;
          y[t * H + j] = h[j] = (sigmoid(o[j]!) * c[j]!) / n[j]!;
        }
      }
    };
  },
});

const peak: Contest = {
  file: "biquad",
  cell: "Peak",
  sizes: {},
  plain: ({ f, Q, gain }) => {
    const w = (2 * Math.PI * f![0]!) / 44100;
    const A = 10 ** (gain![0]! / 40);
    const alpha = Math.sin(w) / (2 * Q![0]!);
    const a_0 = 1 + alpha / A;
    const [a_1, a_2] = [(-2 * Math.cos(w)) / a_0, (1 - alpha / A) / a_0];
    const [b_0, b_2] = [(1 + alpha * A) / a_0, (1 - alpha * A) / a_0];
    return ({ x }, y) => {
      let [z_1, z_2] = [0, 0];
      for (let t = 0; t < steps; t++) {
        const now = x![t]!;
        const u = b_0 * now + z_1;
        z_1 = a_1 * (now - u) + z_2;
        z_2 = b_2 * now - a_2 * u;
        y[t] = u;
      }
    };
  },
};

const qrnn = (I: number, H: number): Contest => ({
  file: "qrnn",
  cell: "QRNN",
  sizes: { I, H },
  plain: ({ W_z, W_f, W_o, b_z, b_f, b_o }) => {
    const window = new Float32Array(2 * I);
    const [z, f, o, c] = Array.from({ length: 4 }, () => new Float32Array(H)) as [Float32Array, Float32Array, Float32Array, Float32Array]; // prettier-ignore
    return ({ x }, y) => {
      window.fill(0);
      c.fill(0);
      for (let t = 0; t < steps; t++) {
        window.copyWithin(I, 0, I);
        for (let i = 0; i < I; i++) window[i] = x![t * I + i]!;
        product(W_z!, window, 0, 2 * I, z);
        product(W_f!, window, 0, 2 * I, f);
        product(W_o!, window, 0, 2 * I, o);
        for (let j = 0; j < H; j++) {
          const keep = sigmoid(f[j]! + b_f![j]!);
          c[j] = keep * c[j]! + (1 - keep) * Math.tanh(z[j]! + b_z![j]!);
          y[t * H + j] = sigmoid(o[j]! + b_o![j]!) * c[j]!;
        }
      }
    };
  },
});

const seconds = Number(process.argv[2] ?? 4);

for (const { file, cell: name, sizes, plain } of [
  deltaNet(64, 64, 64),
  lru(64, 64, 64),
  slstm(64, 4, 16),
  qrnn(64, 64),
  peak,
]) {
  const { instantiate, manifest } = await cell(`import { ${name} } from "std/${file}"\n`, { cell: name, dimensions: sizes, gradient: false }); // prettier-ignore
  const instance = instantiate({ batch: 1, steps });
  instance.init(1);
  const inputs = Object.fromEntries(
    manifest.inputs.map(({ name: input, shape }) => {
      const length = steps * shape.reduce<number>((all, axis) => all * Number(axis), 1);
      return [input, Float32Array.from({ length }, (_, i) => Math.sin(1.3 * i))];
    }),
  );
  const [own] = Object.values(instance.forward(inputs)) as [Float32Array];
  const wanted = Float32Array.from(own);
  const y = new Float32Array(own.length);
  // Copies: those of the instance lie in its memory.
  const params = Object.fromEntries(
    Object.entries(instance.params).map(([param, values]) => [param, Float32Array.from(values)]),
  );
  const loop = plain(params);
  loop(inputs, y);
  const off = y.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
  instance.freeze();
  // In turns, and long enough for the engine to have made its best code of both.
  const contestants = [
    { name: "recell", run: () => instance.forward(inputs) },
    { name: "by hand", run: () => loop(inputs, y) },
  ];
  const [recell, byHand] = (await measure(contestants, { seconds })).map(({ minimum }) => 1000 * minimum) as [number, number]; // prettier-ignore
  const ratio = (byHand / recell).toFixed(1);
  console.log(`${name}: ${(recell / steps).toFixed(0)} ns a step, plain loops ${(byHand / steps).toFixed(0)} ns, ${ratio} times as long; values differ by ${off.toExponential(1)}`); // prettier-ignore
}

console.log("");
await printPublishedTable(seconds, (line) => console.log(line));
