/** What spec/numerics.md promises to the bit: the same numbers however the module is run. */
import { runSequence } from "../../runtime/sequence/run-sequence.js";
import type { TensorEntry } from "../../runtime/module/manifest.js";
import {
  type Call,
  cotangentsOf,
  drawCall,
  exampleOf,
  firstDifference,
  flatten,
  ownPlaces,
  runCall,
  setParams,
  type Tensors,
  tensors,
  valuesOf,
  widthOf,
} from "./call.js";
import type { Context } from "./context.js";
import type { Findings } from "./report.js";

/** Outputs and final states only, of all steps. */
function wholeRun({ manifest, instance }: Context, call: Call): Tensors {
  return flatten(instance.forward(valuesOf(manifest, { ...call, lengths: call.lengths.map(() => call.steps) })));
}

/** Sequences in which every example has every step, as streams have. */
function everyStep(call: Call): Call {
  return { ...call, lengths: call.lengths.map(() => call.steps) };
}

/** Step by step, with a snapshot taken and restored on the way, against the whole sequence. */
export function checkStream(context: Context, findings: Findings): void {
  const { manifest, make } = context;
  const call = everyStep(context.call);
  const whole = wholeRun(context, call);
  const stream = make(call.batch, 1);
  stream.reset({ batch: call.batch, sizes: call.sizes, ...call.contexts, ...call.states });
  let snapshot: unknown;
  const takeStep = (t: number): void => {
    const out = stream.step(inputsAt(context, call, t));
    for (const entry of manifest.outputs) {
      const width = widthOf(entry, call.capacities);
      const all = whole[entry.name] as Float64Array;
      const values = out[entry.name] ?? [];
      for (let i = 0; i < call.batch * width; i++) {
        const wanted = all[(Math.floor(i / width) * call.steps + t) * width + (i % width)];
        if (!Object.is(values[i], wanted)) {
          findings.expect(
            false,
            () => `${entry.name} of step ${t} is ${String(values[i])} in a stream, ${String(wanted)} in the sequence`,
          );
          return;
        }
      }
      findings.expect(true, String);
    }
  };
  const middle = Math.floor(call.steps / 2);
  for (let t = 0; t < call.steps; t++) {
    if (t === middle) snapshot = structuredClone(stream.snapshot());
    takeStep(t);
  }
  const states = flatten((stream.snapshot() as { states: Record<string, unknown> }).states);
  for (const entry of manifest.states) {
    const { name } = entry;
    // Without padding, in which a stream keeps what was given.
    const own = (values: Float64Array): Float64Array =>
      Float64Array.from(
        Array.from({ length: call.batch }, (_, b) => ownPlaces(entry, call, b, false).places).flat(),
        (place) => values[place] as number,
      );
    const difference = firstDifference(
      { [name]: own(states[name] as Float64Array) },
      { [name]: own(whole[`final ${name}`] as Float64Array) },
    );
    findings.expect(
      difference === undefined,
      () => `state behind a stream and behind the sequence: ${difference ?? ""}`,
    );
  }
  stream.restore(snapshot as never);
  for (let t = middle; t < call.steps; t++) takeStep(t);
}

function inputsAt({ manifest }: Context, call: Call, t: number): Record<string, unknown> {
  const values = Object.create(null) as Record<string, unknown>;
  for (const entry of manifest.inputs) {
    const width = widthOf(entry, call.capacities);
    const all = call.inputs[entry.name] as Float64Array;
    const own = Float64Array.from({ length: call.batch * width }, (_, i) => {
      return all[(Math.floor(i / width) * call.steps + t) * width + (i % width)] as number;
    });
    values[entry.name] = entry.dtype === "index" ? Int32Array.from(own) : own;
  }
  return values;
}

/** In pieces of 1 and 2 steps, states carried on, against the whole. */
export function checkChunks(context: Context, findings: Findings): void {
  const { manifest, module, make, call } = context;
  const whole = flatten(context.instance.forward(valuesOf(manifest, call)));
  for (const chunk of [1, 2]) {
    const given = valuesOf(manifest, call);
    for (const name of ["batch", "steps", "lengths", "sizes"]) if (!isTensor(context, name)) delete given[name];
    const { batch, steps, lengths, sizes } = call;
    const pieces = runSequence(module, make(batch, chunk), given, { batch, steps, chunk, lengths, sizes });
    const difference = firstDifference(flatten({ ...pieces.outputs, final: pieces.final }), whole);
    findings.expect(difference === undefined, () => `in pieces of ${chunk}, and whole: ${difference ?? ""}`);
  }
}

const isTensor = ({ manifest }: Context, name: string): boolean =>
  [...manifest.inputs, ...manifest.contexts, ...manifest.states].some((entry) => entry.name === name);

