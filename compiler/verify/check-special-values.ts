/** NaN and infinities are numbers like others: they stay in their example, come out where they go in, and disturb nothing. */
import type { TensorEntry } from "../../runtime/module/manifest.js";
import { type Call, flatten, setParams, type Tensors, tensors, valuesOf, widthOf } from "./call.js";
import type { Context } from "./context.js";
import type { Findings } from "./report.js";

/** Example 0 gets the value in all its real inputs of one step, or its state where there are none. */
function disturbed({ manifest }: Context, call: Call, t: number, value: (before: number) => number): Call {
  const real = manifest.inputs.filter(({ dtype }) => dtype === "real");
  const change = (entries: readonly TensorEntry[], from: Tensors, offset: (width: number) => number): Tensors => {
    const made = Object.assign(tensors(), from);
    for (const entry of entries) {
      const width = widthOf(entry, call.capacities);
      const values = (from[entry.name] as Float64Array).slice();
      for (let i = 0; i < width; i++) values[offset(width) + i] = value(values[offset(width) + i] as number);
      made[entry.name] = values;
    }
    return made;
  };
  return real.length > 0
    ? { ...call, inputs: change(real, call.inputs, (width) => t * width) }
    : { ...call, states: change(manifest.states, call.states, () => 0) };
}

/** Places of outputs and final states that may depend on what was disturbed: example 0, from step t on. */
function mayDepend(
  { manifest }: Context,
  call: Call,
  t: number,
  visit: (name: string, at: number, may: boolean) => void,
): void {
  const from = manifest.inputs.some(({ dtype }) => dtype === "real") ? t : 0;
  for (const entry of manifest.outputs) {
    const width = widthOf(entry, call.capacities);
    for (let at = 0; at < call.batch * call.steps * width; at++) {
      visit(entry.name, at, at < call.steps * width && Math.floor(at / width) >= from);
    }
  }
  for (const entry of manifest.states) {
    const width = widthOf(entry, call.capacities);
    for (let at = 0; at < call.batch * width; at++) visit(`final ${entry.name}`, at, at < width);
  }
}

export function checkSpecialValues(context: Context, special: number, findings: Findings): void {
  const { manifest, instance } = context;
  const call: Call = {
    ...context.call,
    lengths: context.call.lengths.map(() => context.call.steps),
    sizes: Object.fromEntries(
      Object.entries(context.call.sizes).map(([name, each]) => [name, each.map(() => each[0] as number)]),
    ),
  };
  if (manifest.inputs.every(({ dtype }) => dtype === "index") && manifest.states.length === 0) {
    findings.skip("the cell has neither real inputs nor states");
    return;
  }
  setParams(instance, call.params);
  const t = Math.floor(call.steps / 2);
  const run = (of: Call): Tensors => flatten(instance.forward(valuesOf(manifest, of)));
  const before = run(call);
  const moved = run(disturbed(context, call, t, (value) => value * 1.25 + 0.125));
  const after = run(disturbed(context, call, t, () => special));
  let dependent = 0;
  let lost = 0;
  mayDepend(context, call, t, (name, at, may) => {
    const [was, is] = [before[name]?.[at] as number, after[name]?.[at] as number];
    if (!may)
      findings.expect(
        Object.is(was, is),
        () => `${name}[${at}] belongs to another example or an earlier step and changed from ${was} to ${is}`,
      );
    else if (!Object.is(was, moved[name]?.[at])) {
      dependent += 1;
      if (Number.isNaN(special) && !Number.isNaN(is)) lost += 1;
    }
  });
  if (dependent === 0) findings.skip("no result depends on the values that were drawn");
  // A comparison with NaN is false, so a cell that chooses by comparisons may rightly give numbers.
  else if (lost === dependent) findings.skip("the cell chooses by comparisons, which NaN fails");
  const later = run(call);
  mayDepend(context, call, t, (name, at) => {
    findings.expect(
      Object.is(later[name]?.[at], before[name]?.[at]),
      () => `${name}[${at}] is another number after a call with ${special}`,
    );
  });
}
