import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import { runSequence, type RunSequenceOptions } from "../../../runtime/sequence/run-sequence.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import { sumModuleText } from "../../support/sum-module.js";

describe("runSequence", () => {
  let module: CompiledModule;
  beforeAll(async () => {
    module = await loadModule(sumModuleText());
  });

  it("gives in chunks what one call gives, lengths and given states included", () => {
    const sizes = fc.record({ batch: fc.integer({ min: 1, max: 3 }), steps: fc.integer({ min: 1, max: 9 }) });
    const cases = sizes.chain(({ batch, steps }) =>
      fc.record({
        batch: fc.constant(batch),
        steps: fc.constant(steps),
        chunk: fc.integer({ min: 1, max: steps + 1 }),
        lengths: fc.option(fc.array(fc.nat(steps), { minLength: batch, maxLength: batch }), { nil: undefined }),
        s: fc.option(fc.array(fc.integer(), { minLength: batch * 2, maxLength: batch * 2 }), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(
        cases,
        fc.infiniteStream(fc.integer({ min: -9, max: 9 })),
        ({ batch, steps, chunk, lengths, s }, numbers) => {
          const x = Float64Array.from({ length: batch * steps * 2 }, () => numbers.next().value);
          const extra = { ...(s && { s }), ...(lengths && { lengths }) };
          const whole = module.instantiate({ batch, steps }).forward({ x, ...extra });
          const instance = module.instantiate({ batch, steps: chunk });
          const result = runSequence(
            module,
            instance,
            { x, ...(s && { s }) },
            { batch, steps, chunk, ...(lengths && { lengths }) },
          );
          expect(result.outputs["y"]).toEqual(whole["y"]);
          expect(result.final["s"]).toEqual(whole.final["s"]);
        },
      ),
    );
  });

  it("names what does not fit", () => {
    const instance = module.instantiate({ batch: 1, steps: 4 });
    const run = (values: object, options: RunSequenceOptions = { batch: 1, steps: 8, chunk: 4 }) =>
      runSequence(module, instance, values as Record<string, unknown>, options);
    expect(() => run({})).toThrow("input x is missing");
    expect(() => run({ x: 1 })).toThrow(TypeError);
    expect(() => run({ x: new Float64Array(15) })).toThrow("input x must have length 1 * 8 * 2, got 15");
    expect(() => run({ x: new Float64Array(16) }, { batch: 1, steps: 8, chunk: 0 })).toThrow(/chunk/);
    for (const length of [9, -1, 0.5, NaN]) {
      const message = `lengths[0] must be an integer from 0 to 8, got ${length}`;
      expect(() => run({ x: new Float64Array(16) }, { batch: 1, steps: 8, chunk: 4, lengths: [length] })).toThrow(
        message,
      );
    }
    expect(() => run({ x: new Float64Array(16) }, { batch: 1, steps: 8, chunk: 8 })).toThrow(RangeError);
  });

  it("runs what takes no fewer steps than some, where examples end before others", async () => {
    const text = (least: number): string =>
      `network A(; T >= ${least}) { input x: [T] input w: index(9)[T] y = before(y, 1) + x * real(w) output z = y loss = sum(x[${least} - 1:]) + y[T - 1] }`;
    for (const [least, chunk] of [
      [1, 2],
      [3, 4],
    ] as const) {
      const { instantiate, ...rest } = await cell(text(least), { cell: "A", dtype: "f64" });
      const net = instantiate({ batch: 2, sizes: { T: 10 } });
      const x = Array.from({ length: 20 }, (_, i) => i + 1);
      const w = BigInt64Array.from(x, (_, i) => (i > 3 && i < 10 ? -1n : BigInt(i % 9)));
      const lengths = [4, 10];
      const whole = net.forward({ x, w, sizes: { T: lengths } } as never);
      const [z, y] = [[...whole["z"]!], [...whole.final["y"]!]];
      const run = (steps: number) => runSequence(rest, net, { x, w }, { batch: 2, steps, chunk, lengths });
      const { outputs, final } = run(10);
      expect([[...outputs["z"]!], [...final["y"]!]]).toEqual([z, y]);
    }
    const { instantiate, ...rest } = await cell(text(3), { cell: "A", dtype: "f64" });
    const short = () => runSequence(rest, instantiate({ sizes: { T: 3 } }), { x: [1, 2, 3, 4], w: [1, 1, 1, 1] }, { batch: 1, steps: 4, chunk: 3 }); // prettier-ignore
    expect(short).toThrow("chunks of at most 3 of 4 steps leave one of fewer than 3");
  });

  it("cuts what has another size of the call at each step", async () => {
    const text = `network A(; T, S) { input u: [T, S] input m: [S] output y = u * m }`;
    const compiled = await cell(text, { dtype: "f64" });
    const sizes = { S: 2 };
    const values = { u: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], m: [1, 10, 2, 20] };
    const whole = compiled
      .instantiate({ batch: 2, sizes: { T: 3, S: 2 } })
      .forward({ ...values, sizes: { T: 3, S: 2 } });
    const instance = compiled.instantiate({ batch: 2, sizes: { T: 2, S: 2 } });
    const result = runSequence(compiled, instance, values, { batch: 2, steps: 3, chunk: 2, sizes });
    expect(result.outputs["y"]).toEqual(whole["y"]);
    const wrong = { ...values, u: [1, 2, 3] };
    expect(() => runSequence(compiled, instance, wrong, { batch: 2, steps: 3, chunk: 2, sizes })).toThrow(RangeError);
  });

  it("refuses what is of the whole sequence", () => {
    const { manifest } = module;
    const loss = { ...manifest.outputs[0]!, name: "loss", axes: [], shape: [] };
    const whole = { manifest: { ...manifest, outputs: [...manifest.outputs, loss] } };
    const instance = module.instantiate({ batch: 1, steps: 4 });
    const run = () => runSequence(whole, instance, { x: new Float64Array(16) }, { batch: 1, steps: 8, chunk: 4 });
    expect(run).toThrow(
      new TypeError("runSequence: loss is of the whole sequence, so it cannot be put together of chunks"),
    );
  });

  it("takes no options that do not exist", () => {
    const options = { batch: 1, steps: 1, chunk: 1, length: [1] } as RunSequenceOptions;
    expect(() => runSequence(module, module.instantiate({ batch: 1, steps: 1 }), { x: [1, 2] }, options)).toThrow(
      "runSequence: unknown option length; expected batch, steps, chunk, lengths, sizes",
    );
  });
});