/** Every example alone, against the batch. Parameter gradients are sums over the batch: they are not compared. */
export function checkBatch(context: Context, findings: Findings): void {
  const { manifest, instance, make, call } = context;
  const together = runCall(manifest, instance, call);
  for (let b = 0; b < call.batch; b++) {
    const own = exampleOf(manifest, call, b);
    const alone = runCall(manifest, make(1, Math.max(1, own.steps), own.capacities), own);
    for (const { name, entry, timed } of perExample(context)) {
      const values = together[name] as Float64Array;
      const mine = Float64Array.from(ownPlaces(entry, call, b, timed).places, (at) => values[at] as number);
      const difference = firstDifference({ [name]: mine }, { [name]: alone[name] as Float64Array });
      findings.expect(difference === undefined, () => `example ${b} in the batch and alone: ${difference ?? ""}`);
    }
  }
}

/** Results that have a row for each example. */
function perExample({ manifest }: Context): { name: string; entry: TensorEntry; timed: boolean }[] {
  const { inputs, outputs, contexts, states, has } = manifest;
  const results = [
    ...outputs.map((entry) => ({ name: entry.name, entry, timed: true })),
    ...states.map((entry) => ({ name: `final ${entry.name}`, entry, timed: false })),
  ];
  if (!has.gradient) return results;
  return [
    ...results,
    ...inputs
      .filter(({ dtype }) => dtype === "real")
      .map((entry) => ({ name: `gradient ${entry.name}`, entry, timed: true })),
    ...contexts.map((entry) => ({ name: `gradient ${entry.name}`, entry, timed: false })),
    ...states.map((entry) => ({ name: `gradient initial ${entry.name}`, entry, timed: false })),
  ];
}

/** Padding is zero in outputs and gradients, and NaN in it changes nothing. */
export function checkPadding(context: Context, findings: Findings): void {
  const { manifest, instance, call } = context;
  const clean = runCall(manifest, instance, call);
  for (const { name, entry, timed } of perExample(context)) {
    if (name.startsWith("final ") || name.startsWith("gradient initial ")) continue;
    const rest = (clean[name] as Float64Array).slice();
    for (let b = 0; b < call.batch; b++) for (const at of ownPlaces(entry, call, b, timed).places) rest[at] = 0;
    const at = rest.findIndex((value) => value !== 0);
    findings.expect(at < 0, () => `${name}[${at}] stands in padding and is ${String(rest[at])} instead of 0`);
  }
  const filled = (entries: readonly TensorEntry[], from: Tensors, timed: boolean): Tensors => {
    const made = tensors();
    for (const entry of entries) {
      const values = from[entry.name] as Float64Array;
      const isIndex = "dtype" in entry && entry.dtype === "index";
      const padded = values.map(() => (isIndex ? 0 : NaN));
      for (let b = 0; b < call.batch; b++) {
        for (const at of ownPlaces(entry, call, b, timed).places) padded[at] = values[at] as number;
      }
      made[entry.name] = padded;
    }
    return made;
  };
  const dirty: Call = {
    ...call,
    inputs: filled(manifest.inputs, call.inputs, true),
    contexts: filled(manifest.contexts, call.contexts, false),
    cotangents: { ...call.cotangents, outputs: filled(manifest.outputs, call.cotangents.outputs, true) },
  };
  const difference = firstDifference(runCall(manifest, instance, dirty), clean);
  findings.expect(difference === undefined, () => `NaN in padding, and numbers there: ${difference ?? ""}`);
}

/** The same call again, also behind a stream and a call of other sizes. */
export function checkRepeat(context: Context, findings: Findings): void {
  const { manifest, instance, call } = context;
  const first = runCall(manifest, instance, call);
  const again = (what: string): void => {
    const difference = firstDifference(runCall(manifest, instance, call), first);
    findings.expect(difference === undefined, () => `the same call again${what}: ${difference ?? ""}`);
  };
  again("");
  if (manifest.has.gradient) {
    instance.forward(valuesOf(manifest, call));
    instance.reset({ batch: call.batch, sizes: call.sizes, ...call.contexts, ...call.states });
    instance.step(inputsAt(context, call, 0));
    const gradient = flatten(instance.backward?.(cotangentsOf(call)) as Record<string, unknown>);
    const expected = tensors();
    for (const name of Object.keys(gradient)) expected[name] = first[`gradient ${name}`] as Float64Array;
    const difference = firstDifference(gradient, expected);
    findings.expect(difference === undefined, () => `backward behind a step of a stream: ${difference ?? ""}`);
  }
  instance.forward(valuesOf(manifest, exampleOf(manifest, call, 0)));
  again(" behind a smaller one");
}

/** In an instance with room for more, after it was used. */
export function checkCapacity(context: Context, findings: Findings): void {
  const { manifest, instance, make, call, random } = context;
  const expected = runCall(manifest, instance, call);
  const room = Object.fromEntries(Object.entries(call.capacities).map(([name, size]) => [name, size + 3]));
  const sizes = { batch: call.batch + 2, steps: call.steps + 3, sizes: room };
  const larger = make(sizes.batch, sizes.steps, room);
  const params = tensors();
  for (const name of Object.keys(call.params)) params[name] = call.params[name] as Float64Array;
  runCall(
    manifest,
    larger,
    drawCall(manifest, () => params, random, 0, sizes),
  );
  setParams(larger, call.params);
  const difference = firstDifference(runCall(manifest, larger, call), expected);
  findings.expect(difference === undefined, () => `in an instance with room for more: ${difference ?? ""}`);
}
