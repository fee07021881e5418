/**
 * One call of a network with one example, with all that it takes to do it again: a safetensors file, with tensors by what they are,
 * `param/W`, `input/x`, and in the metadata what else the call was given. It is kept of what was not finite.
 */
import { SafetensorsError, ReplayError } from "../../base/errors.js";
import { isCount, isList, isRecord, ownValue } from "../../base/options.js";
import type { FileBytes } from "../../io/bytes.js";
import { fileFormats } from "../../io/file-formats.js";
import type { SafeTensor } from "../../io/safe-tensor.js";
import { readSafetensors, writeSafetensors, type SafetensorsFile } from "../../io/safetensors.js";
import { fromNumbers, toNumbers } from "../../io/tensor-numbers.js";
import type { FloatArray, ModuleInstance, TensorRecord } from "../../module/compiled-module.js";
import type { Manifest } from "../../module/manifest.js";

/** What is told of the call besides tensors. */
export interface ReplayedCall {
  readonly cell: string;
  /** Sizes that the network was compiled with, and values of named reals. */
  readonly dimensions: Readonly<Record<string, number>>;
  readonly dtype: "f32" | "f64";
  /** Updates with the one that failed. */
  readonly update: number;
  /** The number of the example in the data. */
  readonly example: number;
  /** Run-time sizes of the example. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly settings: Readonly<Record<string, number>>;
  /** By what it draws: nothing where it draws nothing. */
  readonly draws?: { readonly seed: number; readonly number: number };
}

export interface Replay extends ReplayedCall {
  readonly params: Readonly<Record<string, FloatArray>>;
  readonly fixed: Readonly<Record<string, FloatArray>>;
  /** Inputs and contexts. */
  readonly inputs: Readonly<Record<string, FloatArray>>;
  /** First states that were given. */
  readonly states: Readonly<Record<string, FloatArray>>;
}

const kinds = { param: "params", fixed: "fixed", input: "inputs", state: "states" } as const;
type Kind = keyof typeof kinds;
const kindNames = ["param", "fixed", "input", "state"] as const satisfies readonly Kind[];

const numbersIn = (value: unknown): number[] => (isList(value) ? Array.from(value, Number) : []);

/** @param values Of a call of one example, as it was made. */
export function encodeReplay(
  { params, fixed = {} }: Pick<ModuleInstance, "params" | "fixed">,
  { cell, dtype, dimensions, inputs, contexts, states, settings = [], random }: Manifest,
  { update, example, sizes }: Pick<ReplayedCall, "update" | "example" | "sizes">,
  values: Readonly<Record<string, unknown>>,
): Uint8Array {
  const tensors = new Map<string, SafeTensor>();
  const put = (kind: Kind, name: string, numbers: ArrayLike<number>): void => {
    const floats = numbers instanceof Float32Array ? numbers : Float64Array.from(numbers);
    tensors.set(`${kind}/${name}`, fromNumbers(floats, [floats.length]));
  };
  const putAll = (kind: Kind, record: TensorRecord): void => {
    for (const name in record) put(kind, name, record[name]!);
  };
  putAll("param", params);
  putAll("fixed", fixed);
  const given = (kind: Kind, names: readonly { readonly name: string }[]): void => {
    for (const { name } of names) if (Object.hasOwn(values, name)) put(kind, name, numbersIn(values[name]));
  };
  given("input", [...inputs, ...contexts]);
  given("state", states);
  const call: ReplayedCall = {
    ...{ cell, dimensions, dtype, update, example, sizes },
    settings: Object.fromEntries(
      settings.map(({ name, otherwise }) => [name, Number(ownValue(values, name) ?? otherwise)]),
    ),
    ...(random !== undefined && {
      draws: { seed: Number(values["seed"]), number: numbersIn(values["examples"])[0] ?? 0 },
    }),
  };
  const texts = new Map([
    ["format", fileFormats.replay],
    ["version", "1"],
    ["call", JSON.stringify(call)],
  ]);
  return writeSafetensors(tensors, texts);
}

/** @throws ReplayError where it is no such file. Nothing is allocated by what its header says. */
export function decodeReplay(bytes: FileBytes): Replay {
  let file: SafetensorsFile;
  try {
    file = readSafetensors(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new ReplayError(error.message);
    throw error;
  }
  const { metadata, tensors } = file;
  if (metadata.get("format") !== fileFormats.replay) {
    throw new ReplayError("this is no call that training has kept, nonfinite-….safetensors");
  }
  const lists: Record<(typeof kinds)[Kind], Record<string, FloatArray>> = { params: {}, fixed: {}, inputs: {}, states: {} }; // prettier-ignore
  for (const [path, tensor] of tensors) {
    const kind = kindNames.find((own) => path.startsWith(`${own}/`));
    if (kind === undefined || !["F32", "F64"].includes(tensor.dtype)) {
      throw new ReplayError(`${JSON.stringify(path)} is no tensor of a call`);
    }
    Object.defineProperty(lists[kinds[kind]], path.slice(kind.length + 1), { value: toNumbers(tensor), enumerable: true }); // prettier-ignore
  }
  return { ...callIn(metadata.get("call") ?? ""), ...lists };
}

const areNumbers = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((own) => typeof own === "number");

function callIn(text: string): ReplayedCall {
  let call: unknown;
  try {
    call = JSON.parse(text);
  } catch {
    // It is told below.
  }
  if (!isCall(call)) throw new ReplayError("what it says of the call cannot be read");
  return call;
}

const isCall = (call: unknown): call is ReplayedCall =>
  isRecord(call) &&
  typeof call["cell"] === "string" &&
  (call["dtype"] === "f32" || call["dtype"] === "f64") &&
  [call["dimensions"], call["sizes"], call["settings"]].every(areNumbers) &&
  isCount(call["update"]) &&
  Number.isSafeInteger(call["example"]) &&
  (call["draws"] === undefined || areNumbers(call["draws"]));
