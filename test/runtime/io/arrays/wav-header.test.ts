/** What stands before the samples of WAV files, written out byte by byte. */
import { expect, test } from "vitest";
import { bytesOfSample, parseWavHeader } from "../../../../runtime/io/arrays/wav-header.js";

const letters = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const number = (value: number, bytes: number, isLittle: boolean): number[] => {
  const found = Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
  return isLittle ? found : found.reverse();
};

interface Told {
  readonly code?: number;
  readonly channels?: number;
  readonly bits?: number;
  readonly frame?: number;
  readonly length?: number;
  readonly between?: readonly number[];
  readonly isLittle?: boolean;
}

function file({
  code = 1,
  channels = 2,
  bits = 16,
  frame = 4,
  length = 8,
  between = [],
  isLittle = true,
}: Told = {}): Uint8Array {
  const n = (value: number, bytes: number): number[] => number(value, bytes, isLittle);
  const format = [...n(code, 2), ...n(channels, 2), ...n(8000, 4), ...n(32000, 4), ...n(frame, 2), ...n(bits, 2)];
  const chunks = [...letters("fmt "), ...n(16, 4), ...format, ...between, ...letters("data"), ...n(length, 4)];
  return Uint8Array.from([...letters(isLittle ? "RIFF" : "RIFX"), ...n(0, 4), ...letters("WAVE"), ...chunks]);
}

const plain = { sampleRate: 8000, channels: 2, format: "pcm16", littleEndian: true, begin: 44, length: 8 };

test("both orders of bytes, other chunks before, and lengths that nobody knew", () => {
  expect(parseWavHeader(file())).toEqual(plain);
  expect(parseWavHeader(file({ isLittle: false }))).toEqual({ ...plain, littleEndian: false });
  const odd = [...letters("LIST"), ...number(3, 4, true), 1, 2, 3, 0];
  expect(parseWavHeader(file({ between: odd }))).toEqual({ ...plain, begin: 56 });
  expect(parseWavHeader(file({ length: 0xffffffff }))).toEqual({ ...plain, length: undefined });
  expect(parseWavHeader(file({ code: 3, bits: 32, frame: 8 }))).toMatchObject({ format: "float32" });
});

test("more is needed of every beginning", () => {
  const whole = file();
  for (let end = 0; end < whole.length; end++) expect(parseWavHeader(whole.subarray(0, end))).toBeUndefined();
});

test.each<[string, Uint8Array, string]>([
  ["a method that is not read", file({ code: 7 }), "the samples are coded by method 7"],
  ["a number of bits", file({ bits: 12 }), "samples are pcm of 12 bits"],
  [
    "frames that do not fit",
    file({ frame: 3 }),
    "does not fit together: 2 channels of pcm16, 8000 Hz, frames of 3 bytes",
  ],
  ["no channels", file({ channels: 0, frame: 0 }), "does not fit together"],
  ["FLAC", Uint8Array.from([...letters("fLaC"), 0, 0, 0, 0, 0, 0, 0, 0]), "this is no WAV file: it is FLAC"],
  ["a file for more", Uint8Array.from([...letters("RF64"), 0, 0, 0, 0, 0, 0, 0, 0]), "this is a file of RF64"],
])("%s is told", (_, bytes, message) => {
  expect(() => parseWavHeader(bytes)).toThrow(message);
});

test("bytes of samples", () => {
  expect((["pcm8", "pcm24", "float64"] as const).map(bytesOfSample)).toEqual([1, 3, 8]);
});
