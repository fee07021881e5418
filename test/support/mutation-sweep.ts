/** Does `verifyModule` find edits of kernels? Those that it does not find are compared with the original on large calls. */
import { type VerifyReport, verifyModule } from "../../compiler/index.js";
import { startOf, writeStored } from "../../compiler/tools/calls/call.js";
import type { DirectedCall } from "../../compiler/tools/calls/draw-call.js";
import { inputsAt } from "../../compiler/tools/calls/single-examples.js";
import type { Tensors } from "../../compiler/tools/calls/records.js";
import { drawDirectedCall, sizesOfScale, scalesOf } from "../../compiler/tools/verify/draw-directed-call.js";
import { flatten, runCall } from "../../compiler/tools/verify/results.js";
import type { CompiledModule } from "../../runtime/index.js";
import { createRandom } from "../../runtime/base/random.js";
import { namedAxes } from "../../runtime/module/axes.js";

export interface Mutant {
  readonly kind: string;
  readonly what: string;
  readonly module: CompiledModule;
}

export interface Survivor {
  readonly kind: string;
  readonly what: string;
  /** How much of the largest number of a tensor changes, and of which. */
  readonly change: number;
  readonly tensor: string;
}

export interface SweepResult {
  readonly found: number;
  /** Edits that change no bit of a result. */
  readonly withoutEffect: number;
  /** Edits that change results by rounding only. */
  readonly rounding: Survivor[];
  readonly survivors: Survivor[];
  readonly kinds: Readonly<Record<string, readonly [found: number, all: number]>>;
}

/** Of the largest number of a tensor: what another order of operations may change. */
const roundingOf = { f32: 2 ** -18, f64: 2 ** -46 };

export async function sweep(
  original: CompiledModule,
  mutants: Iterable<Mutant> | AsyncIterable<Mutant>,
  options: { readonly runs?: number; readonly seed?: number } = {},
): Promise<SweepResult> {
  const { runs = 1, seed = 1 } = options;
  const calls = drawCalls(original, seed + 1000);
  const expected = resultsOf(original, calls);
  const kinds: Record<string, [number, number]> = {};
  const result = { found: 0, withoutEffect: 0, rounding: [] as Survivor[], survivors: [] as Survivor[], kinds };
  for await (const { kind, what, module } of mutants) {
    const report: VerifyReport = await verifyModule(module, { seed, runs, bail: true });
    const counts = (kinds[kind] ??= [0, 0]);
    counts[1] += 1;
    if (!report.passed) {
      result.found += 1;
      counts[0] += 1;
      continue;
    }
    const { change, tensor } = changeOf(resultsOf(module, calls), expected);
    if (change === 0) {
      result.withoutEffect += 1;
      counts[1] -= 1;
      continue;
    }
    const survivor = { kind, what, change, tensor };
    (change <= roundingOf[original.manifest.dtype] ? result.rounding : result.survivors).push(survivor);
  }
  return result;
}

function drawCalls(module: CompiledModule, seed: number): DirectedCall[] {
  const { manifest } = module;
  const random = createRandom(seed);
  const sizes = Object.fromEntries(namedAxes(manifest).map((name) => [name, 1]));
  const initial = (own: number): Tensors => {
    const instance = module.instantiate({ sizes });
    instance.init(own);
    return flatten(instance.params);
  };
  return [...scalesOf(manifest), "small" as const].map((scale) =>
    drawDirectedCall(manifest, initial, random, sizesOfScale(manifest, scale, random)),
  );
}

/** Everything that calls and a stream give; undefined where they throw. */
function resultsOf(module: CompiledModule, calls: readonly DirectedCall[]): readonly (Tensors | undefined)[] {
  const { manifest } = module;
  return calls.map((call) => {
    try {
      const { batch, steps, sizes } = call;
      const instance = module.instantiate({ batch, steps, sizes });
      writeStored(instance, call.params);
      const results = runCall(manifest, instance, call);
      instance.reset(startOf(manifest, call));
      for (let t = 0; t < Math.min(steps, 3); t++) {
        const outputs = flatten(instance.step(inputsAt(manifest, call, t, t + 1)));
        for (const [name, own] of Object.entries(outputs)) {
          results[`step ${t} ${name}`] = own;
        }
      }
      return results;
    } catch {
      return undefined;
    }
  });
}

function changeOf(
  all: readonly (Tensors | undefined)[],
  expected: readonly (Tensors | undefined)[],
): { readonly change: number; readonly tensor: string } {
  let worst = { change: 0, tensor: "" };
  for (const [k, wanted] of expected.entries()) {
    const results = all[k];
    if (results === undefined || wanted === undefined) return { change: Infinity, tensor: "a call throws" };
    for (const [name, values] of Object.entries(wanted)) {
      const own = results[name]!;
      const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
      for (const [i, value] of values.entries()) {
        if (Object.is(value, own[i]) || value === own[i]) continue;
        const change = Number.isFinite(own[i]!) ? Math.abs(own[i]! - value) / size : Infinity;
        if (change > worst.change) worst = { change, tensor: `${name}[${i}] of call ${k}` };
      }
    }
  }
  return worst;
}
