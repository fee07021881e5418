/** What spec/numerics.md promises to the bit: the same numbers however the module is run. */
import { ofKey } from "../../base/at.js";
import { areAllowed } from "../calls/computed-sizes.js";
import { realStates } from "../calls/tensors.js";
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { runSequence } from "../../../runtime/sequence/run-sequence.js";
import { leastOf, ofStream } from "../../../runtime/module/axes.js";
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { startOf, valuesOf, writeStored } from "../calls/call.js";
import type { DirectedCall } from "../calls/draw-call.js";
import { firstDifference, firstOtherBits, shown } from "../calls/compare.js";
import { cut, inputsAt, placesOf, stepsOf, withNaNPadding } from "../calls/single-examples.js";
import { capacitiesOf, isShared, widthOf, withEveryStep } from "../calls/sizes.js";
import { emptyRecord, recordOf, type Tensors } from "../calls/records.js";
import type { Context } from "./context.js";
import { drawDirectedCall } from "./draw-directed-call.js";
import { exampleOf, rowsOf } from "./verified-examples.js";
import type { CheckFindings } from "./report.js";
import { flatten, prefixed, runBackward, runCall, runForward } from "./results.js";

/**
 * Step by step, with a snapshot taken and restored on the way, against the whole sequence; in an instance for one step, and in
 * the one of the sequence.
 */
export function checkStream(context: Context, findings: CheckFindings): void {
  const { instance, make, manifest } = context;
  const call = withEveryStep(context.manifest, context.call);
  const whole = runForward(manifest, instance, call);
  const single = make(call.batch, 1);
  for (const stream of [single, instance]) compareStream(context, call, stream, whole, findings);
  compareBlocks(context, call, whole, findings);
  context.release(single);
}

/** A stream in blocks, `steps`, against the whole sequence: one step, then all the others in one call. */
function compareBlocks(context: Context, call: DirectedCall, whole: Tensors, findings: CheckFindings): void {
  const { instance, manifest } = context;
  instance.reset(startOf(manifest, call));
  for (const [from, to] of [
    [0, 1],
    [1, call.steps],
  ] as const) {
    if (from === to) continue;
    const out = instance.steps({ ...inputsAt(manifest, call, from, to), steps: to - from });
    compareSteps(context, call, { from, steps: to - from, out, whole }, findings);
  }
}

/** Outputs of steps of a stream. */
interface StreamedSteps {
  readonly from: number;
  readonly steps: number;
  readonly out: Readonly<Record<string, ArrayLike<number>>>;
  /** Of the sequence. */
  readonly whole: Tensors;
}

function compareSteps(
  { manifest }: Context,
  call: DirectedCall,
  { from, steps, out, whole }: StreamedSteps,
  findings: CheckFindings,
): void {
  for (const entry of ofStream(manifest, manifest.outputs)) {
    const wanted = stepsOf(ofKey(whole, entry.name), call, from, from + steps);
    const values = out[entry.name] ?? [];
    const wrong = firstOtherBits(values, wanted);
    findings.expect(wrong === undefined, () => {
      const at = wrong ?? 0;
      const step = from + (Math.floor(at / widthOf(entry, call.sizes)) % steps);
      return `${entry.name} of step ${step} is ${shown(values[at])} in a stream, ${shown(wanted[at])} in the sequence`;
    });
  }
}

function compareStream(
  context: Context,
  call: DirectedCall,
  stream: ModuleInstance,
  whole: Tensors,
  findings: CheckFindings,
): void {
  const { manifest } = context;
  stream.reset(startOf(manifest, call));
  let snapshot: unknown;
  const takeStep = (t: number): void => {
    const out = stream.step(inputsAt(manifest, call, t, t + 1));
    compareSteps(context, call, { from: t, steps: 1, out, whole }, findings);
  };
  const middle = Math.floor(call.steps / 2);
  for (let t = 0; t < call.steps; t++) {
    if (t === middle) snapshot = structuredClone(stream.snapshot());
    takeStep(t);
  }
  const states = flatten((stream.snapshot() as { states: Record<string, unknown> }).states);
  for (const entry of manifest.states.filter(({ forLosses }) => forLosses !== true)) {
    const { name } = entry;
    // Without padding, in which a stream keeps what was given.
    const own = (values: Float64Array): Float64Array =>
      Float64Array.from(
        Array.from({ length: call.batch }, (_, b) => placesOf(entry, call, b)).flat(),
        (place) => values[place] as number,
      );
    const difference = firstDifference(
      { [name]: own(ofKey(states, name)) },
      { [name]: own(ofKey(whole, `final ${name}`)) },
    );
    findings.expect(difference === undefined, () => `state after a stream and after the sequence: ${difference ?? ""}`);
  }
  stream.restore(snapshot as never);
  for (let t = middle; t < call.steps; t++) takeStep(t);
}

