/** A module gives the same bits however it is run: what must hold of every cell, checked on random values. */
import { expect } from "vitest";
import {
  createRandom,
  runSequence,
  type CompiledModule,
  type FloatArray,
  type Manifest,
  type ModuleInstance,
  type TensorEntry,
} from "../../runtime/index.js";
import { keep } from "./models.js";
import {
  cut,
  eachPlace,
  exampleOf,
  randomCall,
  randomParams,
  type RandomCall,
  type Tensors,
  valuesOf,
  withNaNPadding,
} from "./random-call.js";

const shape = { batch: 3, steps: 5 };

interface Prepared {
  readonly manifest: Manifest;
  readonly sizes: Readonly<Record<string, number>>;
  readonly call: RandomCall;
  make(batch: number, steps: number): ModuleInstance;
}

function prepare(module: CompiledModule, seed: number): Prepared {
  const sizes = Object.fromEntries(module.manifest.runtimeDimensions.map((name) => [name, 4]));
  const call = randomCall(module.manifest, seed, { ...shape, sizes });
  const make = (batch: number, steps: number): ModuleInstance => {
    const instance = module.instantiate({ batch, steps, sizes });
    randomParams(instance, seed);
    return instance;
  };
  return { manifest: module.manifest, sizes, call, make };
}

/** At once, in chunks, step by step, and resumed from a snapshot. */
export function expectSameBitsInPieces(module: CompiledModule, seed: number): void {
  const { call, make, manifest } = prepare(module, seed);
  const values = valuesOf(manifest, call);
  const result = make(3, 5).forward(values);
  const whole = {
    outputs: keep(Object.fromEntries(manifest.outputs.map(({ name }) => [name, result[name]!]))),
    final: keep(result.final),
  };
  const given = {
    ...call.contexts,
    ...call.states,
    ...Object.fromEntries(manifest.inputs.map(({ name }) => [name, values[name]])),
  };
  for (const chunk of [1, 2, 5]) {
    const pieces = runSequence(module, make(3, chunk), given, { ...shape, chunk });
    expect({ ...pieces.outputs }).toEqual(whole.outputs);
    expect({ ...pieces.final }).toEqual(whole.final);
  }
  const stream = make(3, 1);
  stream.reset({ ...call.contexts, ...call.states });
  let snapshot: unknown;
  const takeStep = (t: number): void => {
    const inputs = manifest.inputs.map((entry) => {
      const width = call.inputs[entry.name]!.length / 15;
      const rows = [0, 1, 2].flatMap((b) => [
        ...call.inputs[entry.name]!.subarray((b * 5 + t) * width, (b * 5 + t + 1) * width),
      ]);
      return [entry.name, entry.dtype === "index" ? Int32Array.from(rows) : rows];
    });
    const out = stream.step(Object.fromEntries(inputs));
    for (const { name } of manifest.outputs) {
      const width = out[name]!.length / 3;
      for (let b = 0; b < 3; b++) {
        const wanted = whole.outputs[name]!.subarray((b * 5 + t) * width, (b * 5 + t + 1) * width);
        expect(out[name]!.subarray(b * width, (b + 1) * width)).toEqual(wanted);
      }
    }
  };
  for (let t = 0; t < 5; t++) {
    if (t === 2) snapshot = stream.snapshot();
    takeStep(t);
  }
  stream.restore(snapshot as never);
  for (let t = 2; t < 5; t++) takeStep(t);
}

/** Together and alone, of different lengths and run-time sizes, with NaN in all padding. Compiled with gradients. */
export function expectSameBitsAlone(module: CompiledModule, seed: number): void {
  const { sizes, call, make, manifest } = prepare(module, seed);
  const lengths = [2, 5, 0];
  const own = lengths.map((steps, b) => ({
    steps,
    sizes: Object.fromEntries(Object.keys(sizes).map((name) => [name, 4 - b])),
  }));
  const padded = withNaNPadding(manifest, call, own);
  const perExample = Object.fromEntries(Object.keys(sizes).map((name) => [name, own.map((o) => o.sizes[name]!)]));
  const together = make(3, 5);
  const result = together.forward({ ...valuesOf(manifest, padded), lengths, sizes: perExample });
  const outputs = keep(Object.fromEntries(manifest.outputs.map(({ name }) => [name, result[name]!])));
  const final = keep(result.final);
  const gradient = together.backward!({ ...padded.outputs, final: call.finals });

  own.forEach((mine, b) => {
    const alone = make(1, 5);
    const example = exampleOf(manifest, call, b, mine);
    const single = alone.forward({ ...valuesOf(manifest, example), sizes: mine.sizes });
    const context = { ...call, batch: 3 };
    const same = (
      name: string,
      entry: { shape: readonly (number | string)[] },
      all: FloatArray,
      one: FloatArray,
      timed: boolean,
    ) => {
      const mineOnly = cut(entry as never, all, context, b, mine, timed);
      expect(mineOnly, `${name} of example ${b}`).toEqual(Float64Array.from(one));
    };
    for (const entry of manifest.outputs) same(entry.name, entry, outputs[entry.name]!, single[entry.name]!, true);
    for (const entry of manifest.states) same(entry.name, entry, final[entry.name]!, single.final[entry.name]!, false);
    const ownGradient = alone.backward!({ ...example.outputs, final: example.finals });
    for (const entry of manifest.inputs) {
      if (entry.dtype === "real")
        same(`grad.${entry.name}`, entry, gradient[entry.name]!, ownGradient[entry.name]!, true);
    }
    for (const entry of manifest.contexts)
      same(`grad.${entry.name}`, entry, gradient[entry.name]!, ownGradient[entry.name]!, false);
    for (const entry of manifest.states)
      same(`grad.${entry.name}`, entry, gradient.initial[entry.name]!, ownGradient.initial[entry.name]!, false);
  });

  // Outputs and gradients are zero in the padding.
  const zeros = (
    entry: { shape: readonly (number | string)[]; name: string },
    values: FloatArray,
    timed: boolean,
  ): void => {
    const rest = values.slice();
    own.forEach((mine, b) => eachPlace(entry as never, call, b, mine, timed, (at) => (rest[at] = 0)));
    expect(
      rest.every((value) => value === 0),
      `padding of ${entry.name}`,
    ).toBe(true);
  };
  for (const entry of manifest.outputs) zeros(entry, outputs[entry.name]!, true);
  for (const entry of manifest.inputs) if (entry.dtype === "real") zeros(entry, gradient[entry.name]!, true);
  for (const entry of manifest.contexts) zeros(entry, gradient[entry.name]!, false);
  for (const values of Object.values(gradient.params)) expect(values.every(Number.isFinite)).toBe(true);
}

