/** What functions for files take as the bytes of a file. */
import { describe } from "../base/options.js";

/** The whole of a file: what `readFile` gives, or `await response.arrayBuffer()`. Shared memory and a `DataView` do, too. */
export type FileBytes = Uint8Array | ArrayBuffer | SharedArrayBuffer | DataView;

/**
 * @returns A view into the same memory, a plain one: what an object says of its own class, place or length counts for nothing.
 * @throws TypeError for anything else, with what it takes to get bytes from it.
 */
export function asBytes(value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value)) {
    const array = arrayTag.call(value) as unknown;
    const of = array === "Uint8Array" ? ofArrays : array === undefined ? ofDataViews : undefined;
    if (of !== undefined)
      return new Uint8Array(of.buffer.call(value), of.byteOffset.call(value), of.byteLength.call(value));
  }
  if (isBuffer(value)) return new Uint8Array(value);
  const help = ways.get(Object.prototype.toString.call(value).slice(8, -1));
  throw new TypeError(
    `bytes must be a Uint8Array or an ArrayBuffer, got ${describe(value)}${help === undefined ? "" : `: ${help}`}`,
  );
}

// The getters of the language read what an object is, not what it was made to say; and they do so for objects of another realm
// (a worker's, a test runner's), which are no instances of this one's classes.
const getter = (of: object, name: PropertyKey): ((this: unknown) => never) =>
  Object.getOwnPropertyDescriptor(of, name)!.get as (this: unknown) => never;

const getters = (of: object) => ({
  buffer: getter(of, "buffer"),
  byteOffset: getter(of, "byteOffset"),
  byteLength: getter(of, "byteLength"),
});

const arrays = Object.getPrototypeOf(Uint8Array.prototype) as object;
const arrayTag = getter(arrays, Symbol.toStringTag);
const ofArrays = getters(arrays);
const ofDataViews = getters(DataView.prototype);

/** Pages that are not isolated have no shared memory. */
const bufferLengths = [ArrayBuffer, ...(typeof SharedArrayBuffer === "function" ? [SharedArrayBuffer] : [])].map(
  (buffer) => getter(buffer.prototype, "byteLength"),
);

const isBuffer = (value: unknown): value is ArrayBuffer =>
  bufferLengths.some((length) => {
    try {
      length.call(value);
      return true;
    } catch {
      return false;
    }
  });

const ways = new Map([
  ["Promise", "await it first"],
  ["Response", "pass `await response.arrayBuffer()`"],
  ["Blob", "pass `await blob.arrayBuffer()`"],
  ["File", "pass `await file.arrayBuffer()`"],
  ["String", "read the file without an encoding"],
]);

/** What a file is instead, told by how it begins; undefined where that says nothing, or where a header begins as it should. */
export function recogniseFile(bytes: Uint8Array): string | undefined {
  const isHeader = bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0);
  if (isHeader) return undefined;
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  return signatures.find(([pattern]) => pattern.test(start))?.[1];
}

const signatures: readonly (readonly [RegExp, string])[] = [
  [/^version https:\/\/git-lfs/, "a Git LFS pointer: the weights themselves have not been fetched (`git lfs pull`)"],
  [/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)/i, "an HTML page: perhaps an error page or a login"],
  [/^(\xef\xbb\xbf)?\s*<(\?xml|[a-z])/i, "XML or HTML"],
  [/^PK\x03\x04/, "a ZIP archive, such as PyTorch's .pt and .pth, Keras' .keras and NumPy's .npz"],
  [/^\x80[\x02-\x05]/, "a Python pickle, such as older .pt files"],
  [/^\x89HDF\r\n/, "an HDF5 file, such as Keras' .h5"],
  [/^\x93NUMPY/, "a NumPy array (.npy)"],
  [/^\x1f\x8b/, "compressed with gzip: unpack it first"],
  [/^GGUF/, "a GGUF file"],
  [/^(\xef\xbb\xbf)?\s*[{[]\s*["{[\]}]/, "JSON"],
  [/^(\xef\xbb\xbf)?[\w"[\]. -]+(?:[,;\t][\w"[\]. -]*)*\r?\n/, "text, such as CSV, whose name must end in .csv"],
];
