/**
 * An example of a batch whose others no derivative comes to has the gradient, to the bit, that it has alone: also in long sums, whose
 * rounding errors are carried along (spec/numerics.md), where zeros follow that must not bring them in.
 */
import { describe, expect, it } from "vitest";
import { cell } from "../../compiler/driver/in-process.js";
import { createRandom } from "../../runtime/base/random.js";

interface Case {
  readonly source: string;
  readonly dimensions: Readonly<Record<string, number>>;
  /** Numbers of the input in a step; its indices are below `bound`. */
  readonly width: number;
  readonly bound?: number;
  readonly outputs: number;
  readonly params: Readonly<Record<string, number>>;
}

const cases: readonly (readonly [string, Case])[] = [
  [
    "single numbers",
    {
      source:
        "cell A(Y, X) { input x: [Y, X] state h: [Y, X] param b, u: real h' = tanh(u * h + x + b) output y = h' }",
      dimensions: { Y: 9, X: 11 },
      width: 99,
      outputs: 99,
      params: { b: 1, u: 1 },
    },
  ],
  [
    "rows that several axes share",
    {
      source: `cell A(Y, X, F) { input x: [Y, X, F] state h, c: [Y, X, F] param b, d: [F]
        c' = sigmoid(x + h + b) * c + tanh(x + h + d)
        h' = tanh(c') output y = h' }`,
      dimensions: { Y: 3, X: 4, F: 2 },
      width: 24,
      outputs: 24,
      params: { b: 2, d: 2 },
    },
  ],
  [
    "elements that an index selects",
    {
      source: "cell A(V, H) { input x: index(V) state h: [H] param E: [V, H] h' = tanh(0.5 * h + E[x]) output y = h' }",
      dimensions: { V: 2, H: 3 },
      width: 1,
      bound: 2,
      outputs: 3,
      params: { E: 6 },
    },
  ],
];

describe.each(cases)("%s", (_, { source, dimensions, width, bound, outputs, params }) => {
  it.each([
    ["js", 5, 3],
    ["js", 20, 3],
    ["wasm", 20, 8],
    ["wasm", 40, 3],
  ] as const)("%s, %i steps, %i examples", async (target, steps, batch) => {
    const module = await cell(source, { dimensions, target });
    const random = createRandom(steps + batch);
    const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.uniform(-1, 1));
    const gradient = (
      examples: number,
      x: Float32Array | Int32Array,
      y: Float32Array,
      values: Record<string, Float32Array>,
    ): string => {
      const instance = module.instantiate({ batch: examples, steps });
      instance.setParams(values);
      instance.forward({ x });
      return JSON.stringify(Object.values(instance.backward!({ y }).params).map((list) => [...list]));
    };
    for (let run = 0; run < 25; run++) {
      const example = run % batch;
      const size = batch * steps * width;
      const x = bound === undefined ? draw(size) : Int32Array.from({ length: size }, () => random.integer(bound));
      const [from, to] = [example * steps, (example + 1) * steps];
      const own = draw(steps * outputs);
      const y = new Float32Array(batch * steps * outputs);
      y.set(own, from * outputs);
      const values = Object.fromEntries(Object.entries(params).map(([name, count]) => [name, draw(count)]));
      const alone = gradient(1, x.slice(from * width, to * width), own, values);
      expect(gradient(batch, x, y, values), `run ${run}`).toBe(alone);
    }
  });
});
