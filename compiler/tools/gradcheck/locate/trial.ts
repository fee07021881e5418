/** A case in which a derivative is wrong: as it is worked with, and as people read it. */
import type { Counterexample } from "../fault.js";
import { paddedShape, type Point } from "../point.js";

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
        const shape = paddedShape(point, tensor);
        const full = tensor.role === "param" ? shape : [point.batch, ...shape];
        return [[tensor.role === "final" ? `final.${tensor.name}` : tensor.name, nest(tensor.values, full)]];
      }),
    );
  return {
    dimensions,
    batch: point.batch,
    steps: point.steps,
    lengths: point.lengths,
    sizes: point.sizes,
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
