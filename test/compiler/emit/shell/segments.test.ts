/** `backward(cotangents, { continues })`: sums that go on from call to call. */
import { PIECE } from "../../../../compiler/ir/kernel/kernel-program.js";
import { BLOCK } from "../../../../runtime/sequence/plan-segments.js";
import { describe, expect, it, test } from "vitest";
import { cell, compile } from "../../../../compiler/index.js";
import type { CompiledModule } from "../../../../runtime/index.js";
import { printDeclarations } from "../../../../compiler/emit/typescript/declarations.js";

const source = `
cell Sum(H) {
  input x: [H]
  state h: [H]
  param a: [H] ~ ones
  h' = h + a * x
  output y = h'
}`;
const dimensions = { H: 2 };

it("counts in the pieces that kernels cut sums into, as plans of segments do", () => {
  expect(BLOCK).toBe(PIECE);
});

describe.each(["js", "wasm"] as const)("%s", (target) => {
  const open = async () => {
    const module: CompiledModule = await cell(source, { dimensions, target, segments: true });
    const instance = module.instantiate({ batch: 2, steps: 128 });
    return { forward: instance.forward, backward: instance.backward! };
  };

  it("adds to what the call before has given, and begins anew without", async () => {
    const sums = await open();
    const part = (options?: object, steps = PIECE): number[] => {
      sums.forward({ x: new Float32Array(2 * steps * 2).fill(1), steps });
      const y = new Float32Array(2 * steps * 2);
      return [...sums.backward({ y, final: { h: [1, 2, 3, 4] } }, options).params["a"]!];
    };
    // Of both examples.
    const once = [PIECE * (1 + 3), PIECE * (2 + 4)];
    expect(part()).toEqual(once);
    expect(part({ continues: true })).toEqual(once.map((sum) => 2 * sum));
    expect(part({ continues: false })).toEqual(once);
    expect(part({}, 3)).toEqual([12, 18]);
    expect(part({ continues: true })).toEqual([12 + 256, 18 + 384]);
  });

  it("says what it takes", async () => {
    const sums = await open();
    const x = new Float32Array(2 * 128 * 2);
    sums.forward({ x: x.subarray(0, 40), steps: 10 });
    expect(() => sums.backward({}, { continue: true } as object)).toThrow("backward: options: unknown name continue; expected continues");
    expect(() => sums.backward({}, { continues: 1 } as object)).toThrow("backward: continues must be true or false, got 1");
    expect(() => sums.backward({}, { continues: true })).toThrow(`backward: steps before others must be a multiple of ${PIECE}; T is 10`);
    sums.forward({ x });
    expect(() => sums.backward({}, { continues: true })).toThrow("backward: it continues a backward of the same sizes, and there was none");
    sums.backward({});
    sums.forward({ x: x.subarray(0, 256), batch: 1 });
    expect(() => sums.backward({}, { continues: true })).toThrow("backward: it continues a backward of the same sizes, and there was none");
    // What was refused changes nothing.
    expect([...sums.backward({ final: { h: [1, 1] } }).params["a"]!]).toEqual([0, 0]);
  }); // prettier-ignore
});

test("modules without have neither the part nor the option", () => {
  const own = compile(source, { dimensions, segments: true });
  const plain = compile(source, { dimensions });
  expect(own.manifest!.has.segments).toEqual({ axis: "T", totals: [] });
  expect(plain.manifest!.has).not.toHaveProperty("segments");
  expect(plain.files[0]!.text).not.toContain("continues");
  expect(printDeclarations(plain.manifest!)).toContain("backward(cotangents?: Cotangents): Gradient;");
  expect(printDeclarations(own.manifest!)).toContain(
    "backward(cotangents?: Cotangents, options?: { readonly continues?: boolean }): Gradient;",
  );
});

test.each<[object, string]>([
  [{ segments: 1 }, "segments must be a boolean, got 1"],
  [{ segments: true, gradient: false }, 'segments are of a gradient: it needs gradient true or "params", got false'],
])("options %j", (options, message) => {
  expect(() => compile(source, { dimensions, ...options })).toThrow(message);
});
