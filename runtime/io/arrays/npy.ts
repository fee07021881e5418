/** NumPy arrays, `.npy`: bytes to numbers and back. No size in a file is believed before it was compared with the bytes there are. */
import { checkRecord, refuse } from "../../base/arguments.js";
import { describe, isList } from "../../base/options.js";
import { showShape } from "../../base/show.js";
import { asBytes, type FileBytes } from "../bytes.js";
import { encodeUtf8 } from "../utf8.js";
import { ArrayFileError } from "./array-file-error.js";
import { type NpyElement, type NpyElementType, parseNpyHeader, widthOf } from "./npy-header.js";
import { halfToNumber } from "../tensor-numbers.js";

/** Numbers in the type that holds those of the file: halves are Float32Array, integers of 64 bits Float64Array. */
export type ArrayNumbers =
  Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

export interface NpyArray {
  /** Empty for a single number. */
  readonly shape: readonly number[];
  /** Row-major, whatever order the file has. */
  readonly values: ArrayNumbers;
}

type ElementReader = (view: DataView, at: number, littleEndian: boolean) => number;

interface NpyElementKind {
  readonly array: new (length: number) => ArrayNumbers;
  readonly read: ElementReader;
}

const elements: Readonly<Record<NpyElementType, NpyElementKind>> = {
  f2: { array: Float32Array, read: (view, at, little) => halfToNumber(view.getUint16(at, little)) },
  f4: { array: Float32Array, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { array: Float64Array, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { array: Int8Array, read: (view, at) => view.getInt8(at) },
  i2: { array: Int16Array, read: (view, at, little) => view.getInt16(at, little) },
  i4: { array: Int32Array, read: (view, at, little) => view.getInt32(at, little) },
  i8: { array: Float64Array, read: (view, at, little) => safe(view.getBigInt64(at, little)) },
  u1: { array: Uint8Array, read: (view, at) => view.getUint8(at) },
  u2: { array: Uint16Array, read: (view, at, little) => view.getUint16(at, little) },
  u4: { array: Uint32Array, read: (view, at, little) => view.getUint32(at, little) },
  u8: { array: Float64Array, read: (view, at, little) => safe(view.getBigUint64(at, little)) },
  b1: { array: Uint8Array, read: (view, at) => view.getUint8(at) },
};

function safe(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new ArrayFileError("unsupported", `the array has ${value}, which float64 cannot tell from its neighbours`);
}

/**
 * Reads a `.npy` file of version 1 to 3: floats of 16 to 64 bits, integers of 8 to 64, booleans, of either byte order. Arrays in Fortran's
 * order come in C's.
 *
 * @param file The whole file.
 * @throws TypeError for anything but bytes; ArrayFileError with a code for each way in which a file can be wrong.
 * @example
 *     const { shape, values } = readNpy(await readFile("frames.npy")); // [100, 8]
 */
export function readNpy(file: FileBytes): NpyArray {
  const bytes = asBytes(file);
  const header = parseNpyHeader(bytes);
  if (header === undefined) throw new ArrayFileError("truncated", `the file ends in its header, after ${bytes.length} bytes`); // prettier-ignore
  const { element, shape, fortranOrder, begin } = header;
  const rest = bytes.length - begin;
  const wanted = bytesOf(shape, widthOf(element));
  if (wanted !== rest) {
    const told = `an array ${showShape(shape)} of ${element.type} takes ${wanted} bytes, there are ${rest}`;
    throw new ArrayFileError(wanted > rest ? "truncated" : "invalid", told);
  }
  const values = decodeElements(bytes.subarray(begin), element);
  return { shape, values: fortranOrder && shape.length > 1 ? transposed(values, shape) : values };
}

/** What a shape takes; infinity where that cannot be counted with. */
function bytesOf(shape: readonly number[], width: number): number {
  if (shape.includes(0)) return 0;
  const product = shape.reduce((count, size) => count * size, width);
  return Number.isSafeInteger(product) ? product : Infinity;
}

/** All elements that are whole in the bytes. */
export function decodeElements(bytes: Uint8Array, element: NpyElement): ArrayNumbers {
  const { array: Numbers, read } = elements[element.type];
  const width = widthOf(element);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Numbers(Math.floor(bytes.length / width));
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * width, element.littleEndian);
  return values;
}

/** First axis fastest to last axis fastest. */
function transposed(values: ArrayNumbers, shape: readonly number[]): ArrayNumbers {
  const result = values.slice();
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const place = shape.map(() => 0);
  for (let i = 0, from = 0; i < result.length; i++) {
    result[i] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis]!++;
      from += strides[axis]!;
      if (place[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}

const typeNames: readonly (readonly [string, NpyElementType])[] = [
  ["Float32Array", "f4"],
  ["Float64Array", "f8"],
  ["Int8Array", "i1"],
  ["Int16Array", "i2"],
  ["Int32Array", "i4"],
  ["Uint8Array", "u1"],
  ["Uint16Array", "u2"],
  ["Uint32Array", "u4"],
];

/**
 * The bytes of a `.npy` file, version 1, little-endian, in C's order, which `np.load` reads.
 *
 * @throws TypeError for anything but a typed array and its shape; RangeError where the shape holds another number of values.
 * @example
 *     await writeFile("y.npy", writeNpy({ shape: [100, 3], values: y }));
 */
export function writeNpy(array: NpyArray): Uint8Array {
  checkRecord("writeNpy", "the first argument", "an array { shape, values }", array);
  const { shape, values } = array;
  const type = isList(values) ? npyTypeOf(values) : undefined;
  if (type === undefined) refuse("writeNpy", "values", `one of ${typeNames.map(([name]) => name).join(", ")}`, values);
  if (!isList(shape)) refuse("writeNpy", "shape", "a list of sizes", shape);
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`writeNpy: sizes must be integers of at least 0, got ${describe(size)}`); // prettier-ignore
  }
  if (bytesOf(shape, 1) !== values.length) {
    throw new RangeError(`writeNpy: shape ${showShape(shape)} does not hold ${values.length} values`);
  }
  const head = npyHead(type, shape);
  const file = new Uint8Array(head.length + values.byteLength);
  file.set(head);
  file.set(littleEndian(values, type), head.length);
  return file;
}

/** What such an array is in a file; undefined for other lists. */
export function npyTypeOf(values: ArrayLike<number>): NpyElementType | undefined {
  const tag = Object.prototype.toString.call(values).slice(8, -1);
  return typeNames.find(([name]) => name === tag)?.[1];
}

/** All of a file before its elements, a multiple of 64 bytes long, with room for another first size. */
export function npyHead(type: NpyElementType, shape: readonly number[]): Uint8Array {
  const order = type.endsWith("1") ? "|" : "<";
  const sizes = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${order}${type}', 'fortran_order': False, 'shape': ${sizes}, }`;
  // As many blanks as the longest first size may need: a file that grows has its size written into it at its end.
  const length = Math.ceil((10 + text.length + 21 - String(shape[0] ?? "").length) / 64) * 64;
  const head = new Uint8Array(length).fill(0x20);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (length - 10) & 255, (length - 10) >> 8]);
  head.set(encodeUtf8(text), 10);
  head[length - 1] = 0x0a;
  return head;
}

/** The bytes of numbers, whatever the order of the host. */
export function littleEndian(values: ArrayNumbers, type: NpyElementType): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  const width = Number(type.slice(1));
  if (hostIsBigEndian) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return bytes;
}

const hostIsBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
