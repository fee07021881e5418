/** A module gives the same bits however it is run. */
import { ofKey } from "../../../base/at.js";
import { dataInGradient, realStates } from "../../calls/tensors.js";
import type { CompiledModule, FloatArray, ModuleInstance } from "../../../../runtime/module/compiled-module.js";
import type { TensorEntry } from "../../../../runtime/module/manifest.js";
import { ofStream } from "../../../../runtime/module/axes.js";
import { runSequence } from "../../../../runtime/sequence/run-sequence.js";
import {
  type CellCall,
  cotangentsOf,
  gradientsOf,
  instanceFor,
  resultsOf,
  startOf,
  valuesOf,
} from "../../calls/call.js";
import { cut, exampleOf, inputsAt, placesOf, stepsOf, withNaNPadding } from "../../calls/single-examples.js";
import { isShared, withEveryStep } from "../../calls/sizes.js";
import { withWholeExamples } from "../../calls/computed-sizes.js";
import { PropertyComparisons, expectSameBits, PropertyError } from "./property-error.js";

/** Why there may be nothing to compare. */
const nothing = "the call has no examples or no steps, or the cell gives nothing";

/**
 * A sequence at once, in chunks, step by step, resumed from a snapshot, and as a stream in two calls gives the same bits. All examples are taken as
 * long as the call.
 *
 * @throws PropertyError where it does not hold.
 */
export function piecesMatchWhole(module: CompiledModule, given: CellCall): void {
  const comparisons = new PropertyComparisons("piecesMatchWhole");
  const { manifest } = module;
  const call = withEveryStep(manifest, withWholeExamples(manifest, given));
  const { batch, steps } = call;
  const values = valuesOf(manifest, call);
  const whole = resultsOf(instanceFor(module, call).forward(values));
  const inputs = manifest.inputs.map(({ name }) => [name, values[name]] as const);
  const start = Object.fromEntries(
    Object.entries(startOf(manifest, call)).filter(([name]) => name !== "batch" && name !== "sizes"),
  );
  for (const chunk of new Set([1, Math.ceil(steps / 2), steps])) {
    const instance = instanceFor(module, { ...call, steps: chunk });
    const sequence = { ...start, ...Object.fromEntries(inputs) };
    const { outputs, final } = runSequence(module, instance, sequence, { batch, steps, chunk });
    const ways = [
      ...Object.entries(outputs),
      ...Object.entries(final).map(([name, own]) => [`final ${name}`, own] as const),
    ];
    for (const [name, own] of ways) {
      expectSameBits(comparisons, `${name} in chunks of ${chunk}`, own, ofKey(whole, name));
    }
  }
  streamMatchesWhole(module, call, (name, from, to, own, how) => {
    const at = to === from + 1 ? `at step ${from}` : `at steps ${from} to ${to}`;
    const wanted = stepsOf(ofKey(whole, name), call, from, to);
    expectSameBits(comparisons, `${name} ${at} ${how}`, own, wanted);
  });
  comparisons.end(nothing);
}

type CompareSteps = (name: string, from: number, to: number, own: FloatArray, how: string) => void;

/** A stream in single steps, resumed from a snapshot, and in two calls. */
function streamMatchesWhole(module: CompiledModule, call: CellCall, compare: CompareSteps): void {
  const { manifest } = module;
  const { steps } = call;
  const start = startOf(manifest, call);
  const stream = instanceFor(module, { ...call, steps: 1 });
  stream.reset(start);
  const takeStep = (t: number, how: string): void => {
    const out = stream.step(inputsAt(manifest, call, t, t + 1));
    for (const { name } of ofStream(manifest, manifest.outputs)) compare(name, t, t + 1, ofKey(out, name), how);
  };
  const middle = Math.floor(steps / 2);
  let snapshot: unknown;
  for (let t = 0; t < steps; t++) {
    if (t === middle) snapshot = stream.snapshot();
    takeStep(t, "of a stream");
  }
  stream.restore(snapshot as never);
  for (let t = middle; t < steps; t++) takeStep(t, "after restore");
  const blocks = instanceFor(module, call);
  blocks.reset(start);
  for (const to of new Set([middle, steps])) {
    const from = to === middle ? 0 : middle;
    const out = blocks.steps({ ...inputsAt(manifest, call, from, to), steps: to - from });
    for (const { name } of ofStream(manifest, manifest.outputs))
      compare(name, from, to, ofKey(out, name), "of a stream in one call");
  }
}

