/** Parameters of a module to a safetensors file and back. */
import { ParamsError, type ParamsErrorCode } from "../base/errors.js";
import {
  elementCount,
  type CompiledModule,
  type FloatArray,
  type ModuleInstance,
  type TensorRecord,
} from "../module/compiled-module.js";
import { checkFloats, checkInstance, checkModule, checkRecord } from "../base/arguments.js";
import { checkOptionNames, checkSwitch, describe } from "../base/options.js";
import type { FileBytes } from "./bytes.js";
import { fileFormats } from "./file-formats.js";
import { readSafetensors, writeSafetensors, type SafeTensor } from "./safetensors.js";
import { type Listed, listOf, showName, showShape } from "../base/show.js";
import { fromNumbers, toNumbers } from "./tensor-numbers.js";
import { storedTensors } from "../module/axes.js";

type Described = Pick<CompiledModule, "manifest">;
type WithParams = Pick<ModuleInstance, "params" | "fixed">;

/**
 * The parameters of an instance as a safetensors file: each under its name in the cell (`W_r`, `lower.W_i`), in the
 * module's dtype and its declared shape. The file's metadata holds `format: "recell-params"` and the cell's name.
 *
 * Reading them hands out arrays: an instance that was frozen looks for changes again until the next `freeze()`.
 *
 * @param metadata More texts to keep in the file.
 * @throws TypeError where an argument is something else or the instance is another module's, for metadata that are no texts, and for
 * `format` and `cell` with another text; RangeError where the header would be larger than the format allows.
 * @example
 *     const body = saveParams(module, instance); // `saveParamsFile` of recell/node writes a file
 */
export function saveParams(
  module: Described,
  instance: WithParams,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkModule("saveParams", module);
  checkInstance("saveParams", instance, "params");
  checkRecord("saveParams", "the third argument", "an object of texts", metadata);
  const { cell } = module.manifest;
  checkNames("saveParams", module, instance);
  const tensors = new Map<string, SafeTensor>();
  const own = { format: fileFormats.params, cell };
  const texts = new Map([...checkMetadata(metadata, own), ...Object.entries(own)]);
  for (const { name, shape } of storedTensors(module.manifest)) {
    tensors.set(name, fromNumbers(paramOf("saveParams", instance, name, elementCount(shape)), shape as number[]));
  }
  return writeSafetensors(tensors, texts);
}

/** Metadata as pairs, read once. @throws TypeError for what is no text, or another text than one of `own`. */
function checkMetadata(metadata: object, own: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(metadata).map(([key, value]: [string, unknown]) => {
    const name = `saveParams: metadata ${JSON.stringify(key)}`;
    if (typeof value !== "string") throw new TypeError(`${name} must be a text, got ${describe(value)}`);
    if (Object.hasOwn(own, key) && own[key] !== value) {
      throw new TypeError(`${name} is ${JSON.stringify(own[key])} in every file, got ${describe(value)}`);
    }
    return [key, value];
  });
}

export interface LoadParamsOptions {
  /** Lets a file of float64 fill an f32 module, each number rounded to the nearest float32. Refused by default. */
  readonly allowRounding?: boolean;
  /** Passes over tensors of the file that are no parameters of the cell. Refused by default. */
  readonly allowUnexpected?: boolean;
}

/**
 * The parameters in a safetensors file, for a module: arrays by name, in the module's dtype, for `instance.setParams` and
 * `embedParams`. Names and shapes must be those of the cell, each there once and, but for `allowUnexpected`, none besides.
 * F64, F32, F16 and BF16 can be read; what the module's dtype cannot hold exactly only with `allowRounding`.
 *
 * @param file The bytes of the file: what `readFile` gives, or `await response.arrayBuffer()`.
 * @throws TypeError for anything but bytes and for unknown options.
 * @throws SafetensorsError where the bytes are no safetensors file.
 * @throws ParamsError `missing-tensor`, `unexpected-tensor`, `shape-mismatch`, `dtype-mismatch` or `checkpoint`; the message lists what
 * the cell has and what the file has.
 * @example
 *     const trained = embedParams(text, readParams(module, await readFile("gru.safetensors")));
 */
export function readParams(module: Described, file: FileBytes, options: LoadParamsOptions = {}): TensorRecord {
  return parametersIn("readParams", module, file, options);
}