/** In chunks of 1, of 2 and of half of the steps, states carried on, against the whole. */
export function checkChunks(context: Context, findings: CheckFindings): void {
  const { manifest, module, make } = context;
  const { stream } = manifest;
  const axis = manifest.axes.find(({ name }) => name === stream);
  // Where no chunk may be empty, no example may end before the others.
  const call = axis !== undefined && leastOf(axis) > 0 ? withEveryStep(manifest, context.call) : context.call;
  const whole = withoutLossesOf(manifest, runForward(manifest, context.instance, call));
  for (const chunk of new Set([1, 2, Math.ceil(call.steps / 2)])) {
    const given: Record<string, unknown> = { ...valuesOf(manifest, call) };
    const { batch, steps } = call;
    const sizes = { ...(given["sizes"] as Record<string, unknown>) };
    if (stream !== undefined) delete sizes[stream];
    const lengths = call.examples.map((example) => example.steps);
    for (const name of ["batch", "steps", "lengths", "sizes"]) if (!isTensor(context, name)) delete given[name];
    const inChunks = make(batch, chunk);
    const chunks = runSequence(module, inChunks, given, { batch, steps, chunk, lengths, sizes });
    context.release(inChunks);
    const found = withoutLossesOf(manifest, flatten({ ...chunks.outputs, final: chunks.final }));
    const difference = firstDifference(found, whole);
    findings.expect(difference === undefined, () => `in chunks of ${chunk}, and whole: ${difference ?? ""}`);
  }
}

const withoutLossesOf = ({ outputs, states }: Manifest, results: Tensors): Tensors => {
  const losses = outputs.flatMap((entry) => (isShared(entry) ? [entry.name] : []));
  // What is left of runs over other sequences than that of a stream is that of its last chunk.
  const ends = states.flatMap(({ name, forLosses }) => (forLosses === true ? [`final ${name}`] : []));
  const others = new Set([...losses, ...ends]);
  return recordOf(Object.entries(results).filter(([name]) => !others.has(name)));
};

const isTensor = ({ manifest }: Context, name: string): boolean =>
  [...manifest.inputs, ...manifest.contexts, ...manifest.states].some((entry) => entry.name === name);

/** How many examples have their parts in sums over the batch compared, where there are many. */
const someExamples = 6;

/** The call with cotangents of 0 for losses: they are quotients of sums over the batch, so their derivatives are of all of it. */
function withoutLosses({ manifest: { losses = [] }, call }: Context): DirectedCall {
  if (losses.length === 0) return call;
  const { cotangents } = call;
  const zeros = losses.map((name) => [name, new Float64Array(1)] as const);
  return {
    ...call,
    cotangents: { ...cotangents, outputs: recordOf([...Object.entries(cotangents.outputs), ...zeros]) },
  };
}

/** Every example alone, against the batch. */
export function checkBatch(context: Context, findings: CheckFindings): void {
  const { manifest, instance, make, random, scale } = context;
  const call = withoutLosses(context);
  const together = runCall(manifest, instance, call);
  const some = random.shuffle(Array.from({ length: call.batch }, (_, b) => b)).slice(0, someExamples);
  const last = call.batch - 1;
  // Many rows take long, and where one example has its part the others have theirs.
  const chosen = new Set(scale === "many" ? [last] : [0, last, ...some]);
  for (let b = 0; b < call.batch; b++) {
    const own = exampleOf(manifest, call, b);
    const single = make(1, Math.max(1, own.steps), own.sizes);
    const alone = runCall(manifest, single, own);
    context.release(single);
    for (const { name, entry } of rowsOf(manifest)) {
      const mine = cut(entry, ofKey(together, name), call, b);
      const difference = firstDifference({ [name]: mine }, { [name]: ofKey(alone, name) });
      findings.expect(difference === undefined, () => `example ${b} in the batch and alone: ${difference ?? ""}`);
    }
    if (chosen.has(b)) checkPartInSums(context, b, alone, findings);
  }
}

