/** What is kept of delay lines whose elements depend on what is read of them. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";
import { explainProgram, printExplanation } from "../../../../compiler/tools/explain/explain.js";
import { scheduleKernels } from "../../../support/kernels.js";
import { evaluateDim } from "../../../../compiler/base/types/dim.js";
import { randomSource } from "../../../support/evaluate-helpers.js";

/** An attention over the last K values of what it makes itself, which it reads before a step, and one that it reads after it. */
const lines: Readonly<Record<string, string>> = {
  before: `cell A(K, H) { input x: [H] param A: [H, H] state s: [K, H] s' = concat([h], s[:K - 1])
    h = tanh(x + A @ (softmax(s @ x) @ s)) output y = h }`,
  "before, from the other end": `cell A(K, H) { input x: [H] param A: [H, H] state s: [K, H] s' = concat(s[1:], [h])
    h = tanh(x + A @ (softmax(s @ x) @ s)) output y = h }`,
  after: `cell A(K, H) { input x: [H] param A: [H, H] param W: [K, H] s = past(h, K)
    h = tanh(x + A @ r) r = delay(e, by = 1) e = sum(W * s, axis = 0) output y = h }`,
};

function entriesOf(text: string, dimensions: Record<string, number>): ReturnType<typeof buildEntries> {
  const { cell: lowered } = lowerSource(text, { dimensions }, "symbolic");
  return buildEntries(programOfCell(lowered!), { gradient: true, jvp: false, hvp: false });
}

describe.each(Object.entries(lines))("a line that is read %s", (_, text) => {
  it("is kept as what enters it", () => {
    const kept = /kept for backward: (.*) bytes/u.exec(printExplanation(explainProgram(entriesOf(text, {})), 4))?.[1];
    // No product of K and H.
    expect(kept).toMatch(/^\d+\*H( \+ 4\*K \+ 8)?$/u);
  });

  it("takes memory by steps and by its length, not by their product", () => {
    const { kernel } = scheduleKernels(entriesOf(text, { K: 64, H: 8 }), { dtype: "f32", runtimeDimensions: [] });
    const elements = (steps: number): number => {
      const sizes = new Map([["%B", 1], ["%T", steps]]); // prettier-ignore
      return Math.max(...kernel.buffers.map(({ size }) => evaluateDim(size, sizes)));
    };
    // The attention weights of a step are K; a window is 512.
    expect(elements(1000)).toBeLessThanOrEqual(1000 * 64 + 512);
  });

  it("has the gradient of the state whose elements are written one by one", async () => {
    const dimensions = { K: 3, H: 2 };
    const moved = text
      .replace("s' = concat([h], s[:K - 1])", "s'[k] = if k == 0 then h else s[(k + K - 1) mod K]")
      .replace("s' = concat(s[1:], [h])", "s'[k] = if k == K - 1 then h else s[(k + 1) mod K]")
      .replace("s = past(h, K)", "s = t' state t: [K, H] t'[k] = if k == 0 then h else t[(k + K - 1) mod K]");
    expect(moved).not.toBe(text);
    const gradients = await Promise.all(
      [text, moved].map(async (source) => {
        const { instantiate } = await cell(source, { dimensions, dtype: "f64", target: "js" });
        const random = randomSource(3);
        const draw = (count: number): Float64Array => Float64Array.from({ length: count }, () => 2 * random() - 1);
        const instance = instantiate({ batch: 2, steps: 7 });
        instance.setParams({ A: draw(4), ...("W" in instance.params && { W: draw(6) }) });
        // One example is shorter than the line.
        instance.forward({ x: draw(28), lengths: [7, 2] });
        const { params, x } = instance.backward!({ y: draw(28) }) as {
          params: Record<string, Float64Array>;
          x?: unknown;
        };
        return [...Object.values(params).flatMap((values) => [...values]), x];
      }),
    );
    const [own, wanted] = gradients.map((values) => values.filter((value) => typeof value === "number"));
    expect(own!.length).toBeGreaterThan(3);
    for (const [i, value] of own!.entries()) expect(Math.abs(value - wanted![i]!)).toBeLessThan(1e-13);
    expect(own!.some((value) => value !== 0)).toBe(true);
  });
});
