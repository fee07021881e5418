/** Derivatives of a module against each other and against differences. */
import { at, ofKey } from "../../../base/at.js";
import type {
  CallResult,
  CompiledModule,
  FloatArray,
  ModuleInstance,
} from "../../../../runtime/module/compiled-module.js";
import { checkSwitch } from "../../../../runtime/base/options.js";
import { createRandom } from "../../../../runtime/base/random.js";
import { differentiate } from "../../gradcheck/differences.js";
import {
  type CellCall,
  cotangentsOf,
  directionsOf,
  gradientOf,
  instanceFor,
  tangentsOf,
  valuesOf,
  type Variable,
  variablesOf,
  weightedSum,
  arrayIn,
} from "../../calls/call.js";
import { dot, dotOfSizes } from "../../calls/compare.js";
import { unitOf } from "../../calls/rounding.js";
import { PropertyComparisons, expectEqualSums, PropertyError, sumOf, toleranceFor } from "./property-error.js";

export interface ToleranceOptions {
  /** The largest relative error; 1e-9 in float64 and 1e-3 in float32 unless told. */
  readonly tolerance?: number;
}

export interface DerivativeOptions extends ToleranceOptions {
  /**
   * Passes calls at which nothing is compared: all derivatives are zero, or at a kink, or there is nothing that has one. They fail
   * otherwise, as whatever is wrong agrees there.
   */
  readonly allowUncompared?: boolean;
}

type DerivedEntry = "backward" | "jvp" | "hvp";

const options = { backward: "gradient", jvp: "jvp", hvp: "hvp" } as const;

/** An entry of an instance, bound to it. */
function entryOf<Name extends DerivedEntry>(
  property: string,
  { manifest }: CompiledModule,
  instance: ModuleInstance,
  name: Name,
): NonNullable<ModuleInstance[Name]> {
  const found = instance[name];
  if (found === undefined || !manifest.has[options[name]]) {
    throw new TypeError(`${property} needs a module compiled with ${options[name]}`);
  }
  return found.bind(instance) as NonNullable<ModuleInstance[Name]>;
}

/**
 * The rounding of results, weighted, a few times over: derivatives that cancel, like those of the sum of a softmax, leave as much and
 * say nothing.
 */
function roundingOf(dtype: "f32" | "f64", result: CallResult, { cotangents }: CellCall): number {
  const sizes = (values: FloatArray, weights: ArrayLike<number>): number =>
    dotOfSizes(
      Array.from(values, (value) => Math.max(1, Math.abs(value))),
      weights,
    );
  const all = [
    ...Object.entries(cotangents.outputs).map(([name, weights]) => sizes(arrayIn(result, name), weights)),
    ...Object.entries(cotangents.final).map(([name, weights]) => sizes(ofKey(result.final, name), weights)),
  ];
  return 32 * unitOf[dtype] * all.reduce((sum, size) => sum + size, 0);
}

/**
 * Reverse mode is the transpose of forward mode: `⟨J v, w⟩ = ⟨v, Jᵀ w⟩` for the call's cotangents w and a random direction v
 * through all parameters, inputs, contexts and initial states. Holds at kinks too, and for `stop_gradient`.
 *
 * @param module Compiled with `gradient` and `jvp`.
 * @throws PropertyError where it does not hold, or nothing was compared.
 */
export function reverseMatchesForward(
  module: CompiledModule,
  call: CellCall,
  { tolerance, allowUncompared }: DerivativeOptions = {},
): void {
  const property = "reverseMatchesForward";
  const isAllowed = checkSwitch(property, "allowUncompared", allowUncompared);
  const comparisons = new PropertyComparisons(property);
  const { manifest } = module;
  const instance = instanceFor(module, call);
  const [jvp, backward] = [entryOf(property, module, instance, "jvp"), entryOf(property, module, instance, "backward")];
  const directions = directionsOf(manifest, call, 1);
  const values = valuesOf(manifest, call);
  const derivative = jvp(values, tangentsOf(directions));
  const forward = sumOf([
    ...Object.entries(call.cotangents.outputs).map(([name, weights]) => [derivative[name] ?? [], weights] as const),
    ...Object.entries(call.cotangents.final).map(([name, weights]) => [derivative.final[name] ?? [], weights] as const),
  ]);
  const rounding = roundingOf(manifest.dtype, instance.forward(values), call);
  const gradient = backward(cotangentsOf(call));
  const reverse = sumOf(directions.map((direction) => [gradientOf(gradient, direction), direction.values]));
  expectEqualSums(
    comparisons,
    "",
    [
      { text: "⟨J v, w⟩ by forward mode", ...forward },
      { text: "⟨v, Jᵀ w⟩ by reverse mode", ...reverse },
    ],
    toleranceFor(manifest.dtype, tolerance),
    rounding,
  );
  if (!isAllowed) comparisons.end(allZero);
}

const allZero = "every term is 0 in both modes, as where the cotangents of the call are (allowUncompared passes that)";

/** How many derivatives were compared, and how many could not be because they do not exist. */
export interface DifferenceCount {
  readonly compared: number;
  /** Agreed that it is 0, which says little. */
  readonly zeros: number;
  /** At a kink or a jump of the cell, or too close to one to be told from it. */
  readonly kinks: number;
}

export interface DifferenceOptions extends DerivativeOptions {
  /** Along how many single numbers of each tensor, beside one direction through all of them; 3 unless told. */
  readonly coordinates?: number;
}

