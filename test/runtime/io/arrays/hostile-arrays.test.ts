/** Files that mean harm: an error of ours or numbers, and no more memory than a few times the file. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ArrayFileError, readNpy, readNpz, readWav, writeWav } from "../../../../runtime/index.js";
import { wavFormats } from "../../../../runtime/io/arrays/wav-header.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { bytesOf, recordedArrays } from "../../../support/recorded-arrays.js";

const samples = Float32Array.of(0, 0.5, -0.25, 0.75);
/** What is read of each kind of file, as numbers, and how many times the file's bytes they may take. */
const kinds = {
  npy: { read: (bytes: Uint8Array) => [readNpy(bytes).values], files: recordedArrays.npy, most: 2 },
  npz: {
    read: (bytes: Uint8Array) => [...readNpz(bytes, { maxBytes: 1e6 }).values()].map(({ values }) => values),
    files: recordedArrays.npz,
    most: 1032 * 2,
  },
  wav: {
    read: (bytes: Uint8Array) => [readWav(bytes).samples],
    files: wavFormats.map((format) => {
      const file = writeWav({ sampleRate: 8000, channels: 2, samples }, { format });
      return { bytes: Buffer.from(file).toString("base64") };
    }),
    most: 4,
  },
};

/** Cut off, lengthened, and with bytes changed: often to those that make sizes large. */
const edits = fc.record({
  which: fc.nat(),
  changes: fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x39, 0x2c)))),
  keep: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
  more: fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array()) }, fc.uint8Array({ maxLength: 20 })),
});

test.each(["npy", "npz", "wav"] as const)("a changed %s file", (kind) => {
  const { read, files, most } = kinds[kind];
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(edits, ({ which, changes, keep, more }) => {
      const right = bytesOf(files[which % files.length]!.bytes);
      const file = Uint8Array.from([...right.subarray(0, Math.ceil(keep * right.length)), ...more]);
      for (const [at, value] of changes) if (file.length > 0) file[at % file.length] = value;
      const before = file.slice();
      try {
        const taken = read(file).reduce((sum, { byteLength }) => sum + byteLength, 0);
        expect(taken).toBeLessThanOrEqual(most * file.length);
        seen.read++;
      } catch (error) {
        if (!(error instanceof ArrayFileError)) throw error;
        expect(error.message.length).toBeLessThan(400);
        seen.refused++;
      }
      expect(file).toEqual(before);
    }),
    fuzzParameters(150),
  );
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(3);
});
