/** Do two cells give the same numbers, where their tensors have other names? */
import type { SourceOptions } from "../../driver/compile.js";
import { cell as loadCell, CellError, type LoadedCell } from "../../driver/in-process.js";
import { CompileOptionsError } from "../../driver/compile-options.js";
import type { TypedCell } from "../../language/semantics/typed-program.js";
import { createRandom } from "../../../runtime/base/random.js";
import { someNumbers } from "./same-program.js";
import { instanceFor, outputsOf, valuesOf } from "../calls/call.js";
import { drawCall, drawExtents, drawSizes } from "../calls/draw-call.js";

/** Sizes that are tried, the same for all dimensions: one of them suits most quotients. */
const sizesTried = [3, 4, 6, 12];
/** More than the steps that a short delay looks back. */
const steps = 17;
/** Of the size of a number, or 1: sums may be in another order. */
const tolerance = 1e-9;

/** Why it is not known that both texts give the same outputs; undefined where they do. */
export async function unlikeNumbers(
  before: string,
  after: string,
  cell: TypedCell,
  options: SourceOptions,
): Promise<string | undefined> {
  const old = await compiled(before, cell, options, sizesTried);
  if (old === undefined) return `no sizes of ${cell.name} are found at which it could be tried`;
  const now = await compiled(after, cell, options, [old.size]);
  if (now === undefined) return "what it would be does not compile";
  const { manifest } = old.module;
  const random = createRandom(1);
  const extents = drawExtents(manifest, { batch: 2, steps, sizes: drawSizes(manifest, () => 3) }, (most) => most);
  const call = drawCall(manifest, extents, random, {
    // As they begin.
    isDrawn: ({ role }) => role !== "state",
    number: () => random.uniform(0.1, 0.9),
  });
  const [was, is] = [old, now].map(({ module }) =>
    Object.values(outputsOf(instanceFor(module, call).forward(valuesOf(module.manifest, call)))),
  );
  const isSame = was?.every((values, i) => values.every((value, j) => isNear(value, is?.[i]?.[j] ?? NaN)));
  return isSame === true ? undefined : "it gives other numbers";
}

const isNear = (a: number, b: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a));

/** At the first of the sizes at which it compiles. */
async function compiled(
  text: string,
  { name, dimensions, reals }: TypedCell,
  options: SourceOptions,
  sizes: readonly number[],
): Promise<{ readonly module: LoadedCell; readonly size: number } | undefined> {
  for (const size of sizes) {
    const given = dimensions.flatMap((dimension) =>
      dimension.defaultValue === undefined ? [[dimension.name, size] as const] : [],
    );
    try {
      const how = { cell: name, dimensions: { ...Object.fromEntries(given), ...someNumbers(reals) } };
      return {
        size,
        module: await loadCell(text, { ...options, ...how, target: "js", dtype: "f64", gradient: false }),
      };
    } catch (error) {
      if (!(error instanceof CellError || error instanceof CompileOptionsError)) throw error;
    }
  }
  return undefined;
}
