/** Several NumPy arrays in one file, `.npz`: a ZIP archive of `.npy` files, as `np.savez` and `np.savez_compressed` write it. */
import { checkOptionNames, checkPositive } from "../../base/options.js";
import { refuse } from "../../base/arguments.js";
import { showText } from "../../base/show.js";
import { asBytes, type FileBytes, recogniseFile } from "../bytes.js";
import { decodeUtf8, encodeUtf8 } from "../utf8.js";
import { ArrayFileError } from "./array-file-error.js";
import { inflate } from "./inflate.js";
import { type NpyArray, readNpy, writeNpy } from "./npy.js";

export interface ReadNpzOptions {
  /** Most bytes that compressed arrays may unpack to, all together; 2 GiB by default. */
  readonly maxBytes?: number;
}

/** A file in the archive, as its directory has it. */
interface ArchiveEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly at: number;
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 };
const [localLength, centralLength, endLength] = [30, 46, 22];

/**
 * Reads all arrays of a `.npz` file, compressed or not, under their names.
 *
 * @param file The whole file.
 * @throws TypeError for anything but bytes; ArrayFileError with a code for each way in which a file can be wrong. Nothing is unpacked
 * beyond what its directory says, nor beyond `maxBytes`.
 * @example
 *     const weights = readNpz(await readFile("weights.npz"));
 *     weights.get("kernel")!.shape; // [8, 32]
 */
export function readNpz(file: FileBytes, options: ReadNpzOptions = {}): ReadonlyMap<string, NpyArray> {
  const bytes = asBytes(file);
  checkOptionNames("readNpz", options, ["maxBytes"]);
  const maxBytes = checkPositive("readNpz: maxBytes", options.maxBytes ?? 2 ** 31);
  const entries = directoryOf(bytes);
  const total = (of: "packed" | "size"): number => entries.reduce((sum, entry) => sum + entry[of], 0);
  // Otherwise a few bytes could stand for a thousand files.
  if (total("packed") > bytes.length) throw new ArrayFileError("invalid", "files of the archive share bytes");
  if (total("size") > maxBytes) {
    throw new ArrayFileError("too-large", `the arrays unpack to ${total("size")} bytes, at most ${maxBytes} may be`);
  }
  const arrays = new Map<string, NpyArray>();
  for (const entry of entries) {
    const name = entry.name.replace(/\.npy$/u, "");
    if (arrays.has(name)) throw new ArrayFileError("invalid", `the archive has ${showText(name)} twice`);
    arrays.set(
      name,
      within(entry.name, () => readNpy(contentOf(bytes, entry))),
    );
  }
  return arrays;
}

/** What is wrong with a file of the archive is said with its name. */
function within<Result>(name: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ArrayFileError)) throw error;
    throw new ArrayFileError(error.code, `${showText(name)}: ${error.message}`);
  }
}

function directoryOf(bytes: Uint8Array): ArchiveEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  if (end === undefined) {
    const isArchive = bytes.length >= 4 && view.getUint32(0, true) === signatures.local;
    if (isArchive) throw new ArrayFileError("truncated", "the archive has no directory at its end");
    const other = recogniseFile(bytes) ?? "it does not begin as one";
    throw new ArrayFileError("foreign", `this is no file of NumPy arrays (.npz): ${other}`);
  }
  const [count, length, start] = [view.getUint16(end + 10, true), view.getUint32(end + 12, true), view.getUint32(end + 16, true)]; // prettier-ignore
  if (count === 0xffff || start === 0xffffffff) {
    throw new ArrayFileError("unsupported", "the archive is of ZIP64, for more than 4 GiB or 65,534 files");
  }
  if (start + length > end) throw new ArrayFileError("truncated", "the directory of the archive is not in the file");
  const entries: ArchiveEntry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + centralLength > start + length || view.getUint32(at, true) !== signatures.central) {
      throw new ArrayFileError("invalid", `the directory of the archive says ${count} files, and has ${i}`);
    }
    const { next, entry } = entryAt(bytes, view, at);
    if (next > start + length) throw new ArrayFileError("invalid", "the directory of the archive is longer than it says"); // prettier-ignore
    at = next;
    // Folders have names that end so, and no contents.
    if (!entry.name.endsWith("/")) entries.push(entry);
  }
  return entries;
}

