/**
 * jax-js with its WebAssembly backend. It has no scan, so the recurrence is unrolled and compiled as one function; the
 * input projection is one product over all steps. There are several ways to the gates of a product; forward, slices were
 * always the fastest, but their derivative pads. Every use of an array ends its life, but for `ref`.
 */
import { cells } from "../cells.js";
import { stepCount } from "../data.js";
import { fromColumns, toColumns } from "../layouts.js";
import type { Workload } from "../workloads.js";
import { loadPackage, packageVersion } from "./packages.js";
import type { Contender, Peer, Tensors } from "./peer.js";

interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  slice(...index: readonly unknown[]): JaxArray;
  dataSync(): Float32Array;
  dispose(): void;
}

interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): string;
  jit<F>(f: F): F;
  grad<Weights>(f: (weights: Weights, x: JaxArray) => JaxArray): (weights: Weights, x: JaxArray) => Weights;
  readonly nn: { sigmoid(x: JaxArray): JaxArray };
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    dot(a: JaxArray, b: JaxArray): JaxArray;
    tanh(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    square(x: JaxArray): JaxArray;
    reciprocal(x: JaxArray): JaxArray;
    mean(x: JaxArray, axis: number, options: { readonly keepdims: boolean }): JaxArray;
    sum(x: JaxArray): JaxArray;
    stack(list: readonly JaxArray[], axis: number): JaxArray;
    split(x: JaxArray, parts: number, axis: number): JaxArray[];
  };
}

type Named = Readonly<Record<string, JaxArray>>;
type State = readonly JaxArray[];
type Step = (state: State, projected: JaxArray) => State;

const packageName = "@jax-js/jax";

/** From the state to the gates: by slices of one product, which are fused but read twice, by splitting it, or apart. */
const ways = ["slices", "split", "a product per gate"] as const;
type Way = (typeof ways)[number];

/** Copies of the references, for a use that ends their lives. */
const refs = (weights: Named): Named =>
  Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, array.ref]));

function disposeAll(list: Named): void {
  for (const array of Object.values(list)) array.dispose();
}

/** One step of a cell; it leaves the weights alive. */
function stepOf({ numpy: np, nn }: Jax, { cell, H }: Workload, weights: Named, way: Way): Step {
  /** Numbers with the gates in columns, gate by gate. */
  const gatesOf = (all: JaxArray, count: number): JaxArray[] =>
    way === "split"
      ? np.split(all, count, 1)
      : Array.from({ length: count }, (_, k) => (k + 1 < count ? all.ref : all).slice([], [k * H, (k + 1) * H]));
  const U = (): JaxArray => weights["U"]!.ref;
  const products = (h: JaxArray, count: number): JaxArray[] => {
    if (way !== "a product per gate") return gatesOf(np.dot(h, U()), count);
    return gatesOf(U(), count).map((part, k) => np.dot(k + 1 < count ? h.ref : h, part));
  };
  /** The gates before their activations. */
  const sums = (h: JaxArray, projected: JaxArray, count: number): JaxArray[] => {
    if (way !== "a product per gate") return gatesOf(np.dot(h, U()).add(projected), count);
    const inputs = gatesOf(projected, count);
    return products(h, count).map((product, k) => product.add(inputs[k]!));
  };
  const norm = (v: JaxArray, gain: JaxArray, bias: JaxArray): JaxArray => {
    const d = v.ref.sub(np.mean(v, -1, { keepdims: true }));
    const variance = np.mean(np.square(d.ref), -1, { keepdims: true });
    return d
      .mul(np.reciprocal(np.sqrt(variance.add(1e-5))))
      .mul(gain)
      .add(bias);
  };
  const lstmTail = (gates: readonly JaxArray[], c: JaxArray): [o: JaxArray, memory: JaxArray] => {
    const [i, f, g, o] = gates as [JaxArray, JaxArray, JaxArray, JaxArray];
    return [
      nn.sigmoid(o),
      nn
        .sigmoid(f)
        .mul(c)
        .add(nn.sigmoid(i).mul(np.tanh(g))),
    ];
  };
  switch (cell) {
    case "rnn":
      return ([h], projected) => [np.tanh(np.dot(h!, U()).add(projected))];
    case "lstm":
      return ([h, c], projected) => {
        const [o, memory] = lstmTail(sums(h!, projected, 4), c!);
        return [o.mul(np.tanh(memory.ref)), memory];
      };
    case "gru":
      return ([h], projected) => {
        const [xr, xz, xn] = gatesOf(projected, 3) as [JaxArray, JaxArray, JaxArray];
        const [hr, hz, hn] = products(h!.ref, 3) as [JaxArray, JaxArray, JaxArray];
        const n = np.tanh(xn.add(nn.sigmoid(xr.add(hr)).mul(hn.add(weights["bn"]!.ref))));
        return [n.ref.add(nn.sigmoid(xz.add(hz)).mul(h!.sub(n)))];
      };
    case "mgu":
      return ([h], projected) => {
        const [xf, xn] = gatesOf(projected, 2) as [JaxArray, JaxArray];
        const [Uf, Un] = gatesOf(U(), 2) as [JaxArray, JaxArray];
        const f = nn.sigmoid(np.dot(h!.ref, Uf).add(xf));
        const n = np.tanh(np.dot(f.ref.mul(h!.ref), Un).add(xn));
        return [h!.ref.add(f.mul(n.sub(h!)))];
      };
    case "layernorm-lstm":
      return ([h, c], projected) => {
        const gain = weights["gain"]!.ref.reshape([1, 4, H]);
        const bias = weights["bias"]!.ref.reshape([1, 4, H]);
        const normal = norm(np.dot(h!, U()).add(projected).reshape([-1, 4, H]), gain, bias);
        const gates = [0, 1, 2, 3].map((k) => (k < 3 ? normal.ref : normal).slice([], k));
        const [o, memory] = lstmTail(gates, c!);
        return [o.mul(np.tanh(norm(memory.ref, weights["gain_c"]!.ref, weights["bias_c"]!.ref))), memory];
      };
  }
}

