/** UTF-8 by hand: audio worklets and bare engines have neither `TextDecoder` nor `TextEncoder`. */

/** Code units that are put together at once: more arguments than this are too many for some engines. */
const run = 4096;

/** Texts of ASCII that are longer than this are taken from the bytes as they are. */
const short = 64;

/** Puts texts together, one after the other, from code points and bytes of ASCII. */
export class TextBuilder {
  private text = "";
  private readonly units = new Uint16Array(run + 1);
  private count = 0;

  addPoint(point: number): void {
    if (this.count >= run - 1) this.flush();
    if (point < 0x10000) this.units[this.count++] = point;
    else {
      this.units[this.count++] = 0xd800 + ((point - 0x10000) >> 10);
      this.units[this.count++] = 0xdc00 + (point & 0x3ff);
    }
  }

  addAscii(bytes: Uint8Array, from: number, to: number): void {
    if (to - from <= short) {
      for (let at = from; at < to; at++) this.addPoint(bytes[at]!);
      return;
    }
    this.flush();
    for (let at = from; at < to; at += run) this.text += joined(bytes.subarray(at, Math.min(at + run, to)));
  }

  private flush(): void {
    this.text += joined(this.units.subarray(0, this.count));
    this.count = 0;
  }

  /** The text so far; the next one begins empty. */
  take(): string {
    this.flush();
    const { text } = this;
    this.text = "";
    return text;
  }
}

const joined = (units: Uint8Array | Uint16Array): string =>
  String.fromCharCode.apply(null, units as unknown as number[]);

/** The lowest code point for which a sequence with so many bytes after its first is the shortest. */
const lowest = [0, 0x80, 0x800, 0x10000] as const;

/** How many bytes of UTF-8 a code point takes. */
export const utf8Length = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);

/**
 * The code point whose bytes begin at a place; a byte order mark is a character like any other.
 *
 * @throws TypeError where the bytes there are no UTF-8, with the place.
 */
export function codePointAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return first;
  const more = first < 0xc0 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : -1;
  let point = more < 1 ? first : first & (0x3f >> more);
  let valid = more >= 0;
  for (let i = 1; i <= more; i++) {
    const next = bytes[at + i] ?? 0;
    valid &&= (next & 0xc0) === 0x80;
    point = (point << 6) | (next & 0x3f);
  }
  const isSurrogate = point >= 0xd800 && point < 0xe000;
  if (!valid || isSurrogate || point > 0x10ffff || point < lowest[more as 1 | 2 | 3]) {
    throw new TypeError(`byte ${at}, 0x${first.toString(16).padStart(2, "0")}, begins no character`);
  }
  return point;
}

/** The bytes of a text in UTF-8; halves of surrogate pairs, which are no characters, become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const found = character.codePointAt(0)!;
    const point = found >= 0xd800 && found < 0xe000 ? 0xfffd : found;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else {
      const tail = [12, 6, 0].map((shift) => 0x80 | ((point >> shift) & 0x3f));
      bytes.push(0xf0 | (point >> 18), ...tail);
    }
  }
  return Uint8Array.from(bytes);
}

/** The text of bytes that may be cut anywhere; each that begins no character becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = new TextBuilder();
  for (let at = 0; at < bytes.length;) {
    let point = 0xfffd;
    let length = 1;
    try {
      point = codePointAt(bytes, at);
      length = utf8Length(point);
    } catch {
      // It is told by the character that stands for it.
    }
    text.addPoint(point);
    at += length;
  }
  return text.take();
}