/**
 * Gradients of parameters are sums over the batch, in order. Where the cotangents of all other examples are zero, so are their
 * terms, and what is left are the bits of the example alone.
 */
function checkPartInSums(
  { manifest, instance, call, explodes }: Context,
  b: number,
  alone: Tensors,
  findings: CheckFindings,
): void {
  // A result of the whole batch has a cotangent that is nobody's own, and 0 times infinity is NaN.
  if (explodes || !manifest.has.gradient || manifest.outputs.some(isShared)) return;
  const only = (entries: readonly TensorEntry[], from: Tensors): Tensors => {
    const made = emptyRecord<Float64Array>();
    for (const entry of entries) {
      const values = ofKey(from, entry.name);
      const kept = new Float64Array(values.length);
      for (const at of placesOf(entry, call, b)) kept[at] = values[at] as number;
      made[entry.name] = kept;
    }
    return made;
  };
  const { outputs, final } = call.cotangents;
  const cotangents = { outputs: only(manifest.outputs, outputs), final: only(realStates(manifest), final) };
  const sums = runCall(manifest, instance, { ...call, cotangents });
  for (const { name: param } of manifest.params) {
    for (const name of [`gradient params ${param}`, `hvp params ${param}`]) {
      // The sign of a zero is left to the zeros that it is added to.
      const [inBatch, own] = [sums[name], alone[name]].map((values) => values?.map((value) => value + 0));
      if (inBatch === undefined || own === undefined) continue;
      const difference = firstDifference({ [name]: inBatch }, { [name]: own });
      findings.expect(
        difference === undefined,
        () => `with cotangents of example ${b} only, in the batch and alone: ${difference ?? ""}`,
      );
    }
  }
}

/** Padding is zero in outputs and gradients, and NaN in it changes nothing. */
export function checkPadding(context: Context, findings: CheckFindings): void {
  const { manifest, instance, call } = context;
  const clean = runCall(manifest, instance, call);
  for (const { name, entry, zeroPadding } of rowsOf(manifest)) {
    if (!zeroPadding) continue;
    const rest = ofKey(clean, name).slice();
    for (let b = 0; b < call.batch; b++) for (const at of placesOf(entry, call, b)) rest[at] = 0;
    const at = rest.findIndex((value) => value !== 0);
    findings.expect(at < 0, () => `${name}[${at}] stands in padding and is ${String(rest[at])} instead of 0`);
  }
  // Tangents have the shapes of values, and padding where those have.
  const { inputs, contexts, cotangents } = withNaNPadding(manifest, call);
  const tangents = withNaNPadding(manifest, { ...call, ...call.tangents });
  const dirty: DirectedCall = {
    ...call,
    inputs,
    contexts,
    cotangents,
    tangents: { ...call.tangents, inputs: tangents.inputs, contexts: tangents.contexts },
  };
  const difference = firstDifference(runCall(manifest, instance, dirty), clean);
  findings.expect(difference === undefined, () => `NaN in padding, and numbers there: ${difference ?? ""}`);
}

/** The same call again, also after a stream and a call of other sizes, and with the other kernels of a module that has two kinds. */
export function checkRepeat(context: Context, findings: CheckFindings): void {
  const { module, manifest, instance, call } = context;
  const first = runCall(manifest, instance, call);
  const again = (what: string, where = instance): void => {
    const difference = firstDifference(runCall(manifest, where, call), first);
    findings.expect(difference === undefined, () => `the same call again${what}: ${difference ?? ""}`);
  };
  again("");
  if (manifest.has.gradient && manifest.has.step) {
    runForward(manifest, instance, call);
    instance.reset(startOf(manifest, call));
    instance.step(inputsAt(manifest, call, 0, 1));
    const gradient = prefixed("gradient ", runBackward(instance, call));
    const expected = emptyRecord<Float64Array>();
    for (const name of Object.keys(gradient)) expected[name] = ofKey(first, name);
    const difference = firstDifference(gradient, expected);
    findings.expect(difference === undefined, () => `backward after a step of a stream: ${difference ?? ""}`);
  }
  runForward(manifest, instance, exampleOf(manifest, call, 0));
  again(" after a smaller one");
  if (manifest.target === "auto") {
    const plain = module.instantiate({ ...capacitiesOf(manifest, call), variant: "js" });
    writeStored(plain, call.params);
    again(" in JavaScript", plain);
    context.release(plain);
  }
}

