/**
 * TensorFlow.js with its WebAssembly backend, on one thread. The input projection is one product over all steps. Slicing
 * copies whole tensors, so steps are unstacked once.
 */
import { cells } from "../cells.js";
import { stepCount } from "../data.js";
import { fromColumns, toColumns } from "../layouts.js";
import type { Workload } from "../workloads.js";
import { loadPackage, packageVersion } from "./packages.js";
import type { Contender, Peer, Tensors } from "./peer.js";

interface Tensor {
  dataSync(): Float32Array;
  dispose(): void;
}

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(data: Float32Array, shape: readonly number[]): Tensor;
  zeros(shape: readonly number[]): Tensor;
  scalar(value: number): Tensor;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly matMul: (a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean) => Tensor;
  readonly transpose: Unary;
  readonly sigmoid: Unary;
  readonly tanh: Unary;
  readonly square: Unary;
  readonly rsqrt: Unary;
  readonly sum: Unary;
  mean(x: Tensor, axis: number, keepDims: boolean): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  split(x: Tensor, parts: number, axis: number): Tensor[];
  stack(list: readonly Tensor[], axis: number): Tensor;
  unstack(x: Tensor, axis: number): Tensor[];
  concat(list: readonly Tensor[], axis: number): Tensor;
  basicLSTMCell(forgetBias: Tensor, kernel: Tensor, bias: Tensor, x: Tensor, c: Tensor, h: Tensor): [Tensor, Tensor];
  tidy<Result>(action: () => Result): Result;
  keep(x: Tensor): Tensor;
  grads(f: (...inputs: Tensor[]) => Tensor): (inputs: readonly Tensor[]) => Tensor[];
  customGrad(
    f: (...inputs: [Tensor, Tensor, (list: Tensor[]) => void]) => {
      value: Tensor;
      gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[];
    },
  ): Binary;
}

interface WasmBackend {
  setThreadsCount(count: number): void;
}

type Named = Readonly<Record<string, Tensor>>;
type State = readonly Tensor[];

/** One step of a cell from its part of the input projection. */
type Step = (state: State, projected: Tensor) => State;

const packages = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"] as const;