function parametersIn(where: string, module: Described, file: FileBytes, options: LoadParamsOptions): TensorRecord {
  checkModule(where, module);
  checkOptionNames(where, options, ["allowRounding", "allowUnexpected"]);
  const allowRounding = checkSwitch(where, "allowRounding", options.allowRounding);
  const allowUnexpected = checkSwitch(where, "allowUnexpected", options.allowUnexpected);
  const { dtype, cell } = module.manifest;
  const params = storedTensors(module.manifest);
  const { tensors, metadata } = readSafetensors(file);
  if (metadata.get("format") === fileFormats.checkpoint) {
    const message = `${where}: this is a checkpoint of training; \`loadWeights\` takes the weights out of it`;
    throw new ParamsError("checkpoint", message, [...tensors.keys()][0] ?? "");
  }
  const fail = (code: ParamsErrorCode, name: string, problem: string): never => {
    throw paramsError(code, name, problem, { cell, params, tensors });
  };
  const accepted = dtype === "f32" && !allowRounding ? ["F32", "F16", "BF16"] : ["F64", "F32", "F16", "BF16"];
  const Reals = dtype === "f32" ? Float32Array : Float64Array;
  const found = Object.create(null) as Record<string, FloatArray>;
  for (const { name, shape } of params) {
    const tensor = tensors.get(name) ?? fail("missing-tensor", name, "is not in the file");
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      fail("shape-mismatch", name, `must have shape ${showShape(shape)}, the file has ${showShape(tensor.shape)}`);
    }
    if (!accepted.includes(tensor.dtype)) {
      const way = dtype === "f32" && tensor.dtype === "F64" ? " (`allowRounding: true` rounds it)" : "";
      const problem = `must be ${accepted.join(", ")} to fit an ${dtype} module, the file has ${tensor.dtype}${way}`;
      fail("dtype-mismatch", name, problem);
    }
    found[name] = Reals.from(toNumbers(tensor));
  }
  for (const name of allowUnexpected ? [] : tensors.keys()) {
    if (params.some((param) => param.name === name)) continue;
    fail("unexpected-tensor", name, "does not exist, but is in the file");
  }
  return found;
}

/** What a file has and what it should have, for a message that shows both. */
interface ParamsSides {
  readonly cell: string;
  readonly params: readonly Listed[];
  readonly tensors: ReadonlyMap<string, SafeTensor>;
}

/** @param problem What goes on after "parameter W of GRU". */
export function paramsError(
  code: ParamsErrorCode,
  name: string,
  problem: string,
  { cell, params, tensors }: ParamsSides,
): ParamsError {
  const stored = [...tensors].map(([own, { shape }]) => ({ name: own, shape }));
  const sides = `${cell} has ${listOf(params)}; the file has ${listOf(stored)}`;
  return new ParamsError(code, `parameter ${showName(name)} of ${cell} ${problem}; ${sides}`, name);
}

/**
 * Sets the parameters of an instance from a safetensors file, as `readParams` reads it. Nothing is set before everything
 * has been checked. No array of `params` is handed out, so that calls need not look for changes.
 *
 * @param file The bytes of the file: what `readFile` gives, or `await response.arrayBuffer()`.
 * @throws TypeError for anything but bytes, for unknown options, and where the instance is another module's.
 * @throws SafetensorsError where the bytes are no safetensors file.
 * @throws ParamsError `missing-tensor`, `unexpected-tensor`, `shape-mismatch`, `dtype-mismatch` or `checkpoint`.
 * @example
 *     loadParams(module, instance, await readFile("gru.safetensors"));
 */
export function loadParams(
  module: Described,
  instance: WithParams & Partial<Pick<ModuleInstance, "setParams">>,
  file: FileBytes,
  options: LoadParamsOptions = {},
): void {
  checkModule("loadParams", module);
  checkInstance("loadParams", instance, "params");
  const found = parametersIn("loadParams", module, file, options);
  checkNames("loadParams", module, instance);
  if (instance.setParams !== undefined) {
    instance.setParams(found);
    return;
  }
  const stored = storedTensors(module.manifest);
  const places = stored.map(({ name, shape }) => paramOf("loadParams", instance, name, elementCount(shape)));
  for (const [i, { name }] of stored.entries()) places[i]!.set(found[name]!);
}

/** @throws TypeError where the instance has parameters of other names: it was made by another module. */
function checkNames(where: string, { manifest }: Described, instance: WithParams): void {
  const names = [...Object.keys(instance.params), ...Object.keys(instance.fixed ?? {})];
  const known = new Set(storedTensors(manifest).map(({ name }) => name));
  if (names.length === known.size && names.every((name) => known.has(name))) return;
  throw new TypeError(`${where}: the instance is another module's: its parameters are ${names.join(", ") || "none"}`);
}

/** @throws TypeError where the parameter is of another length: the instance was made by another module. */
function paramOf(where: string, instance: WithParams, name: string, length: number): FloatArray {
  const param = (instance.params[name] ?? instance.fixed?.[name])!;
  checkFloats(where, `parameter ${name} of the instance`, param);
  if (param.length === length) return param;
  throw new TypeError(
    `${where}: the instance must have a parameter ${name} of length ${length}, it has one of length ${param.length}`,
  );
}