/**
 * Kernels keep copies of parameters. With one number of a parameter changed, an instance that was in use gives what a new one
 * gives.
 */
export function checkParameters(context: Context, findings: CheckFindings): void {
  const { manifest, instance, make, call, random } = context;
  const run = (of: ModuleInstance): Tensors => {
    const results = runCall(manifest, of, call);
    if (!manifest.has.step) return results;
    of.reset(startOf(manifest, call));
    return Object.assign(results, prefixed("step ", flatten(of.step(inputsAt(manifest, call, 0, 1)))));
  };
  run(instance);
  for (const { name } of manifest.params) {
    const { length } = ofKey(instance.params, name);
    if (length === 0) continue;
    const place = random.integer(length);
    const fresh = make(call.batch, call.steps);
    const before = fresh.params[name]?.[place] as number;
    // Other digits, another sign, another exponent.
    const after = [before + 2 ** -10, -before, 2 * before][random.integer(3)] as number;
    for (const { params } of [instance, fresh]) ofKey(params, name)[place] = after;
    const difference = firstDifference(run(instance), run(fresh));
    findings.expect(
      difference === undefined,
      () =>
        `with ${name}[${place}] changed from ${before} to ${after}, in an instance in use and in a new one: ${difference ?? ""}`,
    );
    writeStored(instance, call.params);
    context.release(fresh);
  }
  checkSetters(context, run, findings);
}

/**
 * What `setParams` sets is in `params` and in what the next call computes, as if it had been written there, in a frozen instance
 * too; and `freeze` changes nothing. In instances of their own, as the promise of `freeze` would bind the others.
 */
function checkSetters(context: Context, run: (of: ModuleInstance) => Tensors, findings: CheckFindings): void {
  const { make, call } = context;
  const [set, written] = [make(call.batch, call.steps), make(call.batch, call.steps)];
  // Before `params` is read, for which a module may have to look closer at its parameters.
  const compare = (what: string): void => {
    const [computed, wanted] = [run(set), run(written)];
    for (const instance of [set, written]) context.refresh(instance);
    const params = [set, written].map((instance) => prefixed("param ", flatten(instance.params))) as [Tensors, Tensors];
    const difference = firstDifference(...params) ?? firstDifference(computed, wanted);
    findings.expect(difference === undefined, () => `${what}, and written into params: ${difference ?? ""}`);
  };
  run(set);
  const changed = emptyRecord<Float64Array>();
  for (const [name, values] of Object.entries(call.params)) {
    // Another number, whatever it is, and not far away.
    changed[name] = values.map((value) => value * (1 + 2 ** -6) + 2 ** -10);
    set.setParams({ [name]: changed[name] });
  }
  writeStored(written, changed);
  compare("each parameter set by setParams");
  set.freeze();
  compare("after freeze");
  set.freeze();
  set.setParams(call.params);
  writeStored(written, call.params);
  compare("all parameters set by setParams in a frozen instance");
  for (const instance of [set, written]) context.release(instance);
}

/** In an instance with room for more, after it was used. */
export function checkCapacity(context: Context, findings: CheckFindings): void {
  const { manifest, instance, make, call, random } = context;
  const expected = runCall(manifest, instance, call);
  const room = Object.fromEntries(Object.entries(call.sizes).map(([name, size]) => [name, size + 3]));
  const used = areAllowed(manifest, { steps: call.steps + 3, sizes: room }) ? room : call.sizes;
  const sizes = { batch: call.batch + 2, steps: call.steps + 3, sizes: used };
  const larger = make(sizes.batch, sizes.steps, room);
  const other = drawDirectedCall(manifest, () => call.params, random, sizes);
  writeStored(larger, other.params);
  runCall(manifest, larger, other);
  writeStored(larger, call.params);
  const difference = firstDifference(runCall(manifest, larger, call), expected);
  findings.expect(difference === undefined, () => `in an instance with room for more: ${difference ?? ""}`);
  context.release(larger);
}
