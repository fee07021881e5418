/** Bytes of a stored tensor to numbers and back. */
import { checkFloats, checkNumbers, refuse } from "../base/arguments.js";
import { describe } from "../base/options.js";
import type { FloatArray } from "../module/compiled-module.js";
import { elementBits, type SafetensorsDtype } from "./element-types.js";
import type { SafeTensor } from "./safe-tensor.js";

type Reader = (view: DataView, at: number) => number;

/** The number stored at a byte, exactly; 64-bit integers may be too large for that and have no reader. */
const readers: Readonly<Partial<Record<SafetensorsDtype, Reader>>> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: (view, at) => halfToNumber(view.getUint16(at, true)),
  BF16: (view, at) => bfloatToNumber(view.getUint16(at, true)),
  I32: (view, at) => view.getInt32(at, true),
  U32: (view, at) => view.getUint32(at, true),
  I16: (view, at) => view.getInt16(at, true),
  U16: (view, at) => view.getUint16(at, true),
  I8: (view, at) => view.getInt8(at),
  U8: (view, at) => view.getUint8(at),
  BOOL: (view, at) => view.getUint8(at),
};

/** 1 sign, 5 exponent, 10 fraction bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const bfloatView = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function bfloatToNumber(bits: number): number {
  bfloatView.setUint32(0, bits * 0x10000);
  return bfloatView.getFloat32(0);
}

/**
 * The elements of a stored tensor as float64, which holds all of them exactly.
 *
 * @throws TypeError for what is no stored tensor, for 64-bit integers, complex numbers and floats of 8 bits and less.
 */
export function toNumbers(tensor: SafeTensor): Float64Array {
  checkStored("toNumbers", "the first argument", tensor);
  const { dtype, bytes } = tensor;
  const read = Object.hasOwn(readers, dtype) ? readers[dtype] : undefined;
  if (read === undefined)
    throw new TypeError(
      `elements of type ${typeof dtype === "string" ? dtype : describe(dtype)} cannot be read as numbers`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = elementBits[dtype] / 8;
  const numbers = new Float64Array(bytes.length / width);
  for (let i = 0; i < numbers.length; i++) numbers[i] = read(view, i * width);
  return numbers;
}

/** @throws TypeError for anything but a tensor as files hold it: what `tensors.get` gives where there is none, or a plain array. */
export function checkStored(where: string, place: string, value: unknown): void {
  const { dtype, shape, bytes } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof dtype === "string" && Array.isArray(shape) && bytes instanceof Uint8Array) return;
  refuse(where, place, "a stored tensor { dtype, shape, bytes }", value);
}

/**
 * A tensor to store: `F32` of a Float32Array, `F64` of a Float64Array.
 *
 * @throws TypeError for other values, RangeError where there are more or fewer than the shape holds.
 */
export function fromNumbers(values: FloatArray, shape: readonly number[]): SafeTensor {
  checkFloats("fromNumbers", "the first argument", values);
  checkNumbers("fromNumbers", "the second argument", shape);
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== values.length) {
    throw new RangeError(`fromNumbers: shape [${shape.join(", ")}] holds ${count} numbers, got ${values.length}`);
  }
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  if (values instanceof Float32Array) {
    values.forEach((value, i) => view.setFloat32(i * 4, value, true));
    return { dtype: "F32", shape, bytes };
  }
  values.forEach((value, i) => view.setFloat64(i * 8, value, true));
  return { dtype: "F64", shape, bytes };
}
