/** Is the derived gradient right? Nudge numbers and look. */
import { createRandom, type CompiledModule, type FloatArray } from "../../runtime/index.js";

export interface GradientCheck {
  readonly name: string;
  /** Largest |derived - measured| / max(1, |measured|) over the places tried. */
  readonly worst: number;
}

/**
 * Compares `backward` with central differences of `forward` at random parameters and inputs, at up to `places` random
 * places of every parameter and of the input.
 *
 * @param fixed Parameters read through `stop_gradient`: their derived gradient is 0 on purpose.
 * @param module A float64 compilation of a cell with one input and one output: differences of float32 numbers say
 *   little.
 */
export function checkGradient(
  module: CompiledModule,
  places: number,
  seed: number,
  fixed: readonly string[],
): readonly GradientCheck[] {
  const [batch, steps] = [2, 6];
  const random = createRandom(seed);
  const instance = module.instantiate({ batch, steps });
  instance.init(seed);
  const { inputs, outputs } = module.manifest;
  const [input, output] = [inputs[0]!, outputs[0]!];
  const count = (shape: readonly (number | string)[]): number =>
    shape.reduce<number>((n, size) => n * Number(size), batch * steps);
  const x = Float64Array.from({ length: count(input.shape) }, () => random.uniform(0.5, 2));
  const dy = Float64Array.from({ length: count(output.shape) }, () => random.normal());
  for (const param of Object.values(instance.params)) {
    for (let i = 0; i < param.length; i++) param[i]! += random.uniform(0, 0.2);
  }

  const loss = (): number => {
    const y = instance.forward({ [input.name]: x })[output.name]!;
    let sum = 0;
    for (let i = 0; i < y.length; i++) sum += y[i]! * dy[i]!;
    return sum;
  };
  loss();
  const gradient = instance.backward!({ [output.name]: dy });
  const derived = new Map<string, FloatArray>([[input.name, gradient[input.name]!.slice()]]);
  for (const name of Object.keys(instance.params)) derived.set(name, gradient.params[name]!.slice());

  const width = 1e-5;
  return [...derived]
    .filter(([name]) => !fixed.includes(name))
    .map(([name, expected]) => {
      const values = name === input.name ? x : instance.params[name]!;
      let worst = 0;
      for (let k = 0; k < Math.min(places, values.length); k++) {
        const at = random.integer(values.length);
        const center = values[at]!;
        values[at] = center + width;
        const above = loss();
        values[at] = center - width;
        const below = loss();
        values[at] = center;
        const measured = (above - below) / (2 * width);
        worst = Math.max(worst, Math.abs(expected[at]! - measured) / Math.max(1, Math.abs(measured)));
      }
      return { name, worst };
    });
}