const extremes = [0, -0, NaN, Infinity, -Infinity, 1e308, -1e308, 3e38, -3e38, 1e-40, -1e-45, 1e-310, -5e-324];

/**
 * Extreme values in one example: its bits are those it has alone, and its neighbours stay finite. Compiled with gradients.
 */
export function expectExtremesStayTheirOwn(module: CompiledModule, seed: number): void {
  const { sizes, call, make, manifest } = prepare(module, seed);
  const random = createRandom(seed);
  /** A quarter of the first example's numbers become extreme, all of the second's zeros of either sign. */
  const poison = (tensors: Tensors, entries: readonly TensorEntry[]): void => {
    for (const entry of entries) {
      if ("dtype" in entry && entry.dtype === "index") continue;
      const values = tensors[entry.name]!;
      const width = values.length / shape.batch;
      for (let i = 0; i < width; i++) {
        if (random.integer(4) === 0) values[i] = extremes[random.integer(extremes.length)]!;
        values[width + i] = extremes[random.integer(2)]!;
      }
    }
  };
  poison(call.inputs, manifest.inputs);
  poison(call.contexts, manifest.contexts);
  poison(call.states, manifest.states);
  poison(call.outputs, manifest.outputs);
  poison(call.finals, manifest.states);
  const run = (instance: ModuleInstance, of: RandomCall): Record<string, FloatArray> => {
    const { final, ...outputs } = instance.forward(valuesOf(manifest, of));
    const results = { ...keep(outputs as Record<string, FloatArray>) };
    for (const [name, values] of Object.entries(final)) results[`final.${name}`] = values.slice();
    const gradient = instance.backward!({ ...of.outputs, final: of.finals });
    for (const { name, dtype } of manifest.inputs) if (dtype === "real") results[`grad.${name}`] = gradient[name]!;
    for (const { name } of manifest.contexts) results[`grad.${name}`] = gradient[name]!;
    for (const { name } of manifest.states) results[`grad.initial.${name}`] = gradient.initial[name]!;
    return results;
  };
  const together = run(make(shape.batch, shape.steps), call);
  for (let b = 0; b < shape.batch; b++) {
    const own = { steps: shape.steps, sizes };
    const alone = run(make(1, shape.steps), exampleOf(manifest, call, b, own));
    for (const [name, values] of Object.entries(together)) {
      const width = values.length / shape.batch;
      const mine = values.subarray(b * width, (b + 1) * width);
      expect(mine, `${name} of example ${b}`).toEqual(alone[name]);
      if (b > 0) expect(mine.every(Number.isFinite), `${name} of example ${b} is finite`).toBe(true);
    }
  }
}

/** Calls again, with streams and a refused call in between, and in an instance with room for more. Compiled with gradients. */
export function expectSameBitsAgain(module: CompiledModule, seed: number): void {
  const { sizes, call, make, manifest } = prepare(module, seed);
  const values = { ...valuesOf(manifest, call), sizes, lengths: [5, 2, 0] };
  const cotangents = { ...call.outputs, final: call.finals };
  const gradientOf = (instance: ModuleInstance): Record<string, FloatArray> => {
    const { initial, params, ...rest } = instance.backward!(cotangents);
    const named = (prefix: string, from: Readonly<Record<string, FloatArray>>): [string, FloatArray][] =>
      Object.entries(from).map(([name, list]) => [prefix + name, list]);
    const all = [...named("", rest as Record<string, FloatArray>), ...named("0 ", initial), ...named("param ", params)];
    return keep(Object.fromEntries(all));
  };
  const instance = make(3, 5);
  instance.forward(values);
  const expected = gradientOf(instance);
  expect(gradientOf(instance), "backward twice").toEqual(expected);
  instance.reset({ ...call.contexts, ...call.states });
  instance.step(
    Object.fromEntries(manifest.inputs.map(({ name }) => [name, new Array(call.inputs[name]!.length / 5).fill(1)])),
  );
  instance.restore(instance.snapshot() as never);
  expect(() => instance.forward({ ...values, batch: 2 })).toThrow(RangeError);
  expect(gradientOf(instance), "behind a stream and a refused call").toEqual(expected);

  const larger = module.instantiate({
    batch: 5,
    steps: 8,
    sizes: mapSizes(sizes, 7),
  });
  randomParams(larger, seed);
  const full = randomCall(manifest, seed + 1, { batch: 5, steps: 8, sizes: mapSizes(sizes, 7) });
  larger.forward(valuesOf(manifest, full));
  larger.backward!({ ...full.outputs, final: full.finals });
  larger.forward(values);
  expect(gradientOf(larger), "in a larger instance that was in use").toEqual(expected);
}

function mapSizes(sizes: Readonly<Record<string, number>>, size: number): Record<string, number> {
  return Object.fromEntries(Object.keys(sizes).map((name) => [name, size]));
}
