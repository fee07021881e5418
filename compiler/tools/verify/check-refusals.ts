/** Wrong calls throw, say what was expected, and leave no trace: neither in results nor in states, parameters, or gradients. */
import { ofKey } from "../../base/at.js";
import { boundOf, realStates } from "../calls/tensors.js";
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { cotangentsOf, startOf, valuesOf, writeStored } from "../calls/call.js";
import { firstDifference } from "../calls/compare.js";
import { emptyRecord, type Tensors } from "../calls/records.js";
import type { Context } from "./context.js";
import type { CheckFindings } from "./report.js";
import { namedSizes } from "../calls/computed-sizes.js";
import { flatten, prefixed, runBackward } from "./results.js";
import { hasSteps, namedAxes, ofStream } from "../../../runtime/module/axes.js";

interface WrongCall {
  readonly what: string;
  make(): unknown;
}

export function checkRefusals(context: Context, findings: CheckFindings): void {
  const { manifest, instance, call } = context;
  writeStored(instance, call.params);
  const result = instance.forward(valuesOf(manifest, call));
  const gradient = manifest.has.gradient ? instance.backward?.(cotangentsOf(call)) : undefined;
  if (manifest.has.step) instance.reset(startOf(manifest, call));
  const look = (): Tensors => {
    context.refresh(instance);
    return Object.assign(
      emptyRecord<Float64Array>(),
      flatten(result),
      gradient === undefined ? {} : prefixed("gradient ", flatten(gradient as Record<string, unknown>)),
      manifest.has.step ? prefixed("stream ", streamOf(instance)) : {},
      prefixed("param ", flatten(instance.params)),
      prefixed("fixed ", flatten(instance.fixed ?? {})),
    );
  };
  const before = look();
  for (const { what, make } of wrongCalls(context, instance)) {
    let thrown: unknown;
    try {
      make();
    } catch (error) {
      thrown = error;
    }
    const refused = (thrown instanceof TypeError || thrown instanceof RangeError) && thrown.message.length > 10;
    findings.expect(refused, () =>
      thrown === undefined
        ? `${what} is not refused`
        : `${what} throws ${String(thrown)} instead of a TypeError or RangeError that says what was expected`,
    );
    const difference = firstDifference(look(), before);
    findings.expect(difference === undefined, () => `${what} leaves a trace: ${difference ?? ""}`);
  }
  // The call before them still is what backward differentiates.
  if (gradient !== undefined) {
    const again = prefixed("gradient ", runBackward(instance, call));
    const expected = emptyRecord<Float64Array>();
    for (const name of Object.keys(again)) expected[name] = ofKey(before, name);
    const difference = firstDifference(again, expected);
    findings.expect(difference === undefined, () => `backward after refused calls: ${difference ?? ""}`);
  }
}

function streamOf(instance: ModuleInstance): Tensors {
  const { states, contexts } = instance.snapshot() as { states: unknown; contexts: unknown };
  return flatten({ states, contexts });
}

