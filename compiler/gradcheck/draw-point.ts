/** Random points at which gradients are compared: sizes, lengths and values for one call of a module. */
import type { Random } from "../../runtime/random.js";
import type { Initializer, Manifest } from "../../runtime/module/manifest.js";

export interface Tensor {
  readonly role: "param" | "input" | "context" | "state";
  readonly name: string;
  /** In place: the call refers to this very array. */
  readonly values: Float64Array;
}

export interface Point {
  readonly batch: number;
  readonly steps: number;
  /** Largest run-time sizes. */
  readonly capacities: Readonly<Record<string, number>>;
  /** Arguments of `forward`. */
  readonly call: Readonly<Record<string, unknown>>;
  /** Of outputs and final states. */
  readonly cotangents: Readonly<Record<string, unknown>> & { readonly final: Readonly<Record<string, Float64Array>> };
  /** Everything that has a gradient. */
  readonly tensors: readonly Tensor[];
}

const names = <Value>(): Record<string, Value> => Object.create(null) as Record<string, Value>;

/** Examples of different lengths and run-time sizes, one of them as long as the call. */
export function drawPoint(manifest: Manifest, random: Random): Point {
  const batch = 1 + random.integer(3);
  const steps = 1 + random.integer(5);
  const draw = (most: number): number[] =>
    Array.from({ length: batch }, (_, b) => (b === 0 ? most : 1 + random.integer(most)));
  const capacities = names<number>();
  const sizes = names<number[]>();
  for (const dimension of manifest.runtimeDimensions) {
    const most = 1 + random.integer(4);
    capacities[dimension] = most;
    sizes[dimension] = draw(most);
  }
  const count = (shape: readonly (number | string)[], ...leading: number[]): number =>
    [...leading, ...shape].reduce<number>(
      (product, size) => product * (typeof size === "number" ? size : (capacities[size] ?? 1)),
      1,
    );
  const call = names<unknown>();
  call["lengths"] = draw(steps);
  call["sizes"] = sizes;
  const tensors: Tensor[] = [];
  const add = (role: Tensor["role"], name: string, values: Float64Array): void => {
    tensors.push({ role, name, values });
    if (role !== "param") call[name] = values;
  };
  const uniform = (length: number): Float64Array => Float64Array.from({ length }, () => random.uniform(-1, 1));

  for (const { name, shape, initializer } of manifest.params) {
    add(
      "param",
      name,
      Float64Array.from({ length: count(shape) }, () => drawParam(initializer, random)),
    );
  }
  for (const { name, shape, dtype, bound = 1 } of manifest.inputs) {
    const length = count(shape, batch, steps);
    if (dtype === "index") call[name] = Int32Array.from({ length }, () => random.integer(bound));
    else add("input", name, uniform(length));
  }
  for (const { name, shape } of manifest.contexts) add("context", name, uniform(count(shape, batch)));
  // A computed initial value is sometimes left to the module, so that its own gradient is checked too.
  for (const { name, shape, initial } of manifest.states) {
    if (initial === "zeros" || random.integer(2) === 0) add("state", name, uniform(count(shape, batch)));
  }

  const final = names<Float64Array>();
  for (const { name, shape } of manifest.states) final[name] = uniform(count(shape, batch));
  const cotangents = Object.assign(names<unknown>(), { final });
  for (const { name, shape } of manifest.outputs) cotangents[name] = uniform(count(shape, batch, steps));
  return { batch, steps, capacities, call, cotangents, tensors };
}

/**
 * A value near what the initialiser would give, because a cell may take the logarithm of a parameter that starts at 1;
 * but never exactly 0 or 1, where `relu` or `abs` of it have their kinks.
 */
function drawParam(initializer: Initializer, random: Random): number {
  const noise = random.uniform(-0.4, 0.4);
  switch (initializer.kind) {
    case "ones":
      return 1 + noise;
    case "constant":
      return initializer.value + noise * Math.min(1, Math.abs(initializer.value) || 1);
    case "uniform":
      return random.uniform(-1, 1) * Math.min(1, initializer.bound || 1);
    case "normal":
      return random.normal(Math.min(1, initializer.deviation || 1));
    default:
      return noise;
  }
}
