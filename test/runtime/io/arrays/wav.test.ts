import { describe, expect, test } from "vitest";
import { ArrayFileError, readWav, type WavFormat, writeWav } from "../../../../runtime/index.js";
import { wavFormats } from "../../../../runtime/io/arrays/wav-header.js";
import { bytesOf, recordedArrays } from "../../../support/recorded-arrays.js";

const sound = { sampleRate: 8000, channels: 2, samples: Float64Array.of(0, 0.5, -0.25, 0.75, -1, 0.125) };

describe("WAV files", () => {
  test.each(recordedArrays.wav)("that Python has written, $format", ({ format, samples, bytes }) => {
    const read = readWav(bytesOf(bytes));
    expect({ ...read, samples: [...read.samples] }).toEqual({ sampleRate: 8000, channels: 2, format, samples });
    expect(writeWav(read, { format: format as WavFormat })).toEqual(bytesOf(bytes));
  });

  test.each(wavFormats)("of %s come back, also in the order of RIFX", (format) => {
    const file = writeWav(sound, { format });
    expect([...readWav(file).samples]).toEqual([...sound.samples]);
    expect(readWav(file).samples).toBeInstanceOf(/pcm32|float64/u.test(format) ? Float64Array : Float32Array);
    const [turned, view] = [file.slice(), new DataView(file.buffer)];
    const other = new DataView(turned.buffer);
    turned.set(Buffer.from("RIFX"));
    for (const at of [4, 16, 24, 28, 40]) other.setUint32(at, view.getUint32(at, true), false);
    for (const at of [20, 22, 32, 34]) other.setUint16(at, view.getUint16(at, true), false);
    const width = view.getUint16(34, true) / 8;
    for (let at = 44; at < turned.length; at += width) turned.subarray(at, at + width).reverse();
    expect([...readWav(turned).samples]).toEqual([...sound.samples]);
  });

  test("round to the nearest, and cut off what is beyond", () => {
    const samples = Float32Array.of(2, -2, 1, 0.00002, -0.00002);
    const [first, second, third, ...rest] = readWav(writeWav({ sampleRate: 1, channels: 1, samples })).samples;
    expect([first, second, third, ...rest]).toEqual([32767 / 32768, -1, 32767 / 32768, 1 / 32768, -1 / 32768]);
    expect([
      ...readWav(writeWav({ ...sound, samples: Float32Array.of(NaN, 2) }, { format: "float32" })).samples,
    ]).toEqual([NaN, 2]);
    expect(() => writeWav({ ...sound, samples: Float32Array.of(0, NaN) })).toThrow("sample 1 is NaN, which pcm16 cannot hold"); // prettier-ignore
  });

  test("may have other chunks, long names of formats, and a length that nobody knew", () => {
    const file = writeWav(sound);
    const extra = Buffer.concat([Buffer.from("LIST"), Buffer.from([3, 0, 0, 0, 1, 2, 3, 0])]);
    const within = Buffer.concat([file.subarray(0, 12), extra, file.subarray(12, 36), extra, file.subarray(36)]);
    expect([...readWav(within).samples]).toEqual([...sound.samples]);
    const long = Buffer.concat([
      file.subarray(0, 36),
      Buffer.from([22, 0, 16, 0, 3, 0, 0, 0, 1, 0]),
      new Uint8Array(14),
      file.subarray(36),
    ]);
    long.writeUInt32LE(40, 16);
    long.writeUInt16LE(0xfffe, 20);
    expect(readWav(long)).toEqual({ ...readWav(file), format: "pcm16" });
    file.set([255, 255, 255, 255], 40);
    expect(readWav(file).samples.length).toBe(6);
  });
});

describe("files that are none, or say what is not so", () => {
  const file = writeWav(sound);
  const changed = (at: number, ...put: number[]): Uint8Array => {
    const copy = file.slice();
    copy.set(put, at);
    return copy;
  };

  test.each([
    ["foreign", Buffer.from("ID3\u0003 and more of it"), /it is an MP3/u],
    ["foreign", Buffer.from('{ "x": 1, "y": 2 }'), /JSON/u],
    ["foreign", changed(8, 0x41, 0x56, 0x49), /has "AVIE"/u],
    ["unsupported", changed(0, 0x52, 0x46, 0x36, 0x34), /RF64, for more than 4 GiB/u],
    ["truncated", file.subarray(0, 40), /ends before its samples, after 40 bytes/u],
    ["truncated", file.subarray(0, 10), /after 10 bytes/u],
    ["truncated", file.subarray(0, 50), /samples take 12 bytes, there are 6/u],
    ["truncated", changed(40, 254, 255, 255, 255), /take 4294967294 bytes, there are 12/u],
    ["invalid", changed(40, 11), /11 bytes, which is no multiple of a frame of 4/u],
    ["invalid", changed(16, 8), /has 8 bytes, at least 16/u],
    ["invalid", changed(22, 0), /0 channels/u],
    ["invalid", changed(24, 0, 0), /0 Hz/u],
    ["invalid", changed(32, 3), /frames of 3 bytes/u],
    ["unsupported", changed(20, 2), /coded by method 2; known are pcm8, pcm16/u],
    ["unsupported", changed(34, 12), /samples are pcm of 12 bits; known are pcm8/u],
    ["invalid", changed(12, 0x66, 0x61), /samples come before what tells their format/u],
  ])("%s, %#", (code, bytes, message) => {
    let error: unknown;
    try {
      readWav(bytes);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ArrayFileError);
    expect([(error as ArrayFileError).code, (error as ArrayFileError).message]).toEqual([code, expect.stringMatching(message)]); // prettier-ignore
  });
});

test("wrong calls say what was expected", () => {
  expect(() => readWav(5 as never)).toThrow(/bytes must be a Uint8Array/u);
  expect(() => writeWav({ ...sound, channels: 4 })).toThrow("6 samples are no whole frames of 4 channels");
  expect(() => writeWav({ ...sound, samples: [0] as never })).toThrow("samples must be a Float32Array");
  expect(() => writeWav({ ...sound, sampleRate: 0.5 })).toThrow("sampleRate must be a positive integer, got 0.5");
  expect(() => writeWav(sound, { format: "mp3" as never })).toThrow('format must be pcm8, pcm16, pcm24, pcm32, float32, float64, got "mp3"'); // prettier-ignore
});
