/** Sound, `.wav`: samples to numbers from -1 to 1 and back. */
import { checkFloats, checkRecord } from "../../base/arguments.js";
import { checkCount, checkOptionNames, describe } from "../../base/options.js";
import { asBytes, type FileBytes } from "../bytes.js";
import { ArrayFileError } from "./array-file-error.js";
import { bytesOfSample, parseWavHeader, type WavFormat, wavFormats } from "./wav-header.js";

export interface WavSound {
  /** Frames in a second. */
  readonly sampleRate: number;
  readonly channels: number;
  /** `[frames, channels]`: integers over their largest power of two, so from -1 to below 1; floats as they are. */
  readonly samples: Float32Array | Float64Array;
}

export interface StoredWavSound extends WavSound {
  readonly format: WavFormat;
}

interface SampleType {
  readonly array: new (length: number) => Float32Array | Float64Array;
  readonly read: (view: DataView, at: number, little: boolean) => number;
  readonly write: (view: DataView, at: number, value: number) => void;
}

/** The nearest integer of so many bits, the largest or least where it is beyond. */
const toInteger = (value: number, half: number): number =>
  Math.max(-half, Math.min(half - 1, Math.round(value * half)));

const types: Readonly<Record<WavFormat, SampleType>> = {
  pcm8: {
    array: Float32Array,
    read: (view, at) => (view.getUint8(at) - 128) / 128,
    write: (view, at, value) => view.setUint8(at, toInteger(value, 128) + 128),
  },
  pcm16: {
    array: Float32Array,
    read: (view, at, little) => view.getInt16(at, little) / 32768,
    write: (view, at, value) => view.setInt16(at, toInteger(value, 32768), true),
  },
  pcm24: {
    array: Float32Array,
    read: (view, at, little) =>
      little
        ? (view.getUint16(at, true) + view.getInt8(at + 2) * 65536) / 2 ** 23
        : (view.getUint16(at + 1, false) + view.getInt8(at) * 65536) / 2 ** 23,
    write(view, at, value) {
      const whole = toInteger(value, 2 ** 23);
      view.setUint16(at, whole & 0xffff, true);
      view.setInt8(at + 2, whole >> 16);
    },
  },
  pcm32: {
    array: Float64Array,
    read: (view, at, little) => view.getInt32(at, little) / 2 ** 31,
    write: (view, at, value) => view.setInt32(at, toInteger(value, 2 ** 31), true),
  },
  float32: {
    array: Float32Array,
    read: (view, at, little) => view.getFloat32(at, little),
    write: (view, at, value) => view.setFloat32(at, value, true),
  },
  float64: {
    array: Float64Array,
    read: (view, at, little) => view.getFloat64(at, little),
    write: (view, at, value) => view.setFloat64(at, value, true),
  },
};

/**
 * Reads a WAV file: integers of 8, 16, 24 and 32 bits and floats of 32 and 64, of any number of channels, RIFF or, big-endian, RIFX. Samples of
 * files that were written to a pipe, whose length is not told, go to the end of the file.
 *
 * @param file The whole file.
 * @throws TypeError for anything but bytes; ArrayFileError with a code for each way in which a file can be wrong.
 * @example
 *     const { samples, channels, sampleRate } = readWav(await readFile("voice.wav"));
 */
export function readWav(file: FileBytes): StoredWavSound {
  const bytes = asBytes(file);
  const header = parseWavHeader(bytes);
  if (header === undefined) throw new ArrayFileError("truncated", `the file ends before its samples, after ${bytes.length} bytes`); // prettier-ignore
  const { sampleRate, channels, format, littleEndian, begin } = header;
  const rest = bytes.length - begin;
  const { length = rest } = header;
  if (length > rest) throw new ArrayFileError("truncated", `the samples take ${length} bytes, there are ${rest}`);
  const frame = channels * bytesOfSample(format);
  if (length % frame !== 0) {
    throw new ArrayFileError(
      "invalid",
      `the samples take ${length} bytes, which is no multiple of a frame of ${frame}`,
    );
  }
  const samples = decodeSamples(bytes.subarray(begin, begin + length), format, littleEndian);
  return { sampleRate, channels, format, samples };
}

