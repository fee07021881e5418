/** How long segments are: as long as the budget has room for. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/index.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import { optionsOf, planSegments, type SegmentsRoom, withoutAxis } from "../../../runtime/sequence/plan-segments.js";

const source = `cell Leaky(H) { input x: [H] state h: [H] param a: [H] ~ ones h' = h + a * x output y = h' }`;
const dimensions = { H: 16 };
const room = (steps: number, batch = 1): SegmentsRoom => ({ axis: "T", steps, batch, sizes: {}, more: {} });

/** Counted by hand: the module, copies of what is taken and given where there are several examples, and states between segments. */
function bytesOf(module: CompiledModule, { steps, batch }: SegmentsRoom, segment: number): number {
  let own = 0;
  try {
    module.instantiate({ batch, steps: segment, maxBytes: 0 });
  } catch (error) {
    own = (error as { bytes: number }).bytes;
  }
  const copies = batch === 1 ? 0 : batch * segment * 2 * 16 * 4;
  return own + copies + (Math.ceil(steps / segment) - 1) * batch * 16 * 4;
}

describe("planSegments", () => {
  it("takes the longest that fit, whatever the budget", async () => {
    const module = await cell(source, { dimensions, target: "js", segments: true });
    for (const own of [room(10_000), room(2000, 3)]) {
      const all = Array.from({ length: Math.ceil(own.steps / 64) }, (_, i) => Math.min((i + 1) * 64, own.steps));
      const bytes = all.map((segment) => bytesOf(module, own, segment));
      const least = Math.min(...bytes);
      for (const budget of [least, least + 100, 200_000, 500_000, 2 ** 30]) {
        if (budget < least) continue;
        const longest = all.filter((_, i) => bytes[i]! <= budget).at(-1)!;
        expect(planSegments(module, own, budget, "openSegments")).toEqual({
          segment: longest,
          bytes: bytesOf(module, own, longest),
        });
      }
      expect(() => planSegments(module, own, least - 1, "openSegments")).toThrow(
        `openSegments: segments of ${all[bytes.indexOf(least)]} steps take the least, ${least} bytes, more than the ${least - 1} that there may be`,
      );
    }
  });

  it("leaves other mistakes to the module", async () => {
    const module = await cell(source, { dimensions, target: "js", segments: true });
    const other = { ...room(10), sizes: { S: 1 } };
    expect(() => planSegments(module, other, 1e9, "openSegments")).toThrow("instantiate: sizes: unknown name S");
    expect(optionsOf(module.manifest, other, 7)).toEqual({ batch: 1, steps: 7, sizes: { S: 1 } });
  });
});

it("one step of a tensor is without the axis, wherever that is", () => {
  const tensor = { name: "x", documentation: "" };
  expect(withoutAxis({ ...tensor, axes: ["B", "T"], shape: [2] }, "T")).toMatchObject({ axes: ["B"], shape: [2] });
  expect(withoutAxis({ ...tensor, axes: ["B"], shape: ["T", 2] }, "T")).toMatchObject({ axes: ["B"], shape: [2] });
  expect(withoutAxis({ ...tensor, axes: ["B"], shape: ["S", 2] }, "T")).toBeUndefined();
});
