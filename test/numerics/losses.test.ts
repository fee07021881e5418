/** `std/losses`: values by the formulas, in plain numbers; derivatives against differences; what happens at the extremes. */
import { describe, expect, it } from "vitest";
import { cell } from "../../compiler/driver/in-process.js";
import type { ModuleInstance } from "../../runtime/index.js";

const names = "squared_error, absolute_error, huber, cross_entropy, binary_cross_entropy, hinge, gaussian_kl";

/** Every loss for each element of a sequence, which is what a call over leading axes is. */
const ofNumbers = `import { ${names} } from "std/losses"
network Numbers(I; T) {
  input x, y, u, v: [T, I]
  output squared = squared_error(x, y)
  output absolute = absolute_error(x, y)
  output robust = huber(x, y, 0.5)
  output binary = binary_cross_entropy(x, y)
  output weighted = binary_cross_entropy(x, y, 3)
  output margin = hinge(x, y)
  output plain_kl = gaussian_kl(x, y)
  output kl = gaussian_kl(x, y, u, v)
}`;

/** Of one loss alone: the others would add their 0 times an infinity to its gradient. */
const ofBinary = `import { binary_cross_entropy } from "std/losses"
network Numbers(I; T) {
  input x, y: [T, I]
  output binary = binary_cross_entropy(x, y)
}`;

const ofClasses = `import { ${names} } from "std/losses"
network Classes(C; T) {
  input z: [T, C]
  input k: index(C)[T]
  param w: [C]
  output plain = cross_entropy(z, k)
  output weighted = cross_entropy(z, k, w)
  output smooth = cross_entropy(z, k, smoothing = 0.1)
  output both = cross_entropy(z, k, w, 0.2)
  output margin = hinge(z, k)
}`;

type Numbers = Readonly<Record<string, readonly number[]>>;

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const logSoftmax = (z: readonly number[]): number[] => {
  const top = Math.max(...z);
  const sum = z.reduce((total, value) => total + Math.exp(value - top), 0);
  return z.map((value) => value - top - Math.log(sum));
};

const formulas: Readonly<Record<string, (x: number, y: number, u: number, v: number) => number>> = {
  squared: (x, y) => (x - y) ** 2,
  absolute: (x, y) => Math.abs(x - y),
  robust: (x, y) => (Math.abs(x - y) <= 0.5 ? (x - y) ** 2 / 2 : 0.5 * (Math.abs(x - y) - 0.25)),
  binary: (x, y) => y * softplus(-x) + (1 - y) * softplus(x),
  weighted: (x, y) => 3 * y * softplus(-x) + (1 - y) * softplus(x),
  margin: (x, y) => Math.max(0, 1 - x * y),
  plain_kl: (x, y) => (x * x + y * y - 1) / 2 - Math.log(y),
  kl: (x, y, u, v) => Math.log(v / y) + (y * y + (x - u) ** 2) / (2 * v * v) - 1 / 2,
};

const classFormulas: Readonly<Record<string, (z: readonly number[], k: number, w: readonly number[]) => number>> = {
  plain: (z, k) => -logSoftmax(z)[k]!,
  weighted: (z, k, w) => -w[k]! * logSoftmax(z)[k]!,
  smooth: (z, k) => -0.9 * logSoftmax(z)[k]! - (0.1 * logSoftmax(z).reduce((a, b) => a + b)) / z.length,
  both: (z, k, w) => {
    const p = logSoftmax(z);
    return -0.8 * w[k]! * p[k]! - (0.2 * p.reduce((sum, value, c) => sum + w[c]! * value, 0)) / z.length;
  },
  margin: (z, k) => z.reduce((sum, value, c) => sum + (c === k ? 0 : Math.max(0, 1 + value - z[k]!)), 0),
};

const targets = ["js", "wasm"] as const;
const spread = (count: number, from: number, to: number): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * ((i * 7 + 3) % count)) / count);

async function numbersOn(target: (typeof targets)[number], source = ofNumbers): Promise<ModuleInstance> {
  const module = await cell(source, { cell: "Numbers", dimensions: { I: 1 }, dtype: "f64", gradient: true, target });
  return module.instantiate({ batch: 1, sizes: { T: 8 } });
}

async function classesOn(target: (typeof targets)[number]): Promise<ModuleInstance> {
  const dimensions = { C: 4 };
  const module = await cell(ofClasses, { cell: "Classes", dimensions, dtype: "f64", gradient: true, target });
  return module.instantiate({ batch: 1, sizes: { T: 4 } });
}

