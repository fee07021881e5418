/** NaN and infinities are numbers like others: they stay in their example, come out where they go in, and disturb nothing. */
import { ofKey } from "../../base/at.js";
import { realStates } from "../calls/tensors.js";
import { streamAxis } from "../../../runtime/module/axes.js";
import type { TensorEntry } from "../../../runtime/module/manifest.js";
import { countNumbers, isShared } from "../calls/sizes.js";
import { withWholeExamples } from "../calls/computed-sizes.js";
import { writeStored } from "../calls/call.js";
import type { DirectedCall } from "../calls/draw-call.js";
import { emptyRecord, type Tensors } from "../calls/records.js";
import type { Context } from "./context.js";
import type { CheckFindings } from "./report.js";
import { runForward } from "./results.js";

/** Where a value is put in. */
interface ExampleStep {
  readonly example: number;
  readonly step: number;
}

/** The numbers of a tensor that belong to an example, or to one of its steps; those of all of it where examples share it. */
function partOf(
  { manifest }: Context,
  entry: TensorEntry,
  call: DirectedCall,
  { example, step }: ExampleStep,
): { readonly from: number; readonly step: number; readonly end: number; readonly count: number } {
  const count = countNumbers(entry, call);
  if (isShared(entry)) return { from: 0, step: 0, end: count, count };
  const own = count / call.batch;
  const from = example * own;
  // In a stream a step of an input moves nothing that was before it.
  const steps = streamAxis(manifest);
  const isOfSteps = manifest.has.step && steps !== undefined && entry.axes.includes(steps);
  return { from, step: from + (isOfSteps ? (step * own) / call.steps : 0), end: from + own, count };
}

/** The example gets the value in all its real inputs of the step, or its state where there are none. */
function disturbed(
  context: Context,
  call: DirectedCall,
  at: ExampleStep,
  value: (before: number) => number,
): DirectedCall {
  const { manifest } = context;
  const real = manifest.inputs.filter(({ dtype }) => dtype === "real");
  const change = (entries: readonly TensorEntry[], from: Tensors): Tensors => {
    const made = Object.assign(emptyRecord<Float64Array>(), from);
    for (const entry of entries) {
      const { step, end } = partOf(context, entry, call, at);
      const { step: next } = partOf(context, entry, call, { ...at, step: at.step + 1 });
      const values = ofKey(from, entry.name).slice();
      const last = next > step ? next : end;
      for (let i = step; i < last; i++) values[i] = value(values[i] as number);
      made[entry.name] = values;
    }
    return made;
  };
  return real.length > 0
    ? { ...call, inputs: change(real, call.inputs) }
    : { ...call, states: change(realStates(manifest), call.states) };
}

/** Places of outputs and final states that may depend on what was disturbed: those of the example, from the step on. */
function mayDepend(
  context: Context,
  call: DirectedCall,
  { example, step }: ExampleStep,
  visit: (name: string, at: number, may: boolean) => void,
): void {
  const { manifest } = context;
  const first = manifest.inputs.some(({ dtype }) => dtype === "real") ? step : 0;
  const visitAll = (prefix: string, entries: readonly TensorEntry[]): void => {
    for (const entry of entries) {
      const own = partOf(context, entry, call, { example, step: first });
      for (let at = 0; at < own.count; at++) visit(prefix + entry.name, at, at >= own.step && at < own.end);
    }
  };
  visitAll("", manifest.outputs);
  visitAll("final ", manifest.states);
}

export function checkSpecialValues(context: Context, special: number, findings: CheckFindings): void {
  const { manifest, instance, random } = context;
  const states = emptyRecord<Float64Array>();
  for (const entry of manifest.states) {
    const length = countNumbers(entry, context.call);
    states[entry.name] = context.call.states[entry.name] ?? new Float64Array(length);
  }
  const call: DirectedCall = withWholeExamples(manifest, { ...context.call, states });
  if (manifest.inputs.every(({ dtype }) => dtype === "index") && realStates(manifest).length === 0) {
    findings.skip("the cell has neither real inputs nor states");
    return;
  }
  writeStored(instance, call.params);
  const place = { example: random.integer(call.batch), step: Math.floor(call.steps / 2) };
  const run = (of: DirectedCall): Tensors => runForward(manifest, instance, of);
  const before = run(call);
  const moved = run(disturbed(context, call, place, (value) => value * 1.25 + 0.125));
  const after = run(disturbed(context, call, place, () => special));
  let dependent = 0;
  let lost = 0;
  mayDepend(context, call, place, (name, at, may) => {
    if (!may || Object.is(before[name]?.[at], moved[name]?.[at])) return;
    dependent += 1;
    if (!Number.isNaN(after[name]?.[at] as number)) lost += 1;
  });
  if (dependent === 0) {
    findings.skip("no result depends on the values that were drawn");
    return;
  }
  mayDepend(context, call, place, (name, at, may) => {
    const [was, is] = [before[name]?.[at] as number, after[name]?.[at] as number];
    if (may) return;
    findings.expect(
      Object.is(was, is),
      () => `${name}[${at}] belongs to another example or an earlier step and changed from ${was} to ${is}`,
    );
  });
  // A comparison with NaN is false, so a cell that chooses by comparisons may rightly give numbers.
  if (Number.isNaN(special) && lost === dependent) findings.note("the cell chooses by comparisons, which NaN fails");
  const later = run(call);
  mayDepend(context, call, place, (name, at) => {
    findings.expect(
      Object.is(later[name]?.[at], before[name]?.[at]),
      () => `${name}[${at}] is another number after a call with ${special}`,
    );
  });
}