/** The last 22 bytes, but for a comment of at most 64 KiB. */
function endOf(view: DataView): number | undefined {
  const last = view.byteLength - endLength;
  for (let at = last; at >= 0 && at >= last - 0xffff; at--) {
    const isEnd = view.getUint32(at, true) === signatures.end;
    if (isEnd && at + endLength + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return undefined;
}

function entryAt(
  bytes: Uint8Array,
  view: DataView,
  at: number,
): { readonly entry: ArchiveEntry; readonly next: number } {
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [crc, packed, size] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true)) as [
    number,
    number,
    number,
  ];
  const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [number, number, number]; // prettier-ignore
  const name = nameOf(bytes.subarray(at + centralLength, at + centralLength + nameLength));
  if ((flags & 1) !== 0) throw new ArrayFileError("unsupported", `${showText(name)} is encrypted`);
  if (method !== 0 && method !== 8) {
    throw new ArrayFileError("unsupported", `${showText(name)} is compressed by method ${method}; known are 0 and 8`);
  }
  if (packed === 0xffffffff || size === 0xffffffff) {
    throw new ArrayFileError("unsupported", `${showText(name)} has more than 4 GiB`);
  }
  const entry = { name, method, crc, packed, size, at: view.getUint32(at + 42, true) };
  return { entry, next: at + centralLength + nameLength + extra + comment };
}

function nameOf(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    throw new ArrayFileError("invalid", "a name in the archive is not UTF-8");
  }
}

function contentOf(bytes: Uint8Array, { at, method, packed, size, crc }: ArchiveEntry): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + localLength > bytes.length) throw new ArrayFileError("truncated", "it begins after the end of the file");
  if (view.getUint32(at, true) !== signatures.local) throw new ArrayFileError("invalid", "it has no header of its own");
  const from = at + localLength + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (from + packed > bytes.length) throw new ArrayFileError("truncated", "it ends after the end of the file");
  const data = bytes.subarray(from, from + packed);
  if (method === 0 && packed !== size) throw new ArrayFileError("invalid", "it is not compressed, and has two sizes");
  const content = method === 0 ? data : inflate(data, size);
  if (crcOf(content) !== crc) throw new ArrayFileError("invalid", "its contents are not those of its checksum");
  return content;
}

/** CRC-32 of ZIP (ISO 3309), a byte at a time. */
const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crcOf(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[i]!) & 255]!;
  return (crc ^ -1) >>> 0;
}

/**
 * The bytes of a `.npz` file, not compressed, which `np.load` reads. The same arrays give the same bytes: all files in it are of the
 * first day that the format knows.
 *
 * @throws TypeError for anything but a map of arrays by name, RangeError as `writeNpy` and where 4 GiB are not enough.
 * @example
 *     await writeFile("out.npz", writeNpz(new Map([["y", { shape: [2, 3], values: y }]])));
 */
export function writeNpz(arrays: ReadonlyMap<string, NpyArray>): Uint8Array {
  if (!(arrays instanceof Map)) refuse("writeNpz", "the first argument", "a map of arrays by name", arrays);
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const [name, array] of arrays as ReadonlyMap<string, NpyArray>) {
    const [own, content] = [encodeUtf8(`${name}.npy`), writeNpy(array)];
    if (own.length > 0xffff) throw new RangeError(`writeNpz: a name has ${own.length} bytes, at most 65535 may be`);
    const common = [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, 0x21], [4, crcOf(content)], [4, content.length], [4, content.length], [2, own.length], [2, 0]] as const; // prettier-ignore
    const local = record([[4, signatures.local], ...common]);
    parts.push(local, own, content);
    central.push(record([[4, signatures.central], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]]), own);
    at += local.length + own.length + content.length;
  }
  const size = central.reduce((sum, { length }) => sum + length, 0);
  if (at + size >= 0xffffffff || arrays.size >= 0xffff) throw new RangeError("writeNpz: the file would have more than 4 GiB or 65,534 arrays"); // prettier-ignore
  const end = record([[4, signatures.end], [2, 0], [2, 0], [2, arrays.size], [2, arrays.size], [4, size], [4, at], [2, 0]]); // prettier-ignore
  const file = new Uint8Array(at + size + end.length);
  let put = 0;
  for (const part of [...parts, ...central, end]) {
    file.set(part, put);
    put += part.length;
  }
  return file;
}

/** Integers of 2 and 4 bytes, one after the other. */
function record(fields: readonly (readonly [width: 2 | 4, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return bytes;
}
