/** Files of weights: safetensors, and archives of NumPy arrays, as tensors by name. */
import type { ArrayNumbers, NpyArray } from "../../../runtime/io/arrays/npy.js";
import { littleEndian, npyTypeOf } from "../../../runtime/io/arrays/npy.js";
import { readNpz, writeNpz } from "../../../runtime/io/arrays/npz.js";
import type { SafetensorsDtype } from "../../../runtime/io/element-types.js";
import type { SafeTensor } from "../../../runtime/io/safe-tensor.js";
import { readSafetensors, writeSafetensors } from "../../../runtime/io/safetensors.js";
import { toNumbers } from "../../../runtime/io/tensor-numbers.js";

export interface WeightsFile {
  readonly kind: "safetensors" | "npz";
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Is it an archive, by how it begins? */
const isArchive = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4; // prettier-ignore

/**
 * @throws SafetensorsError or ArrayFileError where the file is neither.
 */
export function readWeights(bytes: Uint8Array): WeightsFile {
  if (!isArchive(bytes)) return { kind: "safetensors", ...readSafetensors(bytes) };
  const tensors = [...readNpz(bytes)].map(([name, array]) => [name, tensorOf(array)] as const);
  return { kind: "npz", tensors: new Map(tensors), metadata: new Map() };
}

function tensorOf({ shape, values }: NpyArray): SafeTensor {
  const type = npyTypeOf(values)!;
  // NumPy and safetensors name the same types: f4 is F32, u1 is U8.
  const dtype = `${type[0]!.toUpperCase()}${8 * Number(type.slice(1))}` as SafetensorsDtype;
  return { dtype, shape, bytes: littleEndian(values, type) };
}

/**
 * @param kind npz: floats of 16 bits become 32, which hold them; what NumPy has no type for is refused by `toNumbers`.
 * @throws TypeError for elements that are no plain numbers, in a npz file.
 */
export function writeWeights({ kind, tensors, metadata }: WeightsFile): Uint8Array {
  if (kind === "safetensors") return writeSafetensors(tensors, metadata);
  return writeNpz(new Map([...tensors].map(([name, tensor]) => [name, arrayOf(tensor)])));
}

const arrayTypes: Readonly<Partial<Record<SafetensorsDtype, new (values: ArrayLike<number>) => ArrayNumbers>>> = {
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

const arrayOf = (tensor: SafeTensor): NpyArray => {
  const Numbers = arrayTypes[tensor.dtype] ?? Float32Array;
  return { shape: tensor.shape, values: new Numbers(toNumbers(tensor)) };
};
