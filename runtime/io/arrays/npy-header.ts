/**
 * The header of a NumPy array: eight bytes that tell the version, the length of a text, and the text, a Python dictionary.
 *
 *     \x93NUMPY 1 0 | u16 or, from version 2 on, u32 N, little-endian | N bytes: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }
 *
 * Source: the documentation of numpy.lib.format. The dictionary is read by a grammar of its own: it is data, and never evaluated.
 */
import { showText } from "../../base/show.js";
import { recogniseFile } from "../bytes.js";
import { decodeUtf8 } from "../utf8.js";
import { ArrayFileError } from "./array-file-error.js";

/** How one element lies in the bytes. */
export interface NpyElement {
  /** The kind and the bytes of it, as NumPy spells them: `f4`. */
  readonly type: NpyElementType;
  readonly littleEndian: boolean;
}

const npyElementTypes = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"] as const;
export type NpyElementType = (typeof npyElementTypes)[number];

interface NpyHeader {
  readonly element: NpyElement;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly begin: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's own limit. */
const mostAxes = 64;

/** Longer ones have records of many fields, which are not read anyway. */
const longestText = 65_536;

/** Bytes that an element takes. */
export const widthOf = ({ type }: NpyElement): number => Number(type.slice(1));

/**
 * @param bytes The file, or how it begins.
 * @returns undefined where more of the file is needed, which is never more than 64 KiB.
 * @throws ArrayFileError
 */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader | undefined {
  const fits = magic.every((byte, i) => i >= bytes.length || bytes[i] === byte);
  if (!fits) {
    const other = recogniseFile(bytes) ?? "it does not begin as one";
    throw new ArrayFileError("foreign", `this is no NumPy array (.npy): ${other}`);
  }
  if (bytes.length < 12) return undefined;
  const major = bytes[6]!;
  if (major < 1 || major > 3) {
    throw new ArrayFileError("unsupported", `the array is of version ${major}.${bytes[7]}; known are 1 to 3`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [length, start] = major === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
  if (length > longestText) {
    throw new ArrayFileError("invalid", `the header has ${length} bytes, at most ${longestText} may be`);
  }
  if (start + length > bytes.length) return undefined;
  const text = textOf(bytes.subarray(start, start + length), major);
  return { ...new HeaderReader(text).read(), begin: start + length };
}

/** Latin-1 before version 3, whose only difference is that it is UTF-8. */
function textOf(bytes: Uint8Array, major: number): string {
  if (major < 3) return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  try {
    return decodeUtf8(bytes);
  } catch {
    throw new ArrayFileError("invalid", "the header is not UTF-8");
  }
}

type HeaderFields = Omit<NpyHeader, "begin">;

class HeaderReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  read(): HeaderFields {
    let [element, fortranOrder, shape]: [NpyElement?, boolean?, number[]?] = [];
    this.expect(/\{/uy, "{");
    while (this.take(/\}/uy) === undefined) {
      const [key = ""] = this.expect(/'(?:descr|fortran_order|shape)'|"(?:descr|fortran_order|shape)"/uy, "descr, fortran_order or shape"); // prettier-ignore
      this.expect(/:/uy, ":");
      if (key.includes("descr")) element = this.element(element);
      else if (key.includes("shape")) shape = this.shape(shape);
      else fortranOrder = this.order(fortranOrder);
      if (this.take(/,/uy) === undefined) {
        this.expect(/\}/uy, "}");
        break;
      }
    }
    if (this.text.slice(this.at).trim() !== "") this.fail("something follows it");
    if (element === undefined || shape === undefined || fortranOrder === undefined) {
      throw new ArrayFileError("invalid", "the header must have descr, fortran_order and shape");
    }
    return { element, fortranOrder, shape };
  }

  /** @param before What was read before under the same name. */
  private element(before: NpyElement | undefined): NpyElement {
    if (before !== undefined) this.fail("descr stands there twice");
    if (this.take(/\[/uy) !== undefined) {
      throw new ArrayFileError("unsupported", "the array has records of several fields; save each field as an array");
    }
    const [, quoted = "", other = quoted] = this.expect(/'([^'\\]*)'|"([^"\\]*)"/uy, "a type in quotes");
    const [, order, name] = /^([<>|=]?)(.+)$/u.exec(other) ?? [];
    const type = npyElementTypes.find((known) => known === name);
    const isOne = type?.endsWith("1") === true;
    // `=` is the order of the host that wrote it, which nobody knows here.
    if (type !== undefined && (isOne || order === "<" || order === ">")) return { type, littleEndian: order !== ">" };
    const help = other.includes("O") ? "; Python objects are not read" : "";
    throw new ArrayFileError(
      "unsupported",
      `elements of type ${showText(other)} are not read; known are ${npyElementTypes.join(", ")} with < or >${help}`,
    );
  }

  private order(before: boolean | undefined): boolean {
    if (before !== undefined) this.fail("fortran_order stands there twice");
    return this.expect(/True|False/uy, "True or False")[0] === "True";
  }

  private shape(before: readonly number[] | undefined): number[] {
    if (before !== undefined) this.fail("shape stands there twice");
    const sizes: number[] = [];
    this.expect(/\(/uy, "(");
    while (this.take(/\)/uy) === undefined) {
      const size = Number(this.expect(/(\d{1,16})L?/uy, "a size")[1]);
      if (!Number.isSafeInteger(size)) this.fail(`a size of ${size} is too large`);
      sizes.push(size);
      if (sizes.length > mostAxes) this.fail(`it has more than ${mostAxes} axes`);
      if (this.take(/,/uy) !== undefined) continue;
      this.expect(/\)/uy, ")");
      break;
    }
    return sizes;
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    while (" \n\t\r".includes(this.text[this.at] ?? "x")) this.at++;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found !== undefined) this.at = pattern.lastIndex;
    return found;
  }

  private expect(pattern: RegExp, what: string): RegExpExecArray {
    return this.take(pattern) ?? this.fail(`expected ${what}, got ${showText(this.text.slice(this.at, this.at + 20))}`);
  }

  private fail(problem: string): never {
    throw new ArrayFileError("invalid", `the header of the array: ${problem}`);
  }
}
