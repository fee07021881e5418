/** Values of parts that are called by themselves, in one call and step by step, against their equations: gradients are those of the whole. */
import type { Random } from "../../../runtime/base/random.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import { ofStream } from "../../../runtime/module/axes.js";
import type { TensorEntry } from "../../../runtime/module/manifest.js";
import { instanceFor, resultsOf, startOf, valuesOf } from "../calls/call.js";
import { maxAbs } from "../calls/compare.js";
import { withWholeExamples } from "../calls/computed-sizes.js";
import { partModule } from "../calls/part-module.js";
import { cut, inputsAt } from "../calls/single-examples.js";
import { withEveryStep } from "../calls/sizes.js";
import type { NetworkPart } from "../../program/program.js";
import { nameOfRole } from "../../program/base/roles.js";
import type { Candidate } from "./candidates.js";
import { drawPoint, type DrawOptions } from "./draw-point.js";
import { evaluateAt, numbersOf } from "./graph-point.js";
import { callOf, type Point } from "./point.js";
import type { CalledEntryReport, EntryWay } from "./report.js";
import { wholeFunctionAt } from "./whole-function.js";

interface EntryCounts {
  readonly compared: Record<EntryWay, number>;
  worst: CalledEntryReport["worst"];
}

interface PartComparison extends DrawOptions {
  readonly random: Random;
  readonly tolerance: number;
  readonly tolerance32: number;
}

/** What is found of all parts over all runs. */
export class PartComparisons {
  private readonly found = new Map<string, EntryCounts>();
  private allowed = 0;

  /** At one random call of each part; in float32 where that is all there is, as choices may go another way there. */
  check({ modules, program }: Candidate, options: PartComparison): void {
    const chosen = modules.find(({ precision }) => precision === "f64") ?? modules[0];
    if (chosen === undefined || program === undefined) return;
    this.allowed = chosen.precision === "f64" ? options.tolerance : options.tolerance32;
    for (const named of program.parts ?? []) {
      const part = chosen.module.manifest.entries?.find(({ name }) => name === named.name);
      if (part === undefined) continue;
      const module = partModule(chosen.module, part);
      const point = drawPoint(module.manifest, options.random, options);
      this.compareForward(named, module, point);
      if (part.stream !== undefined) this.compareSteps(named, module, point);
    }
  }

  report(): CalledEntryReport[] {
    return [...this.found].map(([name, { compared, worst }]) => {
      const passed = compared.forward > 0 && (worst === undefined || worst.error <= this.allowed);
      return { name, passed, compared, worst };
    });
  }

  private compareForward(named: NetworkPart, module: CompiledModule, point: Point): void {
    const call = callOf(point);
    const results = resultsOf(instanceFor(module, call).forward(valuesOf(module.manifest, call)));
    const meant = meaningOf(named, point);
    const { outputs, states } = module.manifest;
    for (const [prefix, kind, tensors] of [
      ["", "output", outputs],
      ["final ", "final", states],
    ] as const) {
      // prettier-ignore
      for (const tensor of tensors) {
        const own = results[prefix + tensor.name] ?? [];
        const given = point.examples.flatMap((_, b) => [...cut(tensor, own, point, b)]);
        this.add(named.name, "forward", prefix + tensor.name, given, meant(kind, tensor));
      }
    }
  }

  /** All examples are as long as the call. */
  private compareSteps(named: NetworkPart, module: CompiledModule, drawn: Point): void {
    const { manifest } = module;
    const point = withEveryStep(manifest, withWholeExamples(manifest, drawn));
    const call = callOf(point);
    const stream = instanceFor(module, { ...call, steps: 1 });
    stream.reset(startOf(manifest, call));
    const meant = meaningOf(named, point);
    for (let t = 0; t < point.steps; t++) {
      const given = stream.step(inputsAt(manifest, call, t, t + 1));
      for (const tensor of ofStream(manifest, manifest.outputs)) {
        const all = meant("output", tensor);
        const width = all.length / (point.batch * point.steps);
        const wanted = point.examples.flatMap((_, b) => all.slice((b * point.steps + t) * width, (b * point.steps + t + 1) * width)); // prettier-ignore
        this.add(named.name, "step", `${tensor.name} of step ${t}`, [...(given[tensor.name] ?? [])], wanted);
      }
    }
  }

  private add(entry: string, way: EntryWay, where: string, given: readonly number[], meant: readonly number[]): void {
    const counts = this.found.get(entry) ?? { compared: { forward: 0, step: 0 }, worst: undefined };
    this.found.set(entry, counts);
    counts.compared[way] += meant.length;
    const scale = Math.max(1, maxAbs(meant));
    for (let i = 0; i < Math.max(given.length, meant.length); i++) {
      const [is, wanted] = [given[i] ?? NaN, meant[i] ?? NaN];
      const apart = Object.is(is, wanted) && i < given.length && i < meant.length ? 0 : Math.abs(is - wanted) / scale;
      const error = Number.isNaN(apart) ? Infinity : apart;
      if (counts.worst === undefined || error > counts.worst.error) counts.worst = { where, error, is, meant: wanted };
    }
  }
}

/** What the equations say of an output or a final state, example by example. */
function meaningOf(
  { program }: NetworkPart,
  point: Point,
): (kind: "output" | "final", tensor: TensorEntry) => number[] {
  const values = evaluateAt(wholeFunctionAt(program, point), point);
  return (kind, { name }) => {
    const value = values.get(nameOfRole({ kind, name }));
    if (value === undefined) return [];
    return "shared" in value ? point.examples.flatMap(() => numbersOf(value)) : numbersOf(value);
  };
}
