import { expect, it } from "vitest";
import { createPacker } from "../../../../runtime/training/train/examples.js";
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
  expect(() => packer.size({ w: [1, 2] }, "it")).toThrow("train: it: nothing tells the size of W; give it as `sizes: { W: … }`"); // prettier-ignore
  expect(packer.size({ w: [1, 2], sizes: { W: 2 } }, "it").sizes).toEqual({ W: 2, C: 1 });
  expect(() => packer.size({ w: [1, 2, 3], sizes: { W: 2 } }, "it")).toThrow("nothing tells the size of C");
  expect(() => packer.size({ w: [1], sizes: { T: 2 } }, "it")).toThrow("sizes.T is the size of nothing");
});