/** All hidden states `[B, T, H]`, and the last state. Ends the lives of its arguments. */
function sequence(jax: Jax, workload: Workload, weights: Named, x: JaxArray, way: Way): JaxArray[] {
  const { numpy: np } = jax;
  const { cell, I, H, B, T } = workload;
  const { gates, states } = cells[cell];
  const step = stepOf(jax, workload, weights, way);
  const flat = np.dot(x.reshape([B * T, I]), weights["W"]!.ref).add(weights["b"]!.ref);
  const projected = flat.reshape([B, T, gates * H]);
  let state: State = states.map(() => np.zeros([B, H]));
  const outputs = Array.from({ length: T }, (_, t) => {
    state = step(state, projected.ref.slice([], t));
    return state[0]!.ref;
  });
  projected.dispose();
  disposeAll(weights);
  return [np.stack(outputs, 1), ...state];
}

function forwardContender(jax: Jax, workload: Workload, weights: Named, x: Float32Array, way: Way): Contender {
  const { cell, I, B, T } = workload;
  const compiled = jax.jit((named: Named, input: JaxArray) => sequence(jax, workload, named, input, way));
  const run = (): Float32Array[] =>
    compiled(refs(weights), jax.numpy.array(x).reshape([B, T, I])).map((out) => out.dataSync());
  const results = (): Tensors => {
    const [y = new Float32Array(), ...last] = run();
    return { y, ...Object.fromEntries(cells[cell].states.map((name, i) => [name, last[i]!])) };
  };
  return { variant: `unrolled, jit, ${way}`, run, results };
}

function stepContender(jax: Jax, workload: Workload, weights: Named, x: Float32Array, way: Way): Contender {
  const { numpy: np } = jax;
  const { cell, I, H } = workload;
  const compiled = jax.jit((named: Named, input: JaxArray, state: State) => {
    const projected = np.dot(input.reshape([1, I]), named["W"]!.ref).add(named["b"]!.ref);
    const next = stepOf(jax, workload, named, way)(state, projected);
    disposeAll(named);
    return next;
  });
  const zeros = (): State => cells[cell].states.map(() => np.array(new Float32Array(H)).reshape([1, H]));
  let state = zeros();
  let at = 0;
  const run = (): Float32Array => {
    state = compiled(refs(weights), np.array(x.subarray(at * I, (at + 1) * I)), state);
    at = (at + 1) % stepCount;
    return state[0]!.ref.dataSync();
  };
  const results = (): Tensors => {
    state = zeros();
    at = 0;
    const y = new Float32Array(stepCount * H);
    for (let i = 0; i < stepCount; i++) y.set(run(), i * H);
    return { y };
  };
  return { variant: `jit, ${way}`, run, results };
}

function gradientContender(jax: Jax, workload: Workload, weights: Named, x: Float32Array, way: Way): Contender {
  const { numpy: np } = jax;
  const { I, B, T } = workload;
  const loss = (named: Named, input: JaxArray): JaxArray => {
    const [y, ...last] = sequence(jax, workload, named, input, way);
    for (const array of last) array.dispose();
    return np.sum(np.square(y!)).mul(1 / (B * T));
  };
  const compiled = jax.jit(jax.grad(loss));
  const run = (): Record<string, Float32Array> => {
    const found = compiled(refs(weights), np.array(x).reshape([B, T, I]));
    return Object.fromEntries(Object.entries(found).map(([name, array]) => [name, array.dataSync()]));
  };
  return {
    variant: `unrolled, jit of grad, ${way}`,
    run,
    results: () => fromColumns(workload, run()),
  };
}

/** Those that can be the fastest. */
function waysOf({ kind, cell }: Workload): readonly Way[] {
  return kind === "gradient" && (cell === "lstm" || cell === "gru") ? ways : ["slices"];
}

export const jaxJs: Peer = {
  name: "jax-js",
  title: "jax-js wasm",
  native: false,
  async load() {
    const jax = loadPackage(packageName) as Jax;
    if (!(await jax.init("wasm")).includes("wasm")) throw new Error("its WebAssembly backend does not start");
    jax.defaultDevice("wasm");
    return packageVersion(packageName);
  },
  prepare: (workload, data) => {
    const jax = loadPackage(packageName) as Jax;
    const weights = Object.fromEntries(
      Object.entries(toColumns(workload, data.weights)).map(([name, { data: values, shape }]) => [
        name,
        jax.numpy.array(values).reshape(shape),
      ]),
    );
    const make = { forward: forwardContender, step: stepContender, gradient: gradientContender }[workload.kind];
    return Promise.resolve(waysOf(workload).map((way) => make(jax, workload, weights, data.x, way)));
  },
};
