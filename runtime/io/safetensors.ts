/**
 * The safetensors format: eight bytes with the length of a header, the header as JSON, the tensors' bytes.
 *
 *     u64 little-endian N | N bytes of JSON, spaces at its end | data
 *     { "W": { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] }, "__metadata__": { "key": "text" } }
 *
 * Source: the description in the README of huggingface/safetensors. Reading is strict: tensors cover the data without
 * overlap or hole, nothing is repeated, and no size in the file is believed before it has been compared with the
 * number of bytes there are, so that a bad file cannot make the reader allocate more than its own size.
 */
import { refuse } from "../base/arguments.js";
import { SafetensorsError, type SafetensorsErrorCode } from "../base/errors.js";
import { describe } from "../base/options.js";
import { asBytes, recogniseFile, type FileBytes } from "./bytes.js";
import { elementBits, tensorBytes } from "./element-types.js";
import { parseHeader, type HeaderEntry } from "./safetensors-header.js";
import type { SafeTensor } from "./safe-tensor.js";
import { showText } from "../base/show.js";
import { checkStored } from "./tensor-numbers.js";
import { encodeUtf8 } from "./utf8.js";

export type { SafeTensor };

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The largest header that the format allows, in bytes. */
const maximalHeader = 100_000_000;

/**
 * Reads a file.
 *
 * @param file The whole file. The tensors' `bytes` are views into it, not copies.
 * @throws TypeError for anything but bytes, SafetensorsError with a code for each way in which a file can be wrong.
 * @example
 *     const { tensors } = readSafetensors(await readFile("gru.safetensors"));
 *     const weights = toNumbers(tensors.get("W_r")!);
 */
