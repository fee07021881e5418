import { beforeAll, describe, expect, test } from "vitest";
import { cell, checkGradients, type CompiledModule } from "../../../compiler/index.js";

const source = `
cell Everything(H, V) {
  input x: [H]
  input k: index(V)
  context m: [S, H]
  state h: [H] = tanh(start + mean(m, axis = 0))
  state c: [H]
  param start: [H] ~ normal(1)
  param table: [V, H] ~ orthogonal
  param gain: [H] ~ ones
  a  = relu(x + table[k] + h)
  h' = tanh(gain * a + c) * abs(h)
  c' = c + log(gain) * sum(softmax(m @ h') @ m)
  output y = max(h', 0.1)
}
`;

let module: CompiledModule;
beforeAll(async () => {
  module = await cell(source, { dimensions: { H: 3, V: 4 }, dtype: "f64", jvp: true });
});

test("a right gradient passes, kinks or not", () => {
  const { passed, tensors } = checkGradients(module, { seed: 1, runs: 4 });
  expect(tensors.filter((tensor) => !tensor.passed)).toEqual([]);
  expect(passed).toBe(true);
  expect(tensors.map(({ role, name }) => `${role} ${name}`)).toEqual(
    expect.arrayContaining(["param start", "param table", "param gain", "input x", "context m", "state h", "state c"]),
  );
});

test("the same seed gives the same errors", () => {
  expect(checkGradients(module, { seed: 5 })).toEqual(checkGradients(module, { seed: 5 }));
});

describe("a wrong gradient", () => {
  /** The module, with one number of one gradient changed. */
  const spoiled = (change: (gradient: Record<string, Record<string, Float64Array>>) => void): CompiledModule => ({
    manifest: module.manifest,
    instantiate: (options) => {
      const instance = module.instantiate(options);
      return {
        ...instance,
        backward: (cotangents) => {
          const gradient = instance.backward?.(cotangents);
          change(gradient as unknown as Record<string, Record<string, Float64Array>>);
          return gradient as never;
        },
      };
    },
  });

  test("of a parameter is found and named", () => {
    const wrong = spoiled(({ params }) => (params!["gain"]![0]! *= 1.01));
    const { passed, tensors } = checkGradients(wrong, { seed: 1 });
    expect(passed).toBe(false);
    expect(tensors.filter((tensor) => !tensor.passed).map(({ name }) => name)).toEqual(["gain"]);
  });

  test("that is not a number is found", () => {
    const wrong = spoiled(({ initial }) => (initial!["c"]![0] = NaN));
    const { tensors } = checkGradients(wrong, { seed: 1 });
    expect(tensors.find(({ name }) => name === "c")).toMatchObject({ passed: false, forward: Infinity });
  });
});

test("modules that cannot be checked are refused", async () => {
  const plain = await cell(source, { dimensions: { H: 1, V: 1 } });
  expect(() => checkGradients(plain, { seed: 1 })).toThrow(/needs a module compiled with dtype "f64"/u);
});
