/** Is the derived gradient right? Nudge numbers and look. */
import { createRandom, type CompiledModule } from "../../runtime/index.js";

export interface GradientCheck {
  readonly name: string;
  /** Largest |derived - measured| / max(1, |measured|) over the places tried. */
  readonly worst: number;
}

/**
 * Compares the gradient of the loss with central differences at random parameters and inputs, at up to `places` random
 * places of every parameter.
 *
 * @param module A float64 compilation: differences of float32 numbers say little.
 */
export function checkGradient(module: CompiledModule, places: number, seed: number): readonly GradientCheck[] {
  const [batch, steps] = [2, 6];
  const random = createRandom(seed);
  const instance = module.instantiate({ batch, sizes: { T: steps } });
  instance.init(seed);
  for (const param of Object.values(instance.params)) {
    for (let i = 0; i < param.length; i++) param[i]! += random.uniform(0, 0.2);
  }
  const noise = (count: number): Float64Array => Float64Array.from({ length: count }, () => random.uniform(0.5, 2));
  const values = { weather: noise(batch * steps * 5), next: noise(batch * steps) };
  const loss = (): number => instance.forward(values)["loss"]![0]!;
  const { params } = instance.gradient!(values);
  const derived = Object.entries(params).map(([name, gradient]) => [name, gradient.slice()] as const);

  const width = 1e-5;
  return derived.map(([name, expected]) => {
    const numbers = instance.params[name]!;
    let worst = 0;
    for (let k = 0; k < Math.min(places, numbers.length); k++) {
      const at = random.integer(numbers.length);
      const center = numbers[at]!;
      numbers[at] = center + width;
      const above = loss();
      numbers[at] = center - width;
      const below = loss();
      numbers[at] = center;
      const measured = (above - below) / (2 * width);
      worst = Math.max(worst, Math.abs(expected[at]! - measured) / Math.max(1, Math.abs(measured)));
    }
    return { name, worst };
  });
}