/** All samples that are whole in the bytes. */
export function decodeSamples(
  bytes: Uint8Array,
  format: WavFormat,
  littleEndian: boolean,
): Float32Array | Float64Array {
  const { array: Numbers, read } = types[format];
  const width = bytesOfSample(format);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Numbers(Math.floor(bytes.length / width));
  for (let i = 0; i < samples.length; i++) samples[i] = read(view, i * width, littleEndian);
  return samples;
}

/**
 * The bytes of a WAV file. Integers are rounded to the nearest, and what is beyond -1 and 1 is cut off.
 *
 * @param options `format`: how samples are stored, `"pcm16"` by default.
 * @throws TypeError or RangeError for wrong arguments, for NaN in a format of integers, and where 4 GiB are not enough.
 * @example
 *     await writeFile("louder.wav", writeWav({ sampleRate: 48000, channels: 1, samples: y }, { format: "float32" }));
 */
export function writeWav(sound: WavSound, options: { readonly format?: WavFormat } = {}): Uint8Array {
  checkRecord("writeWav", "the first argument", "a sound { sampleRate, channels, samples }", sound);
  checkOptionNames("writeWav", options, ["format"]);
  const { sampleRate, channels, samples } = sound;
  const { format = "pcm16" } = options;
  if (!wavFormats.includes(format)) throw new TypeError(`writeWav: format must be ${wavFormats.join(", ")}, got ${describe(format)}`); // prettier-ignore
  checkCount("writeWav: sampleRate", sampleRate);
  checkCount("writeWav: channels", channels);
  checkFloats("writeWav", "samples", samples);
  if (samples.length % channels !== 0) {
    throw new RangeError(`writeWav: ${samples.length} samples are no whole frames of ${channels} channels`);
  }
  const encoded = encodeSamples(samples, format);
  const head = wavHead({ sampleRate, channels, format }, encoded.length);
  const file = new Uint8Array(head.length + encoded.length + (encoded.length % 2));
  file.set(head);
  file.set(encoded, head.length);
  return file;
}

/** @throws TypeError for NaN in a format of integers, which have none. */
export function encodeSamples(samples: ArrayLike<number>, format: WavFormat): Uint8Array {
  const { write } = types[format];
  const width = bytesOfSample(format);
  const bytes = new Uint8Array(samples.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (Number.isNaN(value) && format.startsWith("pcm")) {
      throw new TypeError(`writeWav: sample ${i} is NaN, which ${format} cannot hold; float32 can`);
    }
    write(view, i * width, value);
  }
  return bytes;
}

/**
 * All of a file before its samples.
 *
 * @param length Bytes of the samples; undefined where that is not known, which readers take as "to the end".
 */
export function wavHead(
  { sampleRate, channels, format }: Pick<StoredWavSound, "sampleRate" | "channels" | "format">,
  length: number | undefined,
): Uint8Array {
  const bytes = new Uint8Array(44);
  const view = new DataView(bytes.buffer);
  const width = bytesOfSample(format);
  if ((length ?? 0) + 37 >= 0xffffffff) throw new RangeError("writeWav: a WAV file has at most 4 GiB");
  const text = (at: number, name: string): void =>
    bytes.set(
      [...name].map((letter) => letter.charCodeAt(0)),
      at,
    );
  text(0, "RIFF");
  view.setUint32(4, length === undefined ? 0xffffffff : 36 + length + (length % 2), true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, format.startsWith("pcm") ? 1 : 3, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * width, true);
  view.setUint16(32, channels * width, true);
  view.setUint16(34, 8 * width, true);
  text(36, "data");
  view.setUint32(40, length ?? 0xffffffff, true);
  return bytes;
}
