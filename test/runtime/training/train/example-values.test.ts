import { expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../../compiler/driver/in-process.js";
import { arrays, sgd, train } from "../../../../runtime/index.js";
import { createPacker } from "../../../../runtime/training/train/example-values.js";
import { checkManifest } from "../../../../runtime/module/check-manifest.js";
import { sumManifest } from "../../../support/sum-module.js";

const input = (name: string, shape: readonly (number | string)[], bound?: number) => ({
  name, documentation: "", axes: ["B"], shape, dtype: bound === undefined ? "real" : "index", ...(bound === undefined ? {} : { bound }),
}); // prettier-ignore
const axis = (name: string) => ({ name, kind: "dimension", option: "sizes" });
const manifest = (inputs: readonly object[], axes: readonly string[]) =>
  checkManifest({
    ...sumManifest,
    axes: [{ name: "B", kind: "batch", option: "batch" }, ...axes.map(axis)],
    inputs, contexts: [], states: [], params: [], outputs: [],
    has: { step: false, gradient: false, jvp: false, hvp: false },
  }); // prettier-ignore

it("tells sizes by lengths, one after the other, and pads all axes", () => {
  const packer = createPacker(manifest([input("w", ["W", "C"], 9), input("n", ["W"]), input("v", [2])], ["W", "C"]));
  const examples = [
    packer.size({ w: [1, 2, 3, 4, 5, 6], n: [1, 2], v: [7, 8] }, "a"),
    packer.size({ w: [1, 2, 3], n: [4, 5, 6], v: [9, 9] }, "b"),
  ];
  expect(examples.map(({ sizes }) => sizes)).toEqual([{ W: 2, C: 3 }, { W: 3, C: 1 }]); // prettier-ignore
  const values = packer.pack(examples);
  expect(values["sizes"]).toEqual({ W: [2, 3], C: [3, 1] });
  expect([...(values["w"] as Int32Array)]).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0]);
  expect([...(values["n"] as Float32Array)]).toEqual([1, 2, 0, 4, 5, 6]);
  expect([...(values["v"] as Float32Array)]).toEqual([7, 8, 9, 9]);
});

it("asks for a size that nothing tells", () => {
  const packer = createPacker(manifest([input("w", ["W", "C"])], ["W", "C"]));
  expect(() => packer.size({ w: [1, 2] }, "it")).toThrow("it: nothing tells the size of W; give it as `sizes: { W: … }`"); // prettier-ignore
  expect(packer.size({ w: [1, 2], sizes: { W: 2 } }, "it").sizes).toEqual({ W: 2, C: 1 });
  expect(() => packer.size({ w: [1, 2, 3], sizes: { W: 2 } }, "it")).toThrow("it: w must have shape [W, C], whose length is a multiple of 2; got 3"); // prettier-ignore
  expect(() => packer.size({ w: [1], sizes: { W: "1" as never } }, "it")).toThrow('it: sizes.W must be an integer of at least 0, got "1"'); // prettier-ignore
  expect(() => packer.size({ w: [1], sizes: { T: 2 } }, "it")).toThrow("sizes.T is the size of nothing");
});

const learn = (module: LoadedCell, columns: Readonly<Record<string, number[][]>>) =>
  train({ module, data: arrays(columns), optimizer: sgd({ learningRate: 0.1 }), batch: 3, updates: 2, seed: 0 }).finish(); // prettier-ignore

it("has room for sizes that are rounded down or up, and checks those of each example", async () => {
  const module = await cell(
    `network Halves(; T >= 3) {
      input x: [T]
      input down: [floor(T / 2)]
      input up: [ceil(T / 2)]
      input third: [floor(T / 3) + 1]
      require T >= 4
      param a: [] ~ ones
      loss = sum(a * x) + sum(a * down) + sum(a * up) + sum(a * third)
      output total = sum(x) + 10 * sum(down) + 100 * sum(up) + 1000 * sum(third)
    }`,
    { cell: "Halves", gradient: true, dtype: "f64", target: "js" },
  );
  const ones = (lengths: readonly number[]): number[][] => lengths.map((length) => Array.from({ length }, () => 1));
  const columns = (lengths: readonly number[]) => ({
    down: ones(lengths.map((T) => Math.floor(T / 2))),
    x: ones(lengths),
    up: ones(lengths.map((T) => Math.ceil(T / 2))),
    third: ones(lengths.map((T) => Math.floor(T / 3) + 1)),
  });
  const packer = createPacker(module.manifest);
  const data = arrays(columns([7, 4, 5]));
  const examples = [0, 1, 2].map((i) => packer.size(data.read(i, undefined as never) as never, "it"));
  const { total } = module.instantiate({ batch: 3, sizes: { T: 7 } }).forward(packer.pack(examples) as never);
  expect([...total!]).toEqual([7 + 30 + 400 + 3000, 4 + 20 + 200 + 2000, 5 + 20 + 300 + 2000]);
  await expect(learn(module, columns([7, 4, 5]))).resolves.toMatchObject({ updates: 2 });
  await expect(learn(module, columns([7, 2]))).rejects.toThrow("train: example 1 of the data: T must be at least 3, and is 2"); // prettier-ignore
  await expect(learn(module, columns([3, 7]))).rejects.toThrow("train: example 0 of the data: T >= 4 must hold; it has T 3"); // prettier-ignore
});

it("wants sizes that are whole where they are divided", async () => {
  const source = "network Pairs(; T) { input x: [T] input half: [T / 2, 2] param a: [] ~ ones loss = sum(a * x) + sum(a * half, axis = [0, 1]) }"; // prettier-ignore
  const module = await cell(source, { cell: "Pairs", gradient: true, target: "js" });
  await expect(learn(module, { x: [[1, 2]], half: [[1, 2]] })).resolves.toMatchObject({ updates: 2 });
  await expect(learn(module, { x: [[1, 2, 3]], half: [[1, 2, 3]] })).rejects.toThrow(/^train: example 0 of the data: .*T \/ 2.* whole.*; it has T 3$/u); // prettier-ignore
});
