/** Programs that are no cells: several sequences, results that all examples share, and no stream. */
import { describe, expect, it, test } from "vitest";
import { buildEntries } from "../../../compiler/driver/entries.js";
import { emitModule, lowerSource } from "../../../compiler/driver/pipeline.js";
import type { ModuleOptions } from "../../../compiler/emit/manifest.js";
import { printDeclarations } from "../../../compiler/emit/typescript/declarations.js";
import { typeOf } from "../../../compiler/ir/graph/values.js";
import { verifyFunction } from "../../../compiler/ir/graph/verify.js";
import { programOfCell } from "../../../compiler/program/cell-program.js";
import { programContext } from "../../../compiler/program/program.js";
import type { CompiledModule, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { loadModule, runSequence } from "../../../runtime/index.js";
import { alignerProgram } from "../../support/aligner-program.js";
import { randomSource } from "../../support/evaluate-helpers.js";

const options = (target: ModuleOptions["target"], dtype: "f32" | "f64" = "f64"): ModuleOptions => ({
  target,
  dtype,
  fma: false,
  wasmFile: false,
  gradient: true,
  jvp: true,
  hvp: true,
});

const numbers = (count: number, seed: number): Float64Array => {
  const random = randomSource(seed);
  return Float64Array.from({ length: count }, () => 2 * random() - 1);
};

const batch = 3;
const steps = 4;
const answers = 5;
const lengths = [4, 0, 2];
const own = [1, 5, 0];
const params = { W: numbers(6, 1), V: numbers(9, 2) };
/** Beyond the sizes of an example stands NaN. */
const padded = (width: number, most: number, sizes: readonly number[], seed: number): Float64Array =>
  numbers(batch * most * width, seed).map((value, i) => {
    const row = Math.floor(i / width);
    return row % most < (sizes[Math.floor(row / most)] as number) ? value : NaN;
  });
const values = {
  x: padded(2, steps, lengths, 3),
  z: padded(2, answers, own, 4),
  h: numbers(batch * 3, 5),
  lengths,
  sizes: { U: { padded: answers, each: own } },
};

const load = async (target: ModuleOptions["target"]): Promise<CompiledModule> =>
  loadModule(emitModule(alignerProgram, options(target)).text);

function make(module: CompiledModule): ModuleInstance {
  const instance = module.instantiate({ batch, steps, sizes: { U: answers } });
  instance.setParams(params);
  return instance;
}

/** The equations again, in plain JavaScript, for one example. */
function byHand(x: readonly number[][], z: readonly number[][], h: readonly number[]) {
  const step = (state: readonly number[], input: readonly number[]): number[] =>
    [0, 1, 2].map((i) => {
      let [a, b] = [0, 0];
      for (let k = 0; k < 2; k++) a += (params.W[2 * i + k] as number) * (input[k] as number);
      for (let k = 0; k < 3; k++) b += (params.V[3 * i + k] as number) * (state[k] as number);
      return Math.tanh(a + b);
    });
  let state = [...h];
  for (const input of x) state = step(state, input);
  const back: number[][] = [];
  for (const input of [...x].reverse()) back.unshift((state = step(state, input)));
  const y = z.map((input) => (state = step(state, input)));
  return { back, y, end: state };
}

const rows = (all: Float64Array, b: number, most: number, count: number): number[][] =>
  Array.from({ length: count }, (_, t) => [...all.slice((b * most + t) * 2, (b * most + t) * 2 + 2)]);

const flat = (result: object): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(result).flatMap(([name, value]: [string, unknown]) =>
      ArrayBuffer.isView(value)
        ? [[name, [...(value as Float64Array)]] as const]
        : Object.entries(flat(value as object)).map(([inner, list]) => [`${name}.${inner}`, list] as const),
    ),
  );

