/** Weights of another network, and of a checkpoint. */
import { beforeAll, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../../compiler/driver/in-process.js";
import {
  adam, arrays, CheckpointError, checkpoints, loadParams, loadWeights, ParamsError, readSafetensors, saveParams, train, writeSafetensors,
} from "../../../../runtime/index.js"; // prettier-ignore

const source = (extra: string): string => `import { squared_error } from "std/losses"
network Line(H; T) {
  input x, y: [T]
  fixed scale: [] ~ ones
  param a: [H] ~ ones
  param b: [] ~ zeros
  ${extra}
  loss = sum(squared_error(scale * sum(a) * x + b, y)) per T
}`;

let small: LoadedCell;
let large: LoadedCell;
let other: LoadedCell;
beforeAll(async () => {
  const options = { cell: "Line", gradient: true } as const;
  small = await cell(source(""), { ...options, dimensions: { H: 2 } });
  large = await cell(source("param c: [] ~ ones\n  loss far = c * c"), {
    ...options,
    dimensions: { H: 3 },
    dtype: "f64",
  });
  other = await cell("cell Other { input x: [1] param V: [1] ~ ones output y = V * x }");
});

it("sets what fits, and tells what does not", () => {
  const from = small.instantiate({ sizes: { T: 1 } });
  from.setParams({ a: [2, 3], b: [4], scale: [5] });
  const to = large.instantiate({ sizes: { T: 1 } });
  const file = saveParams(small, from);
  expect(() => loadWeights(large, to, file)).toThrow("parameter a of Line has another shape in the file");
  expect(loadWeights(large, to, file, { partial: true })).toEqual({
    loaded: ["b", "scale"],
    missing: ["c"],
    unexpected: [],
    different: ["a"],
  });
  expect([...to.params["a"]!, to.params["b"]![0], to.params["c"]![0], to.fixed!["scale"]![0]]).toEqual([
    1, 1, 1, 4, 1, 5,
  ]);
  const back = small.instantiate({ sizes: { T: 1 } });
  expect(loadWeights(small, back, saveParams(large, to), { partial: true }).unexpected).toEqual(["c"]);
  const strange = saveParams(other, other.instantiate());
  expect(() => loadWeights(small, back, strange, { partial: true })).toThrow(ParamsError);
  expect(() => loadWeights(small, back, file, { from: "best" })).toThrow(
    'only checkpoints have weights that are "best"',
  );
});

it("reads the last, the mean and the best of a checkpoint", async () => {
  let bytes = new Uint8Array();
  const store = {
    list: async () => [],
    read: async () => bytes,
    write: async (_: string, given: Uint8Array) => void (bytes = given.slice()),
    remove: async () => undefined,
  };
  const data = arrays({ x: [[1, 2]], y: [[3, 4]] });
  const training = train({
    module: small, data, optimizer: adam({ learningRate: 0.5 }), batch: 1, updates: 9, seed: 1, average: { decay: 0.5 },
    checkpoints: checkpoints(store, { every: 9 }), validation: { data, every: 1, keepBest: true },
  }); // prettier-ignore
  const lasts: number[][] = [];
  for await (const event of training) if (event.kind === "update") lasts.push([...training.instance.params["a"]!]);
  const read = (from: "last" | "average" | "best"): number[] => {
    const instance = small.instantiate({ sizes: { T: 1 } });
    expect(loadWeights(small, instance, bytes, { from }).loaded).toEqual(["a", "b", "scale"]);
    return [...instance.params["a"]!];
  };
  expect(read("last")).toEqual(lasts.at(-1));
  expect(read("average")).toEqual([...training.average!["a"]!]);
  expect(read("best")).toEqual([...training.instance.params["a"]!]);

  expect(() => loadParams(small, small.instantiate({ sizes: { T: 1 } }), bytes)).toThrow(
    expect.objectContaining({
      code: "checkpoint",
      message: "loadParams: this is a checkpoint of training; `loadWeights` takes the weights out of it",
    }),
  );

  const refused = (file: Uint8Array): void => {
    const instance = small.instantiate({ sizes: { T: 1 } });
    expect(() => loadWeights(small, instance, file)).toThrow(CheckpointError);
    expect([...instance.params["a"]!]).toEqual([1, 1]);
  };
  const flipped = bytes.slice();
  flipped[flipped.length - 1]! ^= 1;
  refused(flipped);
  const { tensors, metadata } = readSafetensors(bytes);
  refused(writeSafetensors(tensors, new Map([...metadata, ["version", "2"]])));
});

it("takes a matrix for no other of as many elements, from a checkpoint neither", async () => {
  const matrix = `import { squared_error } from "std/losses"
    network Matrix(I, H; T) {
      input x: [T, I]
      input y: [T, H]
      param W: [I, H] ~ ones
      loss = sum(squared_error(x @ W, y), axis = [0, 1]) per T
    }`;
  const options = { cell: "Matrix", gradient: true } as const;
  const wide = await cell(matrix, { ...options, dimensions: { I: 3, H: 2 } });
  const high = await cell(matrix, { ...options, dimensions: { I: 2, H: 3 } });
  let bytes = new Uint8Array();
  const store = {
    list: async () => [],
    read: async () => bytes,
    write: async (_: string, given: Uint8Array) => void (bytes = given.slice()),
    remove: async () => undefined,
  };
  const training = train({
    module: wide, data: arrays({ x: [[1, 2, 3]], y: [[1, 2]] }), optimizer: adam(), batch: 1, updates: 1, seed: 1,
    checkpoints: checkpoints(store, { every: 1 }),
  }); // prettier-ignore
  await training.finish();
  const own = wide.instantiate({ sizes: { T: 1 } });
  for (const file of [saveParams(wide, training.instance), bytes]) {
    const instance = high.instantiate({ sizes: { T: 1 } });
    expect(() => loadWeights(high, instance, file)).toThrow("parameter W of Matrix has another shape in the file");
    expect([...instance.params["W"]!]).toEqual([1, 1, 1, 1, 1, 1]);
    expect(loadWeights(wide, own, file).loaded).toEqual(["W"]);
    expect(own.params["W"]).toEqual(training.instance.params["W"]);
  }
});
