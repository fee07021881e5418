import { expect, test } from "vitest";
import { codePointAt, encodeUtf8, TextBuilder, utf8Length } from "../../../runtime/io/utf8.js";
import { createRandom } from "../../../runtime/base/random.js";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What the host's decoder makes of bytes: undefined where it refuses them. */
function expected(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  const text = new TextBuilder();
  for (let at = 0; at < bytes.length; at += utf8Length(codePointAt(bytes, at))) text.addPoint(codePointAt(bytes, at));
  return text.take();
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return undefined;
  }
}

test("decodes and refuses as the host does: every first byte, with what may follow", () => {
  let accepted = 0;
  // Where ranges of bytes begin and end.
  const edges = [0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  for (let first = 0; first < 256; first++) {
    for (const second of edges) {
      for (const tail of [[], [0x80], [0xbf, 0xbf], [0x80, 0x41]]) {
        const bytes = Uint8Array.from([first, second, ...tail]);
        const text = decoded(bytes);
        if (text !== expected(bytes)) expect({ bytes, text }).toEqual({ bytes, text: expected(bytes) });
        if (text !== undefined) accepted++;
      }
    }
  }
  expect(accepted).toBeGreaterThan(700);
});

test("texts of all planes, longer than what is put together at once, come back", () => {
  const random = createRandom(3);
  const tops = [0x7f, 0x7ff, 0xffff, 0x10ffff];
  for (const length of [0, 1, 4095, 4096, 9000]) {
    const points = Array.from({ length }, (_, i) => random.integer(tops[i % 4]! + 1));
    // Halves of surrogate pairs too, which both encoders replace.
    const text = points.map((point) => String.fromCodePoint(point)).join("");
    const bytes = encodeUtf8(text);
    expect(bytes).toEqual(new TextEncoder().encode(text));
    expect(decodeUtf8(bytes)).toBe(strict.decode(bytes));
  }
});

test("says which byte is at fault", () => {
  expect(() => decodeUtf8(Uint8Array.of(0x7b, 0xc3, 0xa9, 0xff))).toThrow("byte 3, 0xff, begins no character");
});
