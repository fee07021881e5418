/** What an example gives does not depend on its batch, on padding or on room, whatever axes of its own size it has. */
import { contextAxes, networkAxes } from "../../compiler/base/types/call-axes.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dim, dimConstant, dimSymbol, divideDims, subtractDims } from "../../compiler/base/types/dim.js";
import { emitModule } from "../../compiler/driver/pipeline.js";
import { expectAlone, loadFor, optionsFor, programOf, Ragged, type RaggedCall } from "../support/several-axes.js";
import { fuzzParameters } from "../support/fuzz.js";

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

describe("several axes", () => {
  const program = programOf(twoAxes, { axes: networkAxes(["T", "S"]) });

  it("may be empty in some examples, or in all", async () => {
    await expectAlone(program, [
      { each: { T: [3, 0, 2, 5], S: [2, 4, 0, 0] } },
      { each: { T: [0, 0], S: [0, 0] } },
      { each: { T: [0, 1], S: [0, 0] }, padded: { T: 3, S: 2 } },
      { each: { T: [4], S: [7] } },
    ]);
  });

  it("say in the manifest what they may be at least", async () => {
    const { manifest } = emitModule(programOf(twoAxes, { axes: networkAxes(["T", "S"], new Map([["S", 2]])) }), optionsFor("js")); // prettier-ignore
    expect(manifest.axes).toEqual([
      { name: "B", kind: "batch", option: "batch" },
      { name: "T", kind: "sequence", option: "sizes" },
      { name: "S", kind: "sequence", option: "sizes", minimum: 2 },
    ]);
    expect(
      emitModule(programOf(twoAxes, { axes: contextAxes(["T", "S"]) }), optionsFor("js")).manifest.axes[1],
    ).toEqual({
      name: "T",
      kind: "dimension",
      option: "sizes",
    });
  });

  it.each(["js", "wasm"] as const)("have at least what they say, %s", async (target) => {
    const axes = networkAxes(["T", "S"], new Map([["S", 2]]));
    const module = await loadFor(programOf(twoAxes, { axes }), target);
    const call = new Ragged(programOf(twoAxes, { axes }), { each: { T: [0, 2], S: [3, 2] } });
    const instance = call.instance(module);
    expect(() => instance.forward(call.values())).not.toThrow();
    const sizes = { T: [0, 2], S: [3, 1] };
    expect(() => instance.forward({ ...call.values(), sizes })).toThrow(
      "forward: sizes.S[1] must be an integer from 2 to 3, got 1",
    );
    expect(() => instance.forward({ ...call.values(), sizes: { S: 1 } })).toThrow(/sizes.S must be an integer from 2/);
  });
});

const polynomials = `
func forward(%input.a: real[T, 2], %input.b: real[2 * S + 1, 2], %input.c: real[T - 1], %param.W: shared real[2, 2]) -> (output.y: %y, output.z: %z, output.w: %w, output.q: %q) {
  %p: real[T, 2] = contract [0 1] [2 1] -> [0 2] %input.a, %param.W
  %y: real[T + 2 * S + 1, 2] = concat axis 0 %p, %input.b
  %m: real[T + 2 * S + 1, T] = contract [0 1] [2 1] -> [0 2] %y, %p
  %e: real[T + 2 * S + 1, T] = tanh %m
  %z: real[T * T + 2 * S * T + T] = reshape [T * T + 2 * S * T + T] %e
  %first: real[T, 1] = slice axis 1 start 0 length 1 %p
  %last: real[T] = reshape [T] %first
  %cut: real[T - 1, 2] = slice axis 0 start 1 length T - 1 %p
  %h: real[2] = reduce sum axes [0] %input.b
  %end: real[2], %q: real[T - 1, 2] = scan length T - 1 carried 1 sequences 1 %h, %cut body
    func step(%h: real[2], %x: real[2]) -> (h: %n, y: %n) {
      %s: real[2] = add %h, %x
      %n: real[2] = tanh %s
    }
  %w: real[2 * T - 1] = concat axis 0 %input.c, %last
}`;

const quotients = `
func forward(%input.x: real[T, 2], %input.e: real[E, 2], %input.r: real[S, 2], %param.W: shared real[2, 3, 2]) -> (output.f: %f, output.down: %down, output.up: %up, output.g: %g, output.run: %run, output.back: %back, output.number: %number) {
  %win: real[floor((T - 3) / 2) + 1, 3, 2] = window axis 0 length floor((T - 3) / 2) + 1 size 3 stride 2 dilation 1 %input.x
  %c: real[floor((T - 3) / 2) + 1, 2] = contract [0 1 2] [3 1 2] -> [0 3] %win, %param.W
  %f: real[floor((T - 3) / 2) + 1, 2] = tanh %c
  %down: real[floor(T / 2), 2] = slice axis 0 start 0 length floor(T / 2) %input.x
  %up: real[T - floor(T / 2), 2] = slice axis 0 start floor(T / 2) length T - floor(T / 2) %input.x
  %pairs: real[E / 2, 4] = reshape [E / 2, 4] %input.e
  %pairs2: real[E / 2, 2] = slice axis 1 start 1 length 2 %pairs
  %cross: real[E / 2, floor(T / 2)] = contract [0 1] [2 1] -> [0 2] %pairs2, %down
  %g: real[E / 2, floor(T / 2)] = tanh %cross
  %late: real[S - T, 2] = slice axis 0 start T length S - T %input.r
  %h: real[2] = reduce sum axes [0] %down
  %end: real[2], %run: real[S - T, 2] = scan length S - T carried 1 sequences 1 reverse %h, %late body
    func step(%h: real[2], %x: real[2]) -> (h: %n, y: %n) {
      %s: real[2] = add %h, %x
      %n: real[2] = tanh %s
    }
  %back: real[S, 2] = concat axis 0 %input.x, %run
  %room: real[] = dimension T - S
  %half: real[] = dimension E / 2
  %number: real[] = add %room, %half
}`;

