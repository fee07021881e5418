/** What must hold of the entries made from any cell, checked with the evaluator: used by unit and property tests. */
import type { GraphFunction } from "../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../compiler/ir/graph/verify.js";
import type { LoweredCell } from "../../compiler/program/lowered-cell.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import { cellContext, programOfCell } from "../../compiler/program/cell-program.js";
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

const prefixed = (values: Values, prefix: string): Values =>
  new Map([...values].map(([name, value]) => [`${prefix}${name}`, value]));
const unprefixed = (values: Values, prefix: string): Values =>
  new Map(
    [...values].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  );

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
  const random = randomSource(seed);
  const source = programOfCell(cell).forward;
  // Nothing is derived by fixed values and draws.
  const isReal = (name: string): boolean =>
    !/^(?:fixed|random)\./u.test(name) &&
    source.inputs.some((id) => source.names[id] === name && source.types[id]?.dtype === "real");
  const inputs = randomInputs(source, sizes, random, new Map(), indexBound);
  const expected = run(source, inputs, sizes);
  const forward = run(fn("forward"), inputs, sizes);
  const forwardError = worstOf(
    [...expected.keys()].map((name) => worstError(numbersOf(forward, name, sizes), numbersOf(expected, name, sizes))),
  );

  const tangents = randomInputs(tangentInputs(source, isReal), sizes, random);
  const jvp = run(fn("jvp"), new Map([...inputs, ...tangents]), sizes);
  const cotangents = prefixed(randomLike(expected, random), "grad.");
  const backward = run(fn("backward"), new Map([...inputs, ...forward, ...cotangents]), sizes);

  let left = 0;
  let magnitude = 1;
  for (const name of expected.keys()) {
    const [a, b] = [numbersOf(jvp, `tangent.${name}`, sizes), numbersOf(cotangents, `grad.${name}`, sizes)];
    left += dot(a, b);
    magnitude += dot(a.map(Math.abs), b.map(Math.abs));
  }
  let right = 0;
  for (const name of tangents.keys()) {
    const gradient = numbersOf(backward, `grad.${name.slice("tangent.".length)}`, sizes);
    right += dot(numbersOf(tangents, name, sizes), gradient);
  }

  const direction = unprefixed(tangents, "tangent.");
  const numeric = differences((at) => run(source, at, sizes), inputs, direction, sizes);
  const differenceError = worstOf(
    [...expected.keys()].map((name) =>
      worstError(numbersOf(jvp, `tangent.${name}`, sizes), numeric.get(name) as number[]),
    ),
  );

  const gradientAt = (at: Values): Values => {
    const out = run(fn("forward"), at, sizes);
    return run(fn("backward"), new Map([...at, ...out, ...cotangents]), sizes);
  };
  const zero = new Map(
    [...cotangents].map(([name, value]) => [
      `tangent.${name}`,
      move(new Map([["v", value]]), new Map([["v", value]]), -1).get("v") as never,
    ]),
  );
  const hvp = run(fn("hvp"), new Map([...inputs, ...tangents, ...cotangents, ...zero]), sizes);
  const secondNumeric = differences(gradientAt, inputs, direction, sizes);
  const secondError = worstOf(
    [...secondNumeric].map(([name, value]) => worstError(numbersOf(hvp, `tangent.${name}`, sizes), value)),
  );

  return {
    invalid,
    forward: forwardError,
    transpose: Math.abs(left - right) / magnitude,
    differences: differenceError,
    second: secondError,
  };
}

function tangentInputs(fn: GraphFunction, isReal: (name: string) => boolean): GraphFunction {
  const ids = fn.inputs.filter((id) => isReal(fn.names[id] as string));
  const names = fn.names.map((name, id) => (ids.includes(id) ? `tangent.${name ?? ""}` : name));
  return { ...fn, inputs: ids, names };
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

/** Fourth-order central differences along a direction, by output. */
function differences(
  f: (at: Values) => Values,
  base: Values,
  direction: Values,
  sizes: ExampleSizes,
): Map<string, number[]> {
  const h = 1e-3;
  const at = (step: number): Values => f(move(base, direction, step));
  const [a, b, c, d] = [at(-2 * h), at(-h), at(h), at(2 * h)];
  return new Map(
    [...a.keys()].map((name) => {
      const [x, y, z, w] = [a, b, c, d].map((values) => numbersOf(values, name, sizes)) as [
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
