/** A case in which a derivative is wrong: as it is worked with, and as people read it. */
import type { Counterexample } from "../fault.js";
import { wholeShape } from "../../calls/sizes.js";
import { namedAxes } from "../../../../runtime/module/axes.js";
import { recordOf } from "../../calls/records.js";
import type { Point } from "../point.js";

/** A point of a cell at some sizes. */
export interface Trial {
  readonly dimensions: Readonly<Record<string, number>>;
  readonly point: Point;
}

export function counterexampleOf({ dimensions, point }: Trial): Counterexample {
  const nested = (tensors: Point["tensors"]): Record<string, unknown> =>
    Object.fromEntries(
      tensors.flatMap((tensor) => {
        if (tensor.values.every((x) => x === 0)) return [];
        const { role, name, values } = tensor;
        return [[role === "final" ? `final.${name}` : name, nest(values, wholeShape(tensor, point))]];
      }),
    );
  return {
    dimensions,
    batch: point.batch,
    steps: point.steps,
    lengths: point.examples.map(({ steps }) => steps),
    sizes: recordOf(
      namedAxes(point.manifest).map((name) => [name, point.examples.map(({ sizes }) => sizes[name] ?? 1)]),
    ),
    values: nested([...point.tensors, ...point.indices]),
    cotangents: nested(point.cotangents),
  };
}

/** Numbers in arrays of arrays, as the shape says. */
function nest(values: ArrayLike<number>, shape: readonly number[]): unknown {
  const [size, ...rest] = shape;
  if (size === undefined) return values[0] as number;
  const width = rest.reduce((product, n) => product * n, 1);
  return Array.from({ length: size }, (_, i) => {
    const part = Array.from({ length: width }, (_, j) => values[i * width + j] as number);
    return nest(part, rest);
  });
}
