/** Beside zlib of the host, which is another program by other people. */
import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ArrayFileError } from "../../../../runtime/index.js";
import { inflate } from "../../../../runtime/io/arrays/inflate.js";
import { fuzzParameters } from "../../../support/fuzz.js";

/** Much, and alike: so that there are lengths, distances and codes of all kinds. */
const contents = fc
  .tuple(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 }), fc.array(fc.nat(11), { maxLength: 400 }))
  .map(([words, places]) => Uint8Array.from(places.flatMap((place) => [...(words[place] ?? [])])));
const { Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY } = constants;
const settings = fc.record({
  level: fc.constantFrom(0, 1, 6, 9),
  strategy: fc.constantFrom(Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY),
});

test("what zlib packed comes out as it was", () => {
  fc.assert(
    fc.property(contents, settings, (bytes, options) => {
      expect(inflate(deflateRawSync(bytes, options), bytes.length)).toEqual(bytes);
    }),
    fuzzParameters(60),
  );
  const large = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) >> (i % 7));
  expect(Buffer.compare(inflate(deflateRawSync(large), large.length), large)).toBe(0);
});

test("what is damaged is refused, or gives as many bytes as were announced", () => {
  const seen = { refused: 0, other: 0 };
  fc.assert(
    fc.property(contents, settings, fc.nat(), fc.nat(255), (bytes, options, at, value) => {
      const packed = deflateRawSync(bytes, options);
      packed[at % packed.length] = value;
      try {
        expect(inflate(packed, bytes.length).length).toBe(bytes.length);
        seen.other++;
      } catch (error) {
        if (!(error instanceof ArrayFileError)) throw error;
        seen.refused++;
      }
    }),
    fuzzParameters(200),
  );
  expect(seen.refused).toBeGreaterThan(20);
  expect(seen.other).toBeGreaterThan(0);
});
