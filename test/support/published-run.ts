/** Runs a published cell on numbers that are at hand afterwards, for comparing it with another formula. */
import { expect } from "vitest";
import { compile } from "../../compiler/index.js";
import { loadModule } from "../../runtime/index.js";
import { publishedText } from "./published-cells.js";

export type Vector = readonly number[];
export type Matrix = readonly Vector[];

export interface PublishedRun {
  readonly steps: number;
  /** A param or fixed value that is a number, a vector, a matrix, or one for each head. */
  readonly number: (name: string) => number;
  readonly vector: (name: string) => Vector;
  readonly matrix: (name: string) => Matrix;
  readonly matrices: (name: string) => readonly Matrix[];
  /** For each step an input, or an output, in one row. */
  readonly input: (name: string) => Matrix;
  readonly output: (name: string) => Matrix;
}

/** Rows of so many numbers. */
export const rowsOf = (numbers: Iterable<number>, width: number): number[][] => {
  const all = [...numbers];
  return Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width));
};

interface RunOptions {
  readonly cell: string;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly steps?: number;
  /** What a number of an input is, by the place it has among all. */
  readonly draw?: (place: number) => number;
}

/** @param name of its file, in the library or the gallery */
export async function runPublished(
  name: string,
  { cell, sizes = {}, steps = 6, draw = (place) => Math.sin(2.3 * place + 1) }: RunOptions,
): Promise<PublishedRun> {
  const options = { cell, dimensions: sizes, target: "js", dtype: "f64", gradient: false } as const;
  const { files, diagnostics } = compile(publishedText(name), options);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const { manifest, instantiate } = await loadModule(files[0]!.text);
  const module = instantiate({ batch: 1, steps });
  module.init(3);
  let place = 0;
  const stored = Object.fromEntries(
    // What begins at one number for all has several.
    Object.entries({ ...module.params, ...module.fixed }).map(([param, values]) => [
      param,
      Float64Array.from(values, (value) => value + 0.1 * Math.sin(1.7 * ++place)),
    ]),
  );
  module.setParams(stored);
  const given = Object.fromEntries(
    manifest.inputs.map(({ name: input, shape }) => {
      const length = steps * shape.reduce<number>((product, axis) => product * Number(axis), 1);
      return [input, Float64Array.from({ length }, () => draw(++place))];
    }),
  );
  const results = module.forward(given) as unknown as Readonly<Record<string, Float64Array>>;
  const shapes = new Map([...manifest.params, ...(manifest.fixed ?? [])].map((tensor) => [tensor.name, tensor.shape]));
  const inEach = (values: Float64Array | undefined): number[][] => rowsOf(values ?? [], (values?.length ?? 0) / steps);
  const widthOf = (param: string): number => Number(shapes.get(param)?.at(-1));
  const matrix = (param: string): number[][] => rowsOf(stored[param] ?? [], widthOf(param));
  return {
    steps,
    number: (param) => stored[param]?.[0] ?? NaN,
    vector: (param) => [...(stored[param] ?? [])],
    matrix,
    matrices: (param) => {
      const rows = matrix(param);
      const height = Number(shapes.get(param)?.at(-2));
      return Array.from({ length: rows.length / height }, (_, n) => rows.slice(n * height, (n + 1) * height));
    },
    input: (input) => inEach(given[input]),
    output: (output) => inEach(results[output]),
  };
}

/** That they are the same but for rounding, and are no zeros. */
export function expectClose(found: Matrix, wanted: Matrix, tolerance = 1e-10): void {
  expect(found.length).toBe(wanted.length);
  const [own, other] = [found.flat(), wanted.flat()];
  expect(own.length).toBe(other.length);
  expect(own.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  for (const [i, value] of own.entries()) {
    expect(Math.abs(value - (other[i] ?? NaN)), `number ${i}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(value)),
    );
  }
}
