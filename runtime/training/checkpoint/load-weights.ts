/** Weights of another network, as far as they fit, and those of a checkpoint. */
import { checkInstance, checkModule } from "../../base/arguments.js";
import { CallTypeError, ParamsError } from "../../base/errors.js";
import { storedTensors } from "../../module/axes.js";
import type { CompiledModule, FloatArray, ModuleInstance } from "../../module/compiled-module.js";
import { checkOptionNames, checkSwitch } from "../../base/options.js";
import { checkpointIn } from "./contents.js";
import type { FileBytes } from "../../io/bytes.js";
import { fileFormats } from "../../io/file-formats.js";
import { paramsError } from "../../io/params.js";
import type { SafeTensor } from "../../io/safe-tensor.js";
import { readSafetensors, type SafetensorsFile } from "../../io/safetensors.js";
import { toNumbers } from "../../io/tensor-numbers.js";

export interface LoadWeightsOptions {
  /** Sets what fits and leaves the rest as it is. Where left out, all must fit. */
  readonly partial?: boolean;
  /** Of a checkpoint: the running mean, or the params of the best validation, in the place of the last ones. */
  readonly from?: "last" | "average" | "best";
}

/** Names, in the order of the network or of the file. */
export interface WeightsReport {
  readonly loaded: readonly string[];
  /** In the network, but not in the file. */
  readonly missing: readonly string[];
  /** In the file, but not in the network. */
  readonly unexpected: readonly string[];
  /** In both, with another shape. */
  readonly different: readonly string[];
}

/**
 * Sets params and fixed values of an instance from a file that `saveParams` wrote, or from a checkpoint of training, and tells what fits.
 * Numbers are rounded to the dtype of the module.
 *
 * @throws TypeError for wrong arguments and an instance of another module; SafetensorsError where the bytes are no safetensors file.
 * @throws CheckpointError `corrupt` for a checkpoint that is damaged or of another version.
 * @throws ParamsError where something does not fit, but for `partial`, or nothing does; nothing is set then.
 * @example
 *     const { missing } = loadWeights(module, instance, await readFile("smaller.safetensors"), { partial: true });
 */
export function loadWeights(
  module: Pick<CompiledModule, "manifest">,
  instance: Pick<ModuleInstance, "params" | "setParams">,
  file: FileBytes,
  options: LoadWeightsOptions = {},
): WeightsReport {
  checkModule("loadWeights", module);
  checkInstance("loadWeights", instance, "params");
  checkOptionNames("loadWeights", options, ["partial", "from"]);
  const partial = checkSwitch("loadWeights", "partial", options.partial);
  const { from = "last" } = options;
  if (!["last", "average", "best"].includes(from)) {
    throw new CallTypeError(`loadWeights: from must be "last", "average" or "best", got ${JSON.stringify(from)}`);
  }
  const { cell, dtype } = module.manifest;
  const params = storedTensors(module.manifest);
  const tensors = weightsIn("loadWeights", readSafetensors(file), from);
  const Reals = dtype === "f32" ? Float32Array : Float64Array;
  const values: Record<string, FloatArray> = {};
  const report = {
    loaded: [] as string[],
    missing: [] as string[],
    unexpected: [] as string[],
    different: [] as string[],
  };
  for (const { name, shape } of params) {
    const tensor = tensors.get(name);
    if (tensor === undefined) report.missing.push(name);
    else if (tensor.shape.join() !== shape.join()) report.different.push(name);
    else {
      values[name] = Reals.from(toNumbers(tensor));
      report.loaded.push(name);
    }
  }
  for (const name of tensors.keys()) if (!params.some((param) => param.name === name)) report.unexpected.push(name);
  const sides = { cell, params, tensors };
  const { loaded, missing: [missing], different: [different], unexpected: [unexpected] } = report; // prettier-ignore
  if (!partial || loaded.length === 0) {
    if (different !== undefined) throw paramsError("shape-mismatch", different, "has another shape in the file", sides);
    if (missing !== undefined) throw paramsError("missing-tensor", missing, "is not in the file", sides);
    if (unexpected !== undefined)
      throw paramsError("unexpected-tensor", unexpected, "does not exist, but is in the file", sides);
  }
  instance.setParams(values);
  return report;
}

/** The weights in a file: those of a checkpoint stand under what they are, `param/W`. */
export function weightsIn(
  where: string,
  file: SafetensorsFile,
  from: NonNullable<LoadWeightsOptions["from"]>,
): ReadonlyMap<string, SafeTensor> {
  const { tensors, metadata } = file;
  if (metadata.get("format") !== fileFormats.checkpoint) {
    if (from === "last") return tensors;
    throw new ParamsError("missing-tensor", `${where}: only checkpoints have weights that are "${from}"`, from);
  }
  const kinds = [from === "last" ? "param" : from, "fixed"];
  const own = [...checkpointIn(where, file).tensors].flatMap(([key, tensor]) => {
    const at = key.indexOf("/");
    return kinds.includes(key.slice(0, at)) ? [[key.slice(at + 1), tensor] as const] : [];
  });
  return new Map(own);
}