/** The derivative of the sum of an output by each element of an input, by differences. */
function differences(instance: ModuleInstance, values: Numbers, output: string, input: string): number[] {
  const sum = (given: Numbers): number => [...instance.forward(given)[output]!].reduce((a, b) => a + b);
  return values[input]!.map((value, i) => {
    const h = 1e-5 * Math.max(1, Math.abs(value));
    const at = (change: number): number => sum({ ...values, [input]: values[input]!.with(i, value + change) });
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  });
}

function expectClose(actual: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, label: string): void {
  expect(actual.length, label).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(actual[i]! - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!));
    expect(error, `${label}[${i}]: ${actual[i]} instead of ${wanted[i]}`).toBeLessThan(tolerance);
  }
}

const ones = (count: number): number[] => new Array<number>(count).fill(1);

describe.each(targets)("losses of numbers on %s", (target) => {
  const values = {
    x: spread(8, -2, 2.2),
    y: spread(8, 0.1, 0.9).reverse(),
    u: spread(8, -1, 1),
    v: spread(8, 0.3, 2),
  };

  it("are what the formulas say, and so are their derivatives", async () => {
    const instance = await numbersOn(target);
    for (const [name, formula] of Object.entries(formulas)) {
      const wanted = values.x.map((x, i) => formula(x, values.y[i]!, values.u[i]!, values.v[i]!));
      expectClose(instance.forward(values)[name]!, wanted, 1e-14, name);
      const gradient = instance.backward!({ [name]: ones(8) });
      const found = Object.fromEntries(Object.keys(values).map((input) => [input, [...gradient[input]!]]));
      for (const input of Object.keys(values))
        expectClose(found[input]!, differences(instance, values, name, input), 1e-8, `${name} by ${input}`);
    }
  });

  it("are finite for logits of 1000, and right for targets of 0 and 1", async () => {
    const instance = await numbersOn(target, ofBinary);
    const x = [1000, -1000, 1000, -1000, Infinity, -Infinity, Infinity, -Infinity];
    const y = [1, 0, 0, 1, 1, 0, 0, 1];
    const wanted = [0, 0, 1000, 1000, 0, 0, Infinity, Infinity];
    expect([...instance.forward({ x, y })["binary"]!]).toEqual(wanted);
    const gradient = instance.backward!({ binary: ones(8) });
    expect([...gradient["x"]!].map((value) => value + 0)).toEqual([0, 0, 1, -1, 0, 0, 1, -1]);
  });
});

describe.each(targets)("losses of classes on %s", (target) => {
  const values = { z: spread(16, -2, 3), k: [2, 0, 3, 1] };
  const w = [0.5, 0, 2, 1];

  it("are what the formulas say, and so are their derivatives", async () => {
    const instance = await classesOn(target);
    instance.params["w"]!.set(w);
    for (const [name, formula] of Object.entries(classFormulas)) {
      const wanted = values.k.map((k, t) => formula(values.z.slice(4 * t, 4 * t + 4), k, w));
      expectClose(instance.forward(values)[name]!, wanted, 1e-14, name);
      const found = [...instance.backward!({ [name]: ones(4) })["z"]!];
      expectClose(found, differences(instance, values, name, "z"), 1e-8, `${name} by z`);
    }
  });

  it("have a class of probability 0, and one of 1", async () => {
    const instance = await classesOn(target);
    instance.params["w"]!.set(w);
    const z = [1000, -1000, 0, -Infinity, -Infinity, 5, -Infinity, -Infinity, 1000, 0, 0, -1000, 0, -Infinity, 0, 0];
    const result = instance.forward({ z, k: [1, 1, 0, 1] });
    expect([...result["plain"]!].map((value) => value + 0)).toEqual([2000, 0, 0, Infinity]);
    // A class of weight 0 is left out, also where it would be infinite.
    expect([...result["weighted"]!].map((value) => value + 0)).toEqual([0, 0, 0, 0]);
    const gradient = [...instance.backward!({ plain: [1, 1, 1, 1], weighted: [1, 1, 1, 1] })["z"]!];
    expect(gradient.every(Number.isFinite), gradient.join()).toBe(true);
    expect(gradient.slice(0, 4)).toEqual([1, -1, 0, 0]);
    expect(gradient.slice(4, 8).map((value) => value + 0)).toEqual([0, 0, 0, 0]);
  });
});