describe("sizes that follow from others", () => {
  const sums = programOf(polynomials, { axes: networkAxes(["T", "S"], new Map([["T", 1]])) });
  const [T, E, S] = ["T", "E", "S"].map(dimSymbol) as [Dim, Dim, Dim];
  const parts = programOf(quotients, {
    axes: networkAxes(["T", "E", "S"], new Map([["T", 3]])),
    requires: [
      { kind: "least", dim: subtractDims(S, T), text: "S >= T" },
      { kind: "whole", dim: divideDims(E, dimConstant(2))!, text: "E / 2", equation: "g" },
    ],
  });

  it("are polynomials of them", async () => {
    await expectAlone(sums, [
      { each: { T: [3, 1, 4], S: [2, 4, 0] } },
      { each: { T: [1, 1], S: [0, 0] }, padded: { T: 3, S: 2 } },
      { each: { T: [2], S: [3] } },
    ]);
  });

  it("are rounded down and up, quotients without a rest, and differences", async () => {
    await expectAlone(parts, [
      // The padded sizes leave no room for the difference of the second.
      { each: { T: [5, 3, 4], E: [2, 0, 6], S: [5, 6, 6] } },
      { each: { T: [3, 4], E: [2, 4], S: [4, 4] }, padded: { T: 7, E: 5, S: 9 } },
      { each: { T: [6], E: [2], S: [9] } },
    ]);
  });

  it("may be any", async () => {
    const example = fc.record({ T: fc.integer({ min: 3, max: 9 }), E: fc.nat(4), more: fc.nat(6) });
    const call = fc
      .tuple(fc.array(example, { minLength: 1, maxLength: 5 }), fc.nat(3))
      .map(([examples, room]): RaggedCall => {
        const each = {
          T: examples.map((own) => own.T),
          E: examples.map((own) => 2 * own.E),
          S: examples.map((own) => own.T + own.more),
        };
        const padded = Object.fromEntries(Object.entries(each).map(([name, list]) => [name, Math.max(...list) + room]));
        return { each, padded };
      });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 3 }), (calls) => expectAlone(parts, calls)),
      fuzzParameters(2, 40),
    );
  });

  it.each(["js", "wasm"] as const)("are told by results, %s", async (target) => {
    const call = new Ragged(parts, { each: { T: [5, 3], E: [2, 0], S: [5, 6] } });
    const result = call.instance(await loadFor(parts, target)).forward(call.values()) as unknown as Record<
      string,
      unknown
    >;
    expect(result["sizes"]).toEqual({
      "T - floor(T / 2) - 1": new Int32Array([2, 1]),
      "floor(T / 2)": new Int32Array([2, 1]),
      "T - floor(T / 2)": new Int32Array([3, 2]),
      "E / 2": new Int32Array([1, 0]),
      "S - T": new Int32Array([0, 3]),
    });
  });

  it.each(["js", "wasm"] as const)(
    "are refused where they are not whole, or what is demanded does not hold, %s",
    async (target) => {
      const call = new Ragged(parts, { each: { T: [5, 3], E: [2, 0], S: [5, 6] } });
      const instance = call.instance(await loadFor(parts, target));
      const before = instance.forward(call.values())["f"]!.slice();
      const refusal = (sizes: Record<string, readonly number[]>): (() => unknown) => () => instance.forward({ ...call.values(), sizes: { ...(call.values()["sizes"] as object), ...sizes } }); // prettier-ignore
      expect(refusal({ S: [5, 2] })).toThrow(new RangeError("forward: S >= T must hold; example 1 has T 3, E 0, S 2"));
      expect(refusal({ E: [2, 1] })).toThrow(
        new RangeError("forward: E / 2 must be whole in g; example 1 has T 3, E 1, S 6"),
      );
      expect(instance.forward(call.values())["f"]).toEqual(before);
    },
  );

  it("are refused where nothing was demanded, too", async () => {
    const free = { ...parts, requires: [] };
    const call = new Ragged(parts, { each: { T: [5, 3], E: [2, 0], S: [5, 6] } });
    const instance = call.instance(await loadFor(free, "js"));
    expect(() => instance.forward({ ...call.values(), sizes: { T: 5, E: 2, S: 4 } })).toThrow(
      new RangeError(
        "forward: the size S - T must be a whole number from 0 on, and is -1; example 0 has T 5, E 2, S 4",
      ),
    );
  });
});
