/** A call that training has kept, done again operation by operation: where does it stop being finite? */
import { refuse } from "../../../runtime/base/arguments.js";
import { ReplayError } from "../../../runtime/base/errors.js";
import { checkOptionNames, isRecord, ownValue } from "../../../runtime/base/options.js";
import type { FileBytes } from "../../../runtime/io/bytes.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { decodeReplay, type Replay } from "../../../runtime/training/train/replay.js";
import { lookUp } from "../../base/at.js";
import type { SourceOptions } from "../../driver/compile-options.js";
import { drawnNumbers } from "../calls/random-numbers.js";
import { type CallExtents, countNumbers } from "../calls/sizes.js";
import { type CallTensor, tensorsOf } from "../calls/tensors.js";
import { type CandidateText, manifestOf } from "../gradcheck/candidates.js";
import { placeOfNotFinite } from "../gradcheck/locate/not-finite-place.js";
import type { Point, PointTensor } from "../gradcheck/point.js";
import { programSource } from "../gradcheck/program-source.js";
import type { NotFinitePlace } from "../gradcheck/report.js";
import { withFoundLengths } from "../gradcheck/with-found-lengths.js";

export interface ReplayedFault extends NotFinitePlace {
  readonly cell: string;
  /** Updates with the one that failed, and the number of the example in the data. */
  readonly update: number;
  readonly example: number;
  readonly dtype: "f32" | "f64";
  /** Undefined where all is finite when operations are done one by one. */
  readonly of: "values" | "gradient" | undefined;
}

/**
 * Evaluates the equations of a cell or network, and the gradient of its losses, with the numbers of a call that training has kept
 * (`TrainingError.replay`, `nonfinite-120.safetensors`), each result rounded as the module does.
 *
 * @param text The source that was trained.
 * @throws ReplayError where the file is no such call, or one of another network; CompileOptionsError and CellError as `compile`.
 * @example
 *     const { of, operation, place, step } = replay(source, readFileSync("run/nonfinite-120.safetensors"));
 */
export function replay(
  text: string,
  file: FileBytes,
  options: SourceOptions & { readonly cell?: string } = {},
): ReplayedFault {
  if (typeof text !== "string") refuse("replay", "the first argument", "the text of a cell or network", text);
  checkOptionNames("replay", options, ["file", "readFile", "cell"]);
  const call = decodeReplay(file);
  const { cell, update, example, dtype } = call;
  const source: CandidateText = { text, options: { cell, ...options, dimensions: call.dimensions } };
  const { lower, sources } = programSource(source);
  const program = lower(call.dimensions);
  if (program === undefined)
    throw new ReplayError(`the source has errors, or no ${cell} of these sizes: see recell check`);
  const point = withFoundLengths(program, pointOf(manifestOf(program), call));
  const found = { cell, update, example, dtype };
  for (const of of ["values", "gradient"] as const) {
    const place = placeOfNotFinite(program, point, of, dtype, sources);
    if (place.operation !== undefined) return { ...found, of, ...place };
  }
  return { ...found, of: undefined };
}

function pointOf(manifest: Manifest, call: Replay): Point {
  const { sizes, draws = { seed: 0, number: 0 } } = call;
  const extents: CallExtents = { batch: 1, steps: 1, sizes, examples: [{ steps: 1, sizes, number: draws.number }] };
  const numbersOf = (tensor: CallTensor, values: ArrayLike<number> | undefined): PointTensor[] => {
    const { role, name, axes, shape } = tensor;
    if (values === undefined) {
      if (role === "state") return [];
      throw new ReplayError(`the call is of another network: it has no ${name}, which ${manifest.cell} has`);
    }
    const count = countNumbers(tensor, extents);
    if (values.length === count) return [{ role, name, axes, shape, values: Float64Array.from(values) }];
    throw new ReplayError(`the call is of another network: ${name} has ${values.length} numbers, ${manifest.cell} takes ${count}`); // prettier-ignore
  };
  const list = (fits: (tensor: CallTensor) => boolean): PointTensor[] =>
    tensorsOf(manifest)
      .filter(fits)
      .flatMap((tensor) => numbersOf(tensor, numbersFor(tensor, manifest, extents, call)));
  const isResult = ({ role }: CallTensor): boolean => role === "output" || role === "final";
  const isIndex = ({ dtype }: CallTensor): boolean => dtype === "index";
  const drawn = drawnNumbers(manifest, extents, { seed: draws.seed, counters: call.states });
  return {
    ...extents,
    manifest,
    tensors: list((tensor) => !isResult(tensor) && tensor.role !== "fixed" && !isIndex(tensor)),
    fixed: list(({ role }) => role === "fixed"),
    indices: list((tensor) => !isResult(tensor) && isIndex(tensor)),
    hidden: [
      ...(manifest.random ?? []).map(({ name, axes, shape }) => {
        return { role: "random", name, axes, shape, values: lookUp(drawn, name) } as const;
      }),
      ...(manifest.settings ?? []).map(({ name, axes, shape, otherwise }) => {
        return { role: "setting", name, axes, shape, values: Float64Array.of(Number(ownValue(call.settings, name) ?? otherwise)) } as const; // prettier-ignore
      }),
    ],
    seed: draws.seed,
    cotangents: list(isResult),
  };
}

/** Undefined where the call has none. Of results it is by how much they count: losses do, and nothing else. */
function numbersFor(
  tensor: CallTensor,
  { losses = [] }: Manifest,
  extents: CallExtents,
  { params, fixed, inputs, states }: Replay,
): ArrayLike<number> | undefined {
  const { role, name, initial } = tensor;
  if (role === "output" || role === "final") {
    const counts = role === "output" && losses.includes(name);
    return new Float64Array(countNumbers(tensor, extents)).fill(counts ? 1 : 0);
  }
  const found = { param: params, fixed, input: inputs, context: inputs, state: states }[role];
  if (Object.hasOwn(found, name)) return found[name];
  return role === "state" && initial === "zeros" ? new Float64Array(countNumbers(tensor, extents)) : undefined;
}

/** In words, for a terminal. */
export function printReplay(found: ReplayedFault): string {
  if (!isRecord(found) || typeof found.cell !== "string") refuse("printReplay", "the first argument", "what replay gives", found); // prettier-ignore
  const { cell, update, example, dtype, of, operation, place, step, index } = found;
  const call = `${cell}, update ${update}, example ${example} of the data, in ${dtype}`;
  if (of === undefined) {
    return `${call}: every value and the gradient are finite when operations are done one by one; what was not is a sum over several examples, or comes of another order of sums\n`; // prettier-ignore
  }
  const what = of === "values" ? "values stop being finite" : "values are finite, and going backwards the gradient stops being so"; // prettier-ignore
  const when = step === undefined ? "" : `, in step ${step} of its loop`;
  const element = index === undefined || index.length === 0 ? "" : `, element [${index.join(", ")}]`;
  const source = place && `  ${place.line}:${place.column}  ${place.text}\n`;
  return `${call}:\n${what} at \`${operation}\`${when}${element}\n${source ?? ""}`;
}
