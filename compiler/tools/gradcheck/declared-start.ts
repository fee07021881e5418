/**
 * Is everything finite where a cell starts: with parameters as initialised, and states as declared? Random states are hardly ever at
 * a singular point, but a state that starts at zero and is divided by its norm is at one in the first step of every run.
 */
import { ofKey } from "../../base/at.js";
import { createRandom } from "../../../runtime/base/random.js";
import type { FloatArray } from "../../../runtime/module/compiled-module.js";
import type { SourceFile } from "../../base/source/source-file.js";
import type { Candidate } from "./candidates.js";
import { drawPoint } from "./draw-point.js";
import { placeOfNotFinite } from "./locate/not-finite-place.js";
import { moduleGradients, notFinite } from "./module-derivatives.js";
import { capacitiesOf } from "../calls/sizes.js";
import type { Point } from "./point.js";
import type { Ranges } from "../calls/ranges.js";
import type { SingularStart } from "./report.js";

/** Points that are tried: with random inputs something else may go wrong. The second half has no negative inputs. */
const attempts = 6;

/**
 * Runs the modules from the declared start.
 *
 * @returns what is finite at none of some points, in the first precision in which it is so
 */
export function singularStart(
  { manifest, modules, program }: Candidate,
  { seed, scale, ranges }: { readonly seed: number; readonly scale: number; readonly ranges: Ranges },
  sources: (file: string) => SourceFile | undefined,
): SingularStart | undefined {
  const random = createRandom(seed);
  for (const { precision, module } of modules) {
    let last:
      { readonly point: Point; readonly names: readonly string[]; readonly of: SingularStart["of"] } | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const drawn = drawPoint(manifest, random, {
        scale,
        ranges,
        states: "declared",
        steps: 2,
        batch: 1,
        positive: attempt >= attempts / 2,
      });
      const instance = module.instantiate(capacitiesOf(module.manifest, drawn));
      instance.init(random.integer(2 ** 31));
      const point = withParams(drawn, instance.params as Readonly<Record<string, FloatArray>>);
      const outputs = notFinite(instance, point);
      const names = outputs.length > 0 ? outputs : notFiniteGradients(instance, point);
      last = names.length === 0 ? undefined : { point, names, of: outputs.length > 0 ? "values" : "gradient" };
      if (last === undefined) break;
    }
    if (last !== undefined) {
      const { point, ...found } = last;
      return { ...found, precision, ...(program && placeOfNotFinite(program, point, found.of, precision, sources)) };
    }
  }
  return undefined;
}

function withParams(point: Point, params: Readonly<Record<string, FloatArray>>): Point {
  return {
    ...point,
    tensors: point.tensors.map((tensor) =>
      tensor.role === "param" ? { ...tensor, values: Float64Array.from(ofKey(params, tensor.name)) } : tensor,
    ),
  };
}

function notFiniteGradients(instance: Parameters<typeof moduleGradients>[0], point: Point): string[] {
  return [...moduleGradients(instance, point)].flatMap(([{ name }, values]) =>
    values.every(Number.isFinite) ? [] : [name],
  );
}