function wrongCalls(context: Context, instance: ModuleInstance): WrongCall[] {
  const { manifest, call } = context;
  const calls: WrongCall[] = [];
  const wrong = <Argument>(
    name: string,
    run: (argument: never) => unknown,
    cases: Readonly<Record<string, Argument>>,
  ): void => {
    for (const [what, argument] of Object.entries(cases)) {
      calls.push({ what: `${name} with ${what}`, make: () => run(argument as never) });
    }
  };
  const good = (): Record<string, unknown> => valuesOf(manifest, call);
  const { has } = manifest;
  const values = wrongValues(context);
  const cotangents = wrongCotangents(manifest);
  wrong("forward", (argument) => instance.forward(argument), values);
  if (has.gradient) wrong("backward", (argument) => instance.backward?.(argument), cotangents);
  if (has.jvp) {
    wrong("jvp", (argument) => instance.jvp?.(argument, {}), values);
    wrong("jvp", (argument) => instance.jvp?.(good(), argument), {
      "unknown tangents": { "no such name": [] },
      "tangents of unknown parameters": { params: { "no such name": [] } },
    });
  }
  if (has.hvp) {
    wrong("hvp", (argument) => instance.hvp?.(argument, {}, {}), values);
    wrong("hvp", (argument) => instance.hvp?.(good(), {}, argument), cotangents);
  }
  if (has.step) {
    wrong("step", (argument) => instance.step(argument), {
      "no object": undefined,
      "an unknown name": { "no such name": 1 },
      ...(ofStream(manifest, manifest.inputs).length > 0 && { "no inputs": {} }),
    });
    wrong("reset", (argument) => instance.reset(argument), {
      "too many examples": { batch: call.batch + 1 },
      "an unknown name": { "no such name": 1 },
    });
    wrong("restore", (argument) => instance.restore(argument), {
      "no object": undefined,
      "another cell's snapshot": { cell: "no such cell" },
    });
  }
  wrong("setParams", (argument) => instance.setParams(argument), {
    "no object": undefined,
    "an unknown name": { "no such name": [] },
    ...Object.fromEntries(manifest.params.map(({ name }) => [`${name} too short`, { [name]: [] }])),
  });
  wrong("init", (argument) => instance.init(argument), { "a fraction": 0.5, "a negative seed": -1, "a text": "1" });
  return calls;
}

/** What `forward` must refuse, by what is wrong with it. */
function wrongValues({ manifest, call }: Context): Record<string, unknown> {
  const good = (): Record<string, unknown> => valuesOf(manifest, call);
  const having = (changes: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.assign(good(), changes);
  const values: Record<string, unknown> = {
    "no object": undefined,
    "a number": 1,
    "an unknown name": having({ "no such name": 1 }),
    "too many examples": having({ batch: call.batch + 1 }),
    "no examples": having({ batch: 0 }),
    ...(hasSteps(manifest) && {
      "too many steps": having({ steps: call.steps + 1 }),
      "a length beyond the steps": having({ lengths: call.examples.map(() => call.steps + 1) }),
      "a negative length": having({ lengths: call.examples.map(() => -1) }),
      "too few lengths": having({ lengths: [] }),
    }),
    "sizes of no dimension": having({ sizes: { "no such dimension": 1 } }),
  };
  const ofLosses = new Set(manifest.inputs.filter((input) => input.forLosses).map((input) => input.name));
  for (const { name } of [...manifest.inputs, ...manifest.contexts]) {
    const missing = good();
    delete missing[name];
    if (!ofLosses.has(name)) values[`${name} missing`] = missing;
    values[`${name} too short`] = having({ [name]: [] });
    values[`${name} a text`] = having({ [name]: "1" });
  }
  for (const { name, dtype, ...entry } of manifest.inputs) {
    const own = ofKey(call.inputs, name);
    if (own.length === 0) continue;
    values[`${name} with a text in it`] = having({
      [name]: [...own].map((value, i) => (i === own.length - 1 ? "1" : value)),
    });
    if (dtype === "real") continue;
    values[`${name} beyond its bound`] = having({ [name]: Int32Array.from(own).fill(boundOf(entry, call)) });
    values[`${name} with a fraction`] = having({ [name]: Array.from(own, () => 0.5) });
  }
  for (const { name } of manifest.settings ?? []) values[`${name} a text`] = having({ [name]: "1" });
  for (const { name } of manifest.states) values[`${name} too short`] = having({ [name]: [] });
  for (const name of namedAxes(manifest)) {
    values[`${name} too large`] = having({
      sizes: { ...namedSizes(manifest, call), [name]: (call.sizes[name] as number) + 1 },
    });
  }
  return values;
}

function wrongCotangents(manifest: Manifest): Record<string, unknown> {
  return {
    "an unknown name": { "no such name": [] },
    "a number": 1,
    "a number as final": { final: 1 },
    ...Object.fromEntries(manifest.outputs.map(({ name }) => [`${name} too short`, { [name]: [] }])),
    ...Object.fromEntries(
      realStates(manifest).map(({ name }) => [`final ${name} too short`, { final: { [name]: [] } }]),
    ),
  };
}