/**
 * The gradient is what differences of the outputs say, along random numbers of each parameter, input, context and initial
 * state: extrapolated central differences with an error bar (spec/gradient-checking.md). Kinks are counted, not compared.
 * Differences see what `stop_gradient` hides and nothing of declared derivatives, so this does not hold for cells with a
 * `stop_gradient`, or with a declared derivative that is not the true one.
 *
 * @param module Compiled with `gradient` and `dtype: "f64"`: values in float32 are too coarse to be subtracted.
 * @throws PropertyError where it does not hold, or nothing was compared.
 */
export function reverseMatchesDifferences(
  module: CompiledModule,
  call: CellCall,
  { tolerance = 1e-6, coordinates = 3, allowUncompared }: DifferenceOptions = {},
): DifferenceCount {
  const property = "reverseMatchesDifferences";
  const isAllowed = checkSwitch(property, "allowUncompared", allowUncompared);
  const comparisons = new PropertyComparisons(property);
  const { manifest } = module;
  if (manifest.dtype !== "f64") throw new TypeError(`${property} needs a module compiled with dtype "f64"`);
  const instance = instanceFor(module, call);
  const backward = entryOf(property, module, instance, "backward");
  instance.forward(valuesOf(manifest, call));
  const result = backward(cotangentsOf(call));
  const variables = variablesOf(manifest, call);
  const gradients = variables.map((variable) => Float64Array.from(gradientOf(result, variable)));
  const random = createRandom(call.seed);
  const dense = directionsOf(manifest, call, 1);
  let [zeros, kinks] = [0, 0];
  for (const [i, variable] of variables.entries()) {
    const { role, name } = variable;
    const gradient = at(gradients, i);
    const { length } = gradient;
    const single = Array.from({ length: Math.min(coordinates, length) }, () => random.integer(length));
    for (const place of [undefined, ...single]) {
      const direction =
        place === undefined ? at(dense, i).values : Float64Array.from({ length }, (_, j) => (j === place ? 1 : 0));
      const analytic = dot(gradient, direction);
      const scale = Math.max(dotOfSizes(gradient, direction), 1);
      const numeric = differentiate((t) => lossAt(module, instance, call, variable, direction, t), {
        goal: (tolerance / 10) * scale,
      });
      if (numeric.kind !== "smooth") {
        kinks++;
        continue;
      }
      if (Math.abs(analytic - numeric.value) <= tolerance * scale + numeric.error) {
        if (analytic === 0 && numeric.value === 0) zeros++;
        else comparisons.add(1);
        continue;
      }
      const where = place === undefined ? "in a direction through all of it" : `at [${place}]`;
      throw new PropertyError(
        property,
        `the derivative by ${role} ${name} ${where} is ${analytic}, differences give ${numeric.value} ± ${numeric.error}`,
      );
    }
  }
  if (!isAllowed) comparisons.end(`${zeros} derivatives are 0, ${kinks} at a kink (allowUncompared passes that)`);
  return { compared: comparisons.compared, zeros, kinks };
}

/** The weighted sum of the results with one variable moved. */
function lossAt(
  { manifest }: CompiledModule,
  instance: ModuleInstance,
  call: CellCall,
  { role, name, values }: Variable,
  direction: ArrayLike<number>,
  distance: number,
): number {
  const moved = Float64Array.from(values, (value, i) => value + distance * (direction[i] as number));
  if (role !== "param") return weightedSum(instance.forward({ ...valuesOf(manifest, call), [name]: moved }), call);
  instance.params[name]?.set(moved);
  try {
    return weightedSum(instance.forward(valuesOf(manifest, call)), call);
  } finally {
    instance.params[name]?.set(values);
  }
}

/**
 * The Hessian is symmetric: `⟨u, H v⟩ = ⟨v, H u⟩` for two random directions. That of a declared derivative need not be.
 *
 * @param module Compiled with `hvp`.
 * @throws PropertyError where it does not hold, or nothing was compared.
 */
export function hessianIsSymmetric(
  module: CompiledModule,
  call: CellCall,
  { tolerance, allowUncompared }: DerivativeOptions = {},
): void {
  const property = "hessianIsSymmetric";
  const isAllowed = checkSwitch(property, "allowUncompared", allowUncompared);
  const comparisons = new PropertyComparisons(property);
  const { manifest } = module;
  const instance = instanceFor(module, call);
  const hvp = entryOf(property, module, instance, "hvp");
  const rounding = roundingOf(manifest.dtype, instance.forward(valuesOf(manifest, call)), call);
  const [u, v] = [directionsOf(manifest, call, 1), directionsOf(manifest, call, 2)];
  const product = (left: readonly Variable[], right: readonly Variable[]): { value: number; size: number } => {
    const along = hvp(valuesOf(manifest, call), tangentsOf(right), cotangentsOf(call));
    return sumOf(left.map((direction) => [gradientOf(along, direction), direction.values]));
  };
  expectEqualSums(
    comparisons,
    "",
    [
      { text: "⟨u, H v⟩", ...product(u, v) },
      { text: "⟨v, H u⟩", ...product(v, u) },
    ],
    toleranceFor(manifest.dtype, tolerance),
    rounding,
  );
  if (!isAllowed) comparisons.end("every term is 0, as where the cell is linear (allowUncompared passes that)");
}