/**
 * An example of a batch gives the bits that it gives alone, outputs and gradients, whatever its neighbours are and whatever
 * stands in the padding (NaN, here); results are 0 in the padding.
 *
 * @throws PropertyError where it does not hold.
 */
export function examplesAreIndependent(module: CompiledModule, call: CellCall): void {
  const comparisons = new PropertyComparisons("examplesAreIndependent");
  const { manifest } = module;
  const together = run(module, withNaNPadding(manifest, call));
  const entries = resultEntries(module);
  for (const b of call.examples.keys()) {
    const alone = run(module, exampleOf(manifest, call, b));
    for (const { name, entry } of entries) {
      const mine = cut(entry, ofKey(together, name), call, b);
      expectSameBits(comparisons, `${name} of example ${b} in a batch`, mine, Float64Array.from(ofKey(alone, name)));
    }
  }
  for (const { name, entry } of entries) expectZeroPadding(comparisons, name, entry, call, ofKey(together, name));
  comparisons.end(nothing);
}

function expectZeroPadding(
  comparisons: PropertyComparisons,
  name: string,
  entry: TensorEntry,
  call: CellCall,
  values: FloatArray,
): void {
  const rest = values.slice();
  for (const b of call.examples.keys()) for (const at of placesOf(entry, call, b)) rest[at] = 0;
  const place = rest.findIndex((value) => value !== 0);
  if (place >= 0)
    throw new PropertyError(
      comparisons.property,
      `the padding of ${name} holds ${rest[place] as number} at [${place}]`,
    );
}

/** Everything that a call gives which belongs to single examples. */
function resultEntries({ manifest }: CompiledModule): { name: string; entry: TensorEntry }[] {
  const list = (prefix: string, entries: readonly TensorEntry[]) =>
    entries.filter((entry) => !isShared(entry)).map((entry) => ({ name: prefix + entry.name, entry }));
  const results = [...list("", manifest.outputs), ...list("final ", manifest.states)];
  if (!manifest.has.gradient) return results;
  const { inputs, contexts } = dataInGradient(manifest);
  return [
    ...results,
    ...list("gradient of input ", inputs),
    ...list("gradient of context ", contexts),
    ...list("gradient of state ", realStates(manifest)),
  ];
}

/** Results and, where the module has them, gradients. */
function run(module: CompiledModule, call: CellCall, instance = instanceFor(module, call)): Record<string, FloatArray> {
  const results = resultsOf(instance.forward(valuesOf(module.manifest, call)));
  return { ...results, ...runBackward(module, call, instance) };
}

function runBackward(
  { manifest }: CompiledModule,
  call: CellCall,
  instance: ModuleInstance,
): Record<string, FloatArray> {
  const gradient = manifest.has.gradient ? instance.backward?.(cotangentsOf(call)) : undefined;
  return gradient === undefined ? {} : gradientsOf(manifest, gradient);
}

/**
 * The same call gives the same bits: again in the same instance, with a stream and a refused call in between, in an instance
 * with room for more, and in one that was in use.
 *
 * @throws PropertyError where it does not hold.
 */
export function repeatsGiveSameBits(module: CompiledModule, call: CellCall): void {
  const comparisons = new PropertyComparisons("repeatsGiveSameBits");
  const instance = instanceFor(module, call);
  const first = run(module, call, instance);
  const expectSame = (how: string, results: Record<string, FloatArray>): void => {
    for (const [name, values] of Object.entries(results))
      expectSameBits(comparisons, `${name} ${how}`, values, ofKey(first, name));
  };
  expectSame("with backward called again", runBackward(module, call, instance));
  if (module.manifest.has.step) instance.reset(startOf(module.manifest, call));
  try {
    instance.forward({ ...valuesOf(module.manifest, call), batch: call.batch + 1 });
    throw new PropertyError(
      comparisons.property,
      "a call with more examples than the instance has room for was not refused",
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  expectSame("after a refused call", runBackward(module, call, instance));
  expectSame("in a second call", run(module, call, instance));
  const sizes = Object.fromEntries(Object.entries(call.sizes).map(([name, size]) => [name, size + 3]));
  const larger = instanceFor(module, { ...call, batch: call.batch + 2, steps: call.steps + 3, sizes });
  expectSame("in a larger instance", run(module, call, larger));
  comparisons.end(nothing);
}
