/** What an example gives does not depend on its batch, on padding or on room, whatever axes of its own size it has. */
import { describe, expect, it } from "vitest";
import { emitModule } from "../../compiler/driver/emit-module.js";
import { expectAlone, loadFor, optionsFor, programOf, Ragged } from "../support/several-axes.js";

const twoAxes = `
func forward(%input.a: real[T, 2], %input.b: real[S, 3], %param.W: shared real[3, 2], %param.V: shared real[3, 3]) -> (output.y: %y, output.z: %z, output.most: %most, output.mix: %mix) {
  %p: real[T, 3] = contract [0 1] [2 1] -> [0 2] %input.a, %param.W
  %h0: real[3] = reduce sum axes [0] %p
  %last: real[3], %y: real[S, 3] = scan length S carried 1 sequences 1 %h0, %input.b, %param.V body
    func step(%h: real[3], %x: real[3], %V: shared real[3, 3]) -> (h: %n, y: %n) {
      %c: real[3] = contract [0 1] [1] -> [0] %V, %h
      %s: real[3] = add %c, %x
      %n: real[3] = tanh %s
    }
  %last2: real[3], %z: real[T, 3] = scan length T carried 1 sequences 1 reverse %last, %p, %param.V body
    func back(%h: real[3], %x: real[3], %V: shared real[3, 3]) -> (h: %n, y: %n) {
      %c: real[3] = contract [0 1] [1] -> [0] %V, %h
      %s: real[3] = add %c, %x
      %n: real[3] = tanh %s
    }
  %scores: real[T, S] = contract [0 1] [2 1] -> [0 2] %z, %input.b
  %most: real[T] = reduce max axes [1] %scores
  %e: real[T, S] = tanh %scores
  %mix: real[T, 3] = contract [0 1] [1 2] -> [0 2] %e, %y
}`;

/** Sizes that may be 0. */
const empty = new Map([
  ["T", 0],
  ["S", 0],
]);

describe("several axes", () => {
  const program = programOf(twoAxes, { axes: ["T", "S"], least: empty });

  it("may be empty in some examples, or in all", async () => {
    await expectAlone(program, [
      { each: { T: [3, 0, 2, 5], S: [2, 4, 0, 0] } },
      { each: { T: [0, 0], S: [0, 0] } },
      { each: { T: [0, 1], S: [0, 0] }, padded: { T: 3, S: 2 } },
      { each: { T: [4], S: [7] } },
    ]);
  });

  it("say in the manifest what they may be at least", async () => {
    const { manifest } = emitModule(programOf(twoAxes, { axes: ["T", "S"], least: new Map([["T", 0], ["S", 2]]) }), optionsFor("js")); // prettier-ignore
    expect(manifest.axes).toEqual([
      { name: "B", kind: "batch", option: "batch" },
      { name: "T", kind: "dimension", option: "sizes", minimum: 0 },
      { name: "S", kind: "dimension", option: "sizes", minimum: 2 },
    ]);
    expect(emitModule(programOf(twoAxes, { axes: ["T", "S"] }), optionsFor("js")).manifest.axes[1]).toEqual({
      name: "T",
      kind: "dimension",
      option: "sizes",
    });
  });

  it.each(["js", "wasm"] as const)("have at least what they say, %s", async (target) => {
    const least = new Map([
      ["T", 0],
      ["S", 2],
    ]);
    const module = await loadFor(programOf(twoAxes, { axes: ["T", "S"], least }), target);
    const call = new Ragged(programOf(twoAxes, { axes: ["T", "S"], least }), { each: { T: [0, 2], S: [3, 2] } });
    const instance = call.instance(module);
    expect(() => instance.forward(call.values())).not.toThrow();
    const sizes = { T: [0, 2], S: [3, 1] };
    expect(() => instance.forward({ ...call.values(), sizes })).toThrow(
      "forward: sizes.S[1] must be an integer from 2 to 3, got 1",
    );
    expect(() => instance.forward({ ...call.values(), sizes: { S: 1 } })).toThrow(/sizes.S must be an integer from 2/);
  });
});
