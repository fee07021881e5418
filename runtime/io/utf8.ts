/** UTF-8 by hand: audio worklets and bare engines have neither `TextDecoder` nor `TextEncoder`. */

/** Code units that are put together at once: more arguments than this are too many for some engines. */
const run = 4096;

/** The lowest code point for which a sequence with so many bytes behind its first is the shortest. */
const lowest = [0, 0x80, 0x800, 0x10000] as const;

/**
 * The text of bytes in UTF-8; a byte order mark is a character like any other.
 *
 * @throws TypeError where the bytes are no UTF-8, with the place.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = "";
  let units: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    const more = first < 0x80 ? 0 : first < 0xc0 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : -1;
    let point = more < 1 ? first : first & (0x3f >> more);
    let valid = more >= 0;
    for (let i = 1; i <= more; i++) {
      const next = bytes[at + i] ?? 0;
      valid &&= (next & 0xc0) === 0x80;
      point = (point << 6) | (next & 0x3f);
    }
    const isSurrogate = point >= 0xd800 && point < 0xe000;
    if (!valid || isSurrogate || point > 0x10ffff || point < lowest[more as 0 | 1 | 2 | 3]) {
      throw new TypeError(`byte ${at}, 0x${first.toString(16).padStart(2, "0")}, begins no character`);
    }
    if (point < 0x10000) units.push(point);
    else units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff));
    at += 1 + more;
    if (units.length >= run) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return text + String.fromCharCode(...units);
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
