/** What must hold of the entries made from any cell, checked with the evaluator: used by unit and property tests. */
import type { GraphFunction } from "../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../compiler/ir/graph/verify.js";
import type { LoweredCell } from "../../compiler/program/base/lowered-cell.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import { cellContext, programOfCell } from "../../compiler/program/cell-program.js";
import { gradName, tangentName } from "../../compiler/program/base/roles.js";
import { lookUp } from "../../compiler/base/at.js";
import {
  dot,
  type ExampleSizes,
  move,
  numbersOf,
  randomInputs,
  randomSource,
  run,
  type Values,
  worstError,
} from "./evaluate-helpers.js";

export interface ProgramErrors {
  /** Problems of the verifier after any pass. */
  readonly invalid: readonly string[];
  /** Optimised forward against the scan as written. */
  readonly forward: number;
  /** ⟨J v, w⟩ against ⟨v, Jᵀ w⟩, relative. */
  readonly transpose: number;
  /** J v against central differences. */
  readonly differences: number;
  /** Directional derivative of the gradient against differences of the gradient. */
  readonly second: number;
}

const renamed = (values: Values, rename: (name: string) => string): Values =>
  new Map([...values].map(([name, value]) => [rename(name), value]));

/** Builds all entries of a cell and compares them with each other on random values. */
export function checkSequenceProgram(
  cell: LoweredCell,
  sizes: ExampleSizes,
  seed: number,
  indexBound = 2,
): ProgramErrors {
  const context = cellContext(cell);
  const invalid: string[] = [];
  const program = buildEntries(programOfCell(cell), {
    gradient: true,
    jvp: true,
    hvp: true,
    observe: ({ entry, stage, fn }) => {
      invalid.push(...verifyFunction(fn, context).map((problem) => `${entry} after ${stage}: ${problem}`));
    },
  });
  const fn = (name: string): GraphFunction => {
    const found = program.entries.get(name)?.fn;
    if (found === undefined) throw new Error(`no entry ${name}`);
    return found;
  };
  const isShared = (name: string): boolean => lookUp(program.roles, name).shared === true;
  const numbers = (values: Values, name: string): number[] => numbersOf(values, name, sizes, isShared);
  const random = randomSource(seed);
  const source = programOfCell(cell).forward;
  // Nothing is derived by fixed values and draws.
  const isReal = (name: string): boolean =>
    !["fixed", "random"].includes(lookUp(program.roles, name).kind) &&
    source.inputs.some((id) => source.names[id] === name && source.types[id]?.dtype === "real");
  const inputs = randomInputs(source, sizes, random, new Map(), indexBound);
  const expected = run(source, inputs, sizes);
  const forward = run(fn("forward"), inputs, sizes);
  const forwardError = worstOf(
    [...expected.keys()].map((name) => worstError(numbers(forward, name), numbers(expected, name))),
  );

  const direction = randomInputs(realInputs(source, isReal), sizes, random);
  const tangents = renamed(direction, tangentName);
  const jvp = run(fn("jvp"), new Map([...inputs, ...tangents]), sizes);
  const cotangents = renamed(randomLike(expected, random), gradName);
  const backward = run(fn("backward"), new Map([...inputs, ...forward, ...cotangents]), sizes);

  let left = 0;
  let magnitude = 1;
  for (const name of expected.keys()) {
    const [a, b] = [numbers(jvp, tangentName(name)), numbers(cotangents, gradName(name))];
    left += dot(a, b);
    magnitude += dot(a.map(Math.abs), b.map(Math.abs));
  }
  let right = 0;
  for (const name of direction.keys()) right += dot(numbers(direction, name), numbers(backward, gradName(name)));

  const differenceError = atBestStep((h) => {
    const numeric = differences((at) => run(source, at, sizes), inputs, direction, numbers, h);
    return worstOf(
      [...expected.keys()].map((name) => worstError(numbers(jvp, tangentName(name)), numeric.get(name) as number[])),
    );
  });

  const gradientAt = (at: Values): Values => {
    const out = run(fn("forward"), at, sizes);
    return run(fn("backward"), new Map([...at, ...out, ...cotangents]), sizes);
  };
  const zero = new Map(
    [...cotangents].map(([name, value]) => [
      tangentName(name),
      move(new Map([["v", value]]), new Map([["v", value]]), -1).get("v") as never,
    ]),
  );
  const hvp = run(fn("hvp"), new Map([...inputs, ...tangents, ...cotangents, ...zero]), sizes);
  const secondError = atBestStep((h) => {
    const numeric = differences(gradientAt, inputs, direction, numbers, h);
    return worstOf([...numeric].map(([name, value]) => worstError(numbers(hvp, tangentName(name)), value)));
  });

  return {
    invalid,
    forward: forwardError,
    transpose: Math.abs(left - right) / magnitude,
    differences: differenceError,
    second: secondError,
  };
}

function realInputs(fn: GraphFunction, isReal: (name: string) => boolean): GraphFunction {
  return { ...fn, inputs: fn.inputs.filter((id) => isReal(fn.names[id] as string)) };
}

function randomLike(values: Values, random: () => number): Values {
  return new Map(
    [...values].map(([name, value]) => {
      const fill = (tensor: { shape: readonly number[]; data: Float64Array }) => ({
        shape: tensor.shape,
        data: tensor.data.map(() => 2 * random() - 1),
      });
      return [name, "shared" in value ? { shared: fill(value.shared) } : { examples: value.examples.map(fill) }];
    }),
  );
}

/**
 * The error by differences of the step that fits the program: a short one where values change so fast that the long one leaves out terms of
 * higher order (`sin(pi * h)` over some steps). What is wrong is so at every step.
 */
function atBestStep(errorAt: (h: number) => number): number {
  const first = errorAt(1e-3);
  return first < 1e-7 ? first : Math.min(first, errorAt(1e-4));
}

/** Fourth-order central differences along a direction, by output. */
function differences(
  f: (at: Values) => Values,
  base: Values,
  direction: Values,
  numbers: (values: Values, name: string) => number[],
  h: number,
): Map<string, number[]> {
  const at = (step: number): Values => f(move(base, direction, step));
  const [a, b, c, d] = [at(-2 * h), at(-h), at(h), at(2 * h)];
  return new Map(
    [...a.keys()].map((name) => {
      const [x, y, z, w] = [a, b, c, d].map((values) => numbers(values, name)) as [
        number[],
        number[],
        number[],
        number[],
      ];
      return [
        name,
        x.map((_, i) => ((x[i] as number) - 8 * (y[i] as number) + 8 * (z[i] as number) - (w[i] as number)) / (12 * h)),
      ];
    }),
  );
}

function worstOf(errors: readonly number[]): number {
  return errors.reduce((worst, error) => Math.max(worst, error), 0);
}
