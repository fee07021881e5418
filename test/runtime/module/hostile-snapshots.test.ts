/** Snapshots that mean harm: the error of a wrong call and an instance as it was, or a stream that goes on. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { cell } from "../../../compiler/index.js";
import type { CompiledModule } from "../../../runtime/index.js";
import { fuzzParameters } from "../../support/fuzz.js";
import { changed, hostileChange, hostileValue } from "../../support/hostile-values.js";

const source = `cell Reader(I, H) {
  input x: [I]
  input k: index(3)
  context memory: [S, H]
  state h: [H]
  state n: []
  param W: [H, I] ~ uniform(1)
  param table: [3, H] ~ ones
  h' = 0.5 * h + W @ x + table[k] + sum(memory, axis = 0)
  n' = n + 1
  output y = h' * n'
}`;

interface Stream {
  readonly batch: number;
  readonly contexts: object;
  readonly sizes: { readonly S?: { readonly padded: number } };
}

describe.each(["js", "wasm"] as const)("a snapshot for %s", (target) => {
  let module: CompiledModule;
  beforeAll(async () => {
    module = await cell(source, { dimensions: { I: 2, H: 3 }, target });
  });

  const started = () => {
    const instance = module.instantiate({ batch: 2, sizes: { S: 4 } });
    instance.init(1);
    const memory = new Float32Array(2 * 4 * 3).fill(0.25);
    instance.reset({ memory } as never);
    const step = (contexts = {}) => [
      ...instance.step({ x: Float32Array.of(1, 2, 3, 4), k: [0, 2], ...contexts } as never)["y"]!,
    ];
    step();
    return { instance, step, memory };
  };

  test("with anything anywhere is refused without a trace, or gives what can be gone on with", () => {
    const seen = { accepted: 0, refused: 0 };
    const { instance, step, memory } = started();
    const right = instance.snapshot();
    const expected = step();
    const any = fc.oneof(
      fc.array(hostileChange, { maxLength: 3 }),
      hostileValue.map((value) => ({ value })),
    );
    fc.assert(
      fc.property(any, (given) => {
        instance.restore(structuredClone(right) as never);
        let snapshot: unknown = structuredClone(right);
        if (Array.isArray(given)) for (const change of given) snapshot = changed(snapshot, change);
        else snapshot = given.value;
        try {
          instance.restore(snapshot as never);
        } catch (error) {
          if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
          expect(error.message).toMatch(/^restore/u);
          seen.refused++;
          expect(instance.snapshot()).toEqual(right);
          expect(step()).toEqual(expected);
          return;
        }
        seen.accepted++;
        const taken = instance.snapshot();
        // What is left out is left to the next step, as after a reset; examples and places may be fewer than before.
        const { batch, contexts, sizes } = taken as Stream;
        const rows = batch * (sizes.S?.padded ?? 0);
        const left = "memory" in contexts ? {} : { memory: memory.slice(0, rows * 3) };
        const next = step(left);
        instance.restore(taken as never);
        expect(step(left)).toEqual(next);
      }),
      fuzzParameters(200, 2),
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(0);
  });
});