export function readSafetensors(file: FileBytes): SafetensorsFile {
  const bytes = asBytes(file);
  const refuse = (code: SafetensorsErrorCode, problem: string): never => {
    const other = recogniseFile(bytes);
    throw new SafetensorsError(code, other === undefined ? problem : `this is no safetensors file, but ${other}`);
  };
  if (bytes.length < 8) refuse("truncated", `a file has at least 8 bytes, this one ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (headerLength > maximalHeader) {
    const problem = `the header has ${headerLength} bytes, at most ${maximalHeader} may be`;
    refuse("header-too-large", `${problem}: this is no safetensors file, or a damaged one`);
  }
  if (headerLength > bytes.length - 8) {
    refuse("truncated", `the header has ${headerLength} bytes, but only ${bytes.length - 8} follow its length`);
  }
  // The format wants the brace first, so that a header cannot be mistaken for something else.
  if (bytes[8] !== 0x7b || headerLength === 0) refuse("invalid-header", "the header does not begin with {");
  const { entries, metadata } = parseHeader(bytes.subarray(8, 8 + headerLength));
  const data = bytes.subarray(8 + headerLength);
  checkCoverage(entries, data.length);
  const tensors = new Map<string, SafeTensor>();
  for (const [name, { dtype, shape, begin, end }] of entries) {
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  return { tensors, metadata };
}

/** Every byte of the data belongs to one tensor. */
function checkCoverage(entries: ReadonlyMap<string, HeaderEntry>, length: number): void {
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of inOrder) {
    if (end > length) {
      const message = `tensor ${showText(name)} ends at byte ${end}, but the data has ${length} bytes`;
      throw new SafetensorsError("truncated", message, name);
    }
    if (begin < covered) {
      throw new SafetensorsError("overlap", `tensor ${showText(name)} shares bytes with another`, name);
    }
    if (begin > covered) {
      const message = `bytes ${covered} to ${begin} before tensor ${showText(name)} belong to no tensor`;
      throw new SafetensorsError("hole", message, name);
    }
    covered = end;
  }
  if (covered < length) {
    throw new SafetensorsError("hole", `bytes ${covered} to ${length} at the end belong to no tensor`);
  }
}

/**
 * Writes a file. The same tensors give the same bytes, in whatever order they come: they are sorted by element size,
 * largest first, so that each is aligned, and then by name.
 *
 * @throws TypeError for anything but stored tensors and texts, each in a map by name, and for what no reader could read: a name that the
 * format reserves (`__metadata__`), names and metadata that are no texts of Unicode; RangeError where bytes do not fit a
 * shape, or the header is larger than the format allows.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  checkMaps(tensors, metadata);
  const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  // Everything is read once and checked before anything is made of it.
  const inOrder = [...tensors].map(checkedTensor);
  inOrder.sort(([nameA, a], [nameB, b]) => elementBits[b.dtype] - elementBits[a.dtype] || byName(nameA, nameB));
  const texts = [...metadata];
  checkLength([...inOrder.map(([name]) => name), ...texts.flat()]);
  for (const [key, value] of texts) {
    checkText("a name in the metadata", key);
    checkText(`the metadata ${showText(key)}`, value);
  }
  // The header is put together by hand: an object would lose `__proto__` and move names that look like numbers.
  const fields: string[] = [];
  if (texts.length > 0) {
    const pairs = texts.sort(([a], [b]) => byName(a, b));
    const printed = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    fields.push(`"__metadata__":{${printed.join(",")}}`);
  }
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of inOrder) {
    const end = offset + bytes.length;
    const entry = `{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`;
    fields.push(`${JSON.stringify(name)}:${entry}`);
    offset = end;
  }
  const text = encodeUtf8(`{${fields.join(",")}}`);
  const headerLength = Math.ceil(text.length / 8) * 8;
  if (headerLength > maximalHeader) refuseHeader(headerLength);
  const file = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(file.buffer).setUint32(0, headerLength, true);
  file.set(text, 8);
  let at = 8 + headerLength;
  for (const [, { bytes }] of inOrder) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function checkMaps(tensors: unknown, metadata: unknown): void {
  const [where, kinds] = ["writeSafetensors", { tensors: "stored tensors", metadata: "texts" }];
  for (const [place, value] of Object.entries({ tensors, metadata })) {
    if (!(value instanceof Map)) refuse(where, place, `a map of ${kinds[place as keyof typeof kinds]} by name`, value);
  }
  for (const [name, tensor] of tensors as Map<string, unknown>) checkStored(where, `tensor ${name}`, tensor);
}

/** Texts that are too long as they are need no look at each character; in the file they are no shorter. */
function checkLength(texts: readonly unknown[]): void {
  const length = texts.reduce<number>((sum, text) => sum + (typeof text === "string" ? text.length : 0), 0);
  if (length > maximalHeader) refuseHeader(length);
}

function refuseHeader(bytes: number): never {
  throw new RangeError(`the header would have ${bytes} bytes or more, at most ${maximalHeader} may be`);
}

/** @throws TypeError for what no reader would take: anything but a text, and halves of surrogate pairs, which are no Unicode. */
function checkText(what: string, text: unknown): void {
  if (typeof text !== "string") throw new TypeError(`${what} must be a text, got ${describe(text)}`);
  if (/\p{Surrogate}/u.test(text)) {
    throw new TypeError(`${what} must be Unicode, got half of a surrogate pair in ${showText(text)}`);
  }
}

/** The tensor as plain data. */
function checkedTensor([name, tensor]: readonly [string, SafeTensor]): [string, SafeTensor] {
  checkText("the name of a tensor", name);
  const [{ dtype }, shape, bytes] = [tensor, Array.from(tensor.shape), asBytes(tensor.bytes)];
  if (name === "__metadata__") throw new TypeError('"__metadata__" is no name for a tensor');
  if (!Object.hasOwn(elementBits, dtype)) throw new TypeError(`tensor ${name} has unknown dtype ${String(dtype)}`);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new RangeError(`tensor ${name} has shape [${shape.join(", ")}]; sizes are integers of at least 0`);
  }
  const expected = tensorBytes(dtype, shape);
  if (expected === undefined) {
    throw new RangeError(
      `tensor ${name} of ${dtype} [${shape.join(", ")}] has too many elements, or does not fill whole bytes`,
    );
  }
  if (bytes.length !== expected) {
    throw new RangeError(
      `tensor ${name} of ${dtype} [${shape.join(", ")}] takes ${expected} bytes, got ${bytes.length}`,
    );
  }
  return [name, { dtype, shape, bytes }];
}