test("every pass leaves valid functions", () => {
  const context = programContext(alignerProgram);
  const invalid: string[] = [];
  const { entries } = buildEntries(alignerProgram, {
    gradient: true,
    jvp: true,
    hvp: true,
    observe: ({ entry, stage, fn }) => {
      invalid.push(...verifyFunction(fn, context).map((problem) => `${entry} after ${stage}: ${problem}`));
    },
  });
  expect(invalid).toEqual([]);
  expect([...entries.keys()]).toEqual(["forward", "backward", "jvp", "hvp"]);
});

test("the manifest says the axes of each tensor, and what the module can do", () => {
  const { manifest } = emitModule(alignerProgram, options("js"));
  expect(manifest.axes).toEqual([
    { name: "B", kind: "batch", option: "batch" },
    { name: "T", kind: "sequence", option: "steps" },
    { name: "U", kind: "sequence", option: "sizes" },
  ]);
  const axes = Object.fromEntries(
    [...manifest.inputs, ...manifest.states, ...manifest.params, ...manifest.outputs].map((one) => [
      one.name,
      one.axes,
    ]),
  );
  expect(axes).toEqual({
    x: ["B", "T"],
    z: ["B", "U"],
    h: ["B"],
    W: [],
    V: [],
    y: ["B", "U"],
    back: ["B", "T"],
    loss: [],
  });
  expect(manifest.has).toEqual({ step: false, gradient: true, jvp: true, hvp: true });
});

test("its types have nothing that streams", () => {
  const { manifest } = emitModule(alignerProgram, options("js"));
  const types = printDeclarations(manifest);
  expect(types).toContain("forward(args: ForwardArguments): ForwardResult;");
  expect(types).not.toMatch(/\bstep\(|StepArguments|Snapshot|restore/u);
  expect(types).toMatch(/\/\*\* `\[\]` \*\/\s+readonly loss: Values;/u);
});

describe.each(["js", "wasm"] as const)("in %s", (target) => {
  it("computes each example alone, in all of its own sizes", async () => {
    const instance = make(await load(target));
    const result = flat(instance.forward(values as never));
    let loss = 0;
    for (let b = 0; b < batch; b++) {
      const wanted = byHand(
        rows(values.x, b, steps, lengths[b] as number),
        rows(values.z, b, answers, own[b] as number),
        [...values.h.slice(3 * b, 3 * b + 3)],
      );
      const part = (name: string, most: number, count: number): number[] =>
        (result[name] as number[]).slice(b * most * 3, (b * most + count) * 3);
      const expectClose = (actual: readonly number[], expected: readonly number[]): void => {
        expect(actual.length).toBe(expected.length);
        for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 12);
      };
      expectClose(part("back", steps, lengths[b] as number), wanted.back.flat());
      expectClose(part("y", answers, own[b] as number), wanted.y.flat());
      expectClose((result["final.h"] as number[]).slice(3 * b, 3 * b + 3), wanted.end);
      loss += 2 * wanted.y.flat().reduce((sum, value) => sum + value * value, 0);
    }
    expect(result["loss"]).toHaveLength(1);
    expect(result["loss"]![0]).toBeCloseTo(loss, 12);
    // Padding of results is zero.
    expect((result["y"] as number[]).slice(3, 15).every((value) => value === 0)).toBe(true);
  });

  it("has gradients, jvp and hvp that agree with differences", async () => {
    const instance = make(await load(target));
    const other = make(await load(target));
    const cotangents = { y: numbers(batch * answers * 3, 7), back: numbers(batch * steps * 3, 8), loss: [0.7] };
    const weighted = (at: Record<string, number[]>): number =>
      ["y", "back", "loss"].reduce(
        (sum, name) => sum + at[name]!.reduce((own, value, i) => own + value * (cotangents as never)[name][i], 0), // prettier-ignore
        0,
      );
    const direction = { W: numbers(6, 11), V: numbers(9, 12) };
    const moved = (by: number): ModuleInstance => {
      other.setParams({
        W: params.W.map((value, i) => value + by * (direction.W[i] as number)),
        V: params.V.map((value, i) => value + by * (direction.V[i] as number)),
      });
      return other;
    };
    const step = 1e-5;
    const at = (by: number): number => weighted(flat(moved(by).forward(values as never)));
    const slope = (at(step) - at(-step)) / (2 * step);
    instance.forward(values as never);
    const gradient = flat(instance.backward!(cotangents));
    const along = [0, 1, 2, 3, 4, 5].reduce((sum, i) => sum + gradient["params.W"]![i]! * direction.W[i]!, 0);
    const rest = direction.V.reduce((sum, value, i) => sum + gradient["params.V"]![i]! * value, 0);
    expect(along + rest).toBeCloseTo(slope, 7);
    const tangent = flat(instance.jvp!(values as never, { params: direction }));
    expect(weighted(tangent)).toBeCloseTo(slope, 7);
    expect(tangent["loss"]).toHaveLength(1);
    const gradientAt = (by: number): Record<string, number[]> => {
      const there = moved(by);
      there.forward(values as never);
      return flat(there.backward!(cotangents));
    };
    const [up, down] = [gradientAt(step), gradientAt(-step)];
    const hvp = flat(instance.hvp!(values as never, { params: direction }, cotangents));
    for (const [name, list] of Object.entries(hvp)) {
      for (const [i, value] of list.entries()) {
        const wanted = (up[name]![i]! - down[name]![i]!) / (2 * step);
        expect(value, `${name}[${i}]`).toBeCloseTo(wanted, 5);
      }
    }
  });

  it("refuses wrong sizes by name, and to stream", async () => {
    const module = await load(target);
    const instance = make(module);
    expect(() => instance.forward({ ...values, sizes: { U: -1 } } as never)).toThrow(
      "forward: sizes.U must be an integer from 0 to 5, got -1",
    );
    expect(() => instance.forward({ ...values, sizes: { U: 4 } } as never)).toThrow(
      "forward: z must have shape [batch 3, U 4, 2], that is length 24; got Float64Array of length 30",
    );
    expect(() => instance.step({})).toThrow(new TypeError("step: this module cannot stream"));
    expect(() => instance.backward!({ loss: [1, 1, 1] })).toThrow(TypeError);
    expect(() => runSequence(module, instance, values, { batch, steps, chunk: 2 })).toThrow(
      new TypeError("runSequence: this module looks ahead, so it cannot be run in chunks"),
    );
  });
});

