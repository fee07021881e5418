/** Parameters of a module to a safetensors file and back. */
import { ParamsError, type ParamsErrorCode } from "../errors.js";
import type { CompiledModule, FloatArray, ModuleInstance } from "../module/compiled-module.js";
import { readSafetensors, writeSafetensors, type SafeTensor } from "./safetensors.js";
import { fromNumbers, toNumbers } from "./tensor-numbers.js";

type Described = Pick<CompiledModule, "manifest">;
type WithParams = Pick<ModuleInstance, "params">;

/**
 * The parameters of an instance as a safetensors file: each under its name in the cell (`W_r`, `lower.W_i`), in the
 * module's dtype and its declared shape. The file's metadata holds `format: "recell-params"` and the cell's name.
 *
 * @param metadata More texts to keep in the file.
 * @example
 *     await writeFile("gru.safetensors", saveParams(module, instance));
 */
export function saveParams(
  module: Described,
  instance: WithParams,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { cell, params } = module.manifest;
  const tensors = new Map<string, SafeTensor>();
  for (const { name, shape } of params) tensors.set(name, fromNumbers(instance.params[name]!, shape as number[]));
  return writeSafetensors(tensors, new Map([...Object.entries(metadata), ["format", "recell-params"], ["cell", cell]]));
}

export interface LoadParamsOptions {
  /** Lets a file of float64 fill an f32 module, each number rounded to the nearest float32. Refused by default. */
  readonly allowRounding?: boolean;
}

/**
 * Sets the parameters of an instance from a safetensors file. Names and shapes must be those of the cell, each there
 * once and none besides. F64, F32, F16 and BF16 files can be read; what the module's dtype cannot hold exactly only
 * with `allowRounding`. Nothing is set before everything has been checked.
 *
 * @throws SafetensorsError where the bytes are no safetensors file.
 * @throws ParamsError `missing-tensor`, `unexpected-tensor`, `shape-mismatch` or `dtype-mismatch`.
 * @example
 *     loadParams(module, instance, await readFile("gru.safetensors"));
 */
export function loadParams(
  module: Described,
  instance: WithParams,
  bytes: Uint8Array,
  options: LoadParamsOptions = {},
): void {
  const { params, dtype, cell } = module.manifest;
  const { tensors } = readSafetensors(bytes);
  const fail = (code: ParamsErrorCode, name: string, problem: string): never => {
    throw new ParamsError(code, `parameter ${name} of ${cell} ${problem}`, name);
  };
  const accepted =
    dtype === "f32" && options.allowRounding !== true ? ["F32", "F16", "BF16"] : ["F64", "F32", "F16", "BF16"];
  const found: (readonly [FloatArray, SafeTensor])[] = [];
  for (const { name, shape } of params) {
    const tensor = tensors.get(name) ?? fail("missing-tensor", name, "is not in the file");
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      fail("shape-mismatch", name, `must have shape [${shape.join(", ")}], the file has [${tensor.shape.join(", ")}]`);
    }
    if (!accepted.includes(tensor.dtype)) {
      fail(
        "dtype-mismatch",
        name,
        `must be ${accepted.join(", ")} to fit an ${dtype} module, the file has ${tensor.dtype}`,
      );
    }
    found.push([instance.params[name]!, tensor]);
  }
  for (const name of tensors.keys()) {
    if (!params.some((param) => param.name === name))
      fail("unexpected-tensor", name, "does not exist, but is in the file");
  }
  for (const [param, tensor] of found) param.set(toNumbers(tensor));
}
