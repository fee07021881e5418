/** Headers that mean harm: a typed error, or what `JSON.parse` finds in them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readSafetensors } from "../../../runtime/io/safetensors.js";
import { SafetensorsError } from "../../../runtime/base/errors.js";
import { fuzzParameters } from "../../support/fuzz.js";

const tokens = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "0",
  "4",
  "8",
  "-0",
  "4.0",
  "4e0",
  "null",
  '"W"',
  '"\\ud800"',
  '"dtype"',
  '"U8"',
  " ",
  "\n",
  "\0",
  "é",
  "\ud83d\ude00",
  '"__metadata__":{},',
  '"more":1,',
  "[".repeat(300),
];
const right = [
  '{"W":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
  '{"__metadata__":{"a":"b"},"V":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"W":{"data_offsets":[4,4],"shape":[2,0],"dtype":"F4"}}  ',
  "{}",
];

/** A part of a right header in place of another part, or a token. */
const change = fc.tuple(fc.nat(200), fc.nat(6), fc.oneof(fc.constantFrom(...tokens), fc.constantFrom("")));
const headers = fc.tuple(fc.constantFrom(...right), fc.array(change, { maxLength: 2 })).map(([header, changes]) =>
  changes.reduce((text, [at, length, put]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + put + text.slice(start + length);
  }, header),
);

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

test("a changed header is refused with an error of ours, or read as JSON says", () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(
      headers,
      fc.constantFrom(0, 4, 4, 4, 8),
      fc.option(fc.tuple(fc.nat(200), fc.nat(255)), { freq: 8 }),
      (header, data, bit) => {
        const text = new TextEncoder().encode(header);
        if (bit !== null && text.length > 0) text[bit[0] % text.length] = bit[1];
        const file = new Uint8Array(8 + text.length + data).map((_, at) => at);
        file.fill(0, 0, 8)[0] = text.length & 255;
        file[1] = text.length >> 8;
        file.set(text, 8);
        const before = file.slice();
        let found;
        try {
          found = readSafetensors(file);
        } catch (error) {
          if (!(error instanceof SafetensorsError)) throw error;
          expect(error.message.length).toBeLessThan(500);
          seen.refused++;
          return;
        } finally {
          expect(file).toEqual(before);
        }
        seen.accepted++;
        const { __metadata__: metadata, ...entries } = JSON.parse(
          new TextDecoder("utf-8", { fatal: true }).decode(text),
        ) as Record<string, Entry> & { __metadata__?: Record<string, string> | null };
        expect(Object.fromEntries(found.metadata)).toEqual(metadata ?? {});
        expect([...found.tensors.keys()].sort()).toEqual(Object.keys(entries).sort());
        for (const [name, { dtype, shape, bytes }] of found.tensors) {
          const [begin, end] = entries[name]!.data_offsets;
          expect({ dtype, shape }).toEqual({ dtype: entries[name]!.dtype, shape: entries[name]!.shape });
          expect(bytes).toEqual(file.subarray(8 + text.length + begin, 8 + text.length + end));
        }
      },
    ),
    fuzzParameters(500),
  );
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(5);
});