test("both targets give the same bits", async () => {
  const [js, wasm] = await Promise.all((["js", "wasm"] as const).map(load));
  const run = (module: CompiledModule): object => {
    const instance = make(module);
    const result = flat(instance.forward(values as never));
    return { ...result, ...flat(instance.backward!({ loss: [1], y: numbers(batch * answers * 3, 7) })) };
  };
  expect(run(wasm!)).toEqual(run(js!));
});

test("a residual says whether it is one for all examples, as the value that forward keeps is", () => {
  const source = "cell C(I) {\n  input x: [I]\n  param w: [I] ~ zeros\n  output y = tanh(exp(exp(w)) * x)\n}\n";
  const lowered = lowerSource(source, { cell: "C", dimensions: { I: 2 } }, "all sizes").cell!;
  const { entries, roles } = buildEntries(programOfCell(lowered), { gradient: true, jvp: false, hvp: false });
  const { fn } = entries.get("forward")!;
  const kept = fn.outputNames.flatMap((name, i) => {
    const { kind, shared } = roles.get(name)!;
    return kind === "residual" ? [[typeOf(fn, fn.outputs[i]!).shared, shared === true]] : [];
  });
  expect(kept).toContainEqual([true, true]);
  expect(kept).toContainEqual([false, false]);
  expect(kept.filter(([own, told]) => own !== told)).toEqual([]);
});