/** Products whose derivatives transpose first: as options of a product, transposes take 13 times as long. */
function differentiableProduct(tf: Tf): Binary {
  return tf.customGrad((a, b, save) => {
    save([a, b]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => [
      tf.matMul(dy, tf.transpose(saved[1]!)),
      tf.matMul(tf.transpose(saved[0]!), dy),
    ];
    return { value: tf.matMul(a, b), gradFunc };
  });
}

function stepOf(tf: Tf, { cell, H }: Workload, weights: Named, product: Binary): Step {
  const { add, sub, mul, sigmoid, tanh } = tf;
  const { U = missing(), bn, gain, bias, gain_c: gainC, bias_c: biasC } = weights;
  const norm = (v: Tensor, g: Tensor, b: Tensor): Tensor => {
    const d = sub(v, tf.mean(v, -1, true));
    const scale = tf.rsqrt(add(tf.mean(tf.square(d), -1, true), tf.scalar(1e-5)));
    return add(mul(mul(d, scale), g), b);
  };
  switch (cell) {
    case "rnn":
      return ([h = missing()], projected) => [tanh(add(product(h, U), projected))];
    case "lstm":
      return ([h = missing(), c = missing()], projected) => {
        const [i, f, g, o] = tf.split(add(product(h, U), projected), 4, 1) as [Tensor, Tensor, Tensor, Tensor];
        const memory = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
        return [mul(sigmoid(o), tanh(memory)), memory];
      };
    case "gru":
      return ([h = missing()], projected) => {
        const [xr, xz, xn] = tf.split(projected, 3, 1) as [Tensor, Tensor, Tensor];
        const [hr, hz, hn] = tf.split(product(h, U), 3, 1) as [Tensor, Tensor, Tensor];
        const n = tanh(add(xn, mul(sigmoid(add(xr, hr)), add(hn, bn ?? missing()))));
        return [add(n, mul(sigmoid(add(xz, hz)), sub(h, n)))];
      };
    case "mgu": {
      const [Uf, Un] = tf.split(U, 2, 1) as [Tensor, Tensor];
      return ([h = missing()], projected) => {
        const [xf, xn] = tf.split(projected, 2, 1) as [Tensor, Tensor];
        const f = sigmoid(add(product(h, Uf), xf));
        const n = tanh(add(product(mul(f, h), Un), xn));
        return [add(h, mul(f, sub(n, h)))];
      };
    }
    case "layernorm-lstm": {
      const gains = tf.reshape(gain ?? missing(), [1, 4, H]);
      const biases = tf.reshape(bias ?? missing(), [1, 4, H]);
      return ([h = missing(), c = missing()], projected) => {
        const sums = tf.reshape(add(product(h, U), projected), [-1, 4, H]);
        const [i, f, g, o] = tf.unstack(norm(sums, gains, biases), 1) as [Tensor, Tensor, Tensor, Tensor];
        const memory = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
        return [mul(sigmoid(o), tanh(norm(memory, gainC ?? missing(), biasC ?? missing()))), memory];
      };
    }
  }
}

function missing(): never {
  throw new Error("a weight or state is missing");
}

/** All hidden states `[B, T, H]`, and the last state. */
function sequence(tf: Tf, workload: Workload, weights: Named, x: Tensor, product: Binary): [Tensor, ...Tensor[]] {
  const { cell, I, H, B, T } = workload;
  const { gates, states } = cells[cell];
  const step = stepOf(tf, workload, weights, product);
  const flat = tf.add(product(tf.reshape(x, [B * T, I]), weights["W"]!), weights["b"]!);
  const projected = tf.unstack(tf.reshape(flat, [B, T, gates * H]), 1);
  let state: State = states.map(() => tf.zeros([B, H]));
  const outputs = projected.map((part) => {
    state = step(state, part);
    return state[0]!;
  });
  return [tf.stack(outputs, 1), ...state];
}

/** The library's own LSTM cell: nothing hoisted, but fewer operations per step. */
function basicLstm(tf: Tf, { H, B }: Workload, weights: Named, x: Tensor): [Tensor, ...Tensor[]] {
  const kernel = tf.concat([weights["W"]!, weights["U"]!], 0);
  const forgetBias = tf.scalar(0);
  let [c, h] = [tf.zeros([B, H]), tf.zeros([B, H])];
  const outputs = tf.unstack(x, 1).map((part) => {
    // It has its gates in the order i, g, f, o.
    [c, h] = tf.basicLSTMCell(forgetBias, kernel, weights["b"]!, part, c, h);
    return h;
  });
  return [tf.stack(outputs, 1), h, c];
}

function forwardContender(
  tf: Tf,
  workload: Workload,
  x: Float32Array,
  variant: string,
  compute: (x: Tensor) => Tensor[],
): Contender {
  const { cell, I, B, T } = workload;
  const run = (): Float32Array[] => tf.tidy(() => compute(tf.tensor(x, [B, T, I])).map((out) => out.dataSync()));
  const results = (): Tensors => {
    const [y = new Float32Array(), ...last] = run();
    return { y, ...Object.fromEntries(cells[cell].states.map((name, i) => [name, last[i]!])) };
  };
  return { variant, run, results };
}

function stepContender(tf: Tf, workload: Workload, weights: Named, x: Float32Array): Contender {
  const { cell, I, H } = workload;
  const { states } = cells[cell];
  const step = stepOf(tf, workload, weights, tf.matMul);
  const zeros = (): State => states.map(() => tf.zeros([1, H]));
  let state = zeros();
  let at = 0;
  const run = (): Float32Array => {
    const before = state;
    const input = x.subarray(at * I, (at + 1) * I);
    state = tf.tidy(() => {
      const projected = tf.add(tf.matMul(tf.tensor(input, [1, I]), weights["W"]!), weights["b"]!);
      return step(before, projected).map((next) => tf.keep(next));
    });
    for (const old of before) old.dispose();
    at = (at + 1) % stepCount;
    return state[0]!.dataSync();
  };
  const results = (): Tensors => {
    state = zeros();
    at = 0;
    const y = new Float32Array(stepCount * H);
    for (let i = 0; i < stepCount; i++) y.set(run(), i * H);
    return { y };
  };
  return { variant: "operations", run, results };
}

function gradientContender(tf: Tf, workload: Workload, weights: Named, x: Float32Array): Contender {
  const { I, B, T } = workload;
  const names = Object.keys(weights);
  const product = differentiableProduct(tf);
  const gradients = tf.grads((...list) => {
    const named = Object.fromEntries(names.map((name, i) => [name, list[i]!]));
    // The inputs are the last.
    const [y] = sequence(tf, workload, named, list[names.length]!, product);
    return tf.mul(tf.sum(tf.square(y)), tf.scalar(1 / (B * T)));
  });
  const values = Object.values(weights);
  const run = (): Float32Array[] =>
    tf.tidy(() =>
      gradients([...values, tf.tensor(x, [B, T, I])])
        .slice(0, names.length)
        .map((out) => out.dataSync()),
    );
  const results = (): Tensors => {
    const found = run();
    return fromColumns(workload, Object.fromEntries(names.map((name, i) => [name, found[i]!])));
  };
  return { variant: "operations", run, results };
}

export const tfjsWasm: Peer = {
  name: "tfjs-wasm",
  title: "tfjs wasm",
  native: false,
  async load() {
    const tf = loadPackage(packages[0]) as Tf;
    (loadPackage(packages[1]) as WasmBackend).setThreadsCount(1);
    if (!(await tf.setBackend("wasm"))) throw new Error("its WebAssembly backend does not start");
    await tf.ready();
    return packageVersion(packages[0]);
  },
  prepare: (workload, data) => {
    const tf = loadPackage(packages[0]) as Tf;
    const load = (weights: typeof data.weights): Named =>
      Object.fromEntries(
        Object.entries(toColumns(workload, weights)).map(([name, matrix]) => [
          name,
          tf.tensor(matrix.data, matrix.shape),
        ]),
      );
    const weights = load(data.weights);
    const { kind, cell } = workload;
    if (kind === "step") return Promise.resolve([stepContender(tf, workload, weights, data.x)]);
    if (kind === "gradient") return Promise.resolve([gradientContender(tf, workload, weights, data.x)]);
    const own = forwardContender(tf, workload, data.x, "operations", (x) =>
      sequence(tf, workload, weights, x, tf.matMul),
    );
    if (cell !== "lstm") return Promise.resolve([own]);
    const swapped = load(
      Object.fromEntries(
        Object.entries(data.weights).map(([name, values]) => {
          const quarter = (gate: number): number[] => [
            ...values.subarray((gate * values.length) / 4, ((gate + 1) * values.length) / 4),
          ];
          return [name, Float32Array.from([0, 2, 1, 3].flatMap(quarter))];
        }),
      ),
    );
    const basic = forwardContender(tf, workload, data.x, "basicLSTMCell", (x) => basicLstm(tf, workload, swapped, x));
    return Promise.resolve([own, basic]);
  },
};
