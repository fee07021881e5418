/**
 * What stands before the samples of a WAV file: chunks, each with a name of four letters and its length.
 *
 *     RIFF u32 WAVE | fmt␣ u32 … | others | data u32 samples
 *
 * Sources: "Multimedia Programming Interface and Data Specifications 1.0" (IBM, Microsoft 1991), and Microsoft's page on WAVEFORMATEXTENSIBLE.
 */
import { showText } from "../../base/show.js";
import { recogniseFile } from "../bytes.js";
import { ArrayFileError } from "./array-file-error.js";

export const wavFormats = ["pcm8", "pcm16", "pcm24", "pcm32", "float32", "float64"] as const;

/** How samples are stored: integers of so many bits, or floats. */
export type WavFormat = (typeof wavFormats)[number];

export interface WavHeader {
  readonly sampleRate: number;
  readonly channels: number;
  readonly format: WavFormat;
  readonly littleEndian: boolean;
  /** Where the samples begin, and how many bytes they have; undefined where the file was written without knowing that, up to its end. */
  readonly begin: number;
  readonly length: number | undefined;
}

export const bytesOfSample = (format: WavFormat): number => Number(/\d+$/u.exec(format)![0]) / 8;

const kinds: Readonly<Record<number, string>> = { 1: "pcm", 3: "float" };
const extensible = 0xfffe;

/** Chunks before the samples, such as covers of albums, may be large; those of more than this are not looked behind in a stream. */
export const longestWavHead = 2 ** 24;

/**
 * @param bytes The file, or how it begins.
 * @returns undefined where more of the file is needed.
 * @throws ArrayFileError
 */
export function parseWavHeader(bytes: Uint8Array): WavHeader | undefined {
  if (bytes.length < 12) {
    if (bytes.length >= 4) checkKind(bytes);
    return undefined;
  }
  const isLittle = checkKind(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (letters(bytes, 8) !== "WAVE") {
    throw new ArrayFileError("foreign", `this RIFF file is no WAV file, but has ${showText(letters(bytes, 8))}`);
  }
  let format: Pick<WavHeader, "sampleRate" | "channels" | "format"> | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const [name, length] = [letters(bytes, at), view.getUint32(at + 4, isLittle)];
    if (name === "data") {
      if (format === undefined) throw new ArrayFileError("invalid", "the samples come before what tells their format");
      const isOpen = length === 0xffffffff;
      return { ...format, littleEndian: isLittle, begin: at + 8, length: isOpen ? undefined : length };
    }
    if (name === "fmt ") {
      if (format !== undefined) throw new ArrayFileError("invalid", "the file tells its format twice");
      if (at + 8 + Math.min(length, 40) > bytes.length) return undefined;
      format = formatOf(view, at + 8, length, isLittle);
    }
    // Chunks begin at even places.
    at += 8 + length + (length % 2);
  }
  return undefined;
}

function checkKind(bytes: Uint8Array): boolean {
  const kind = letters(bytes, 0);
  if (kind === "RIFF" || kind === "RIFX") return kind === "RIFF";
  if (kind === "RF64" || kind === "BW64") {
    throw new ArrayFileError("unsupported", `this is a file of ${kind}, for more than 4 GiB; known are RIFF and RIFX`);
  }
  const other = recogniseFile(bytes) ?? otherSound(kind);
  throw new ArrayFileError("foreign", `this is no WAV file: ${other}`);
}

const otherSound = (kind: string): string =>
  ({ "ID3\u0003": "it is an MP3", "ID3\u0004": "it is an MP3", fLaC: "it is FLAC", OggS: "it is Ogg", FORM: "it is AIFF" })[kind] ?? "it does not begin with RIFF"; // prettier-ignore

const letters = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

function formatOf(
  view: DataView,
  at: number,
  length: number,
  isLittle: boolean,
): Pick<WavHeader, "sampleRate" | "channels" | "format"> {
  if (length < 16) throw new ArrayFileError("invalid", `what tells the format has ${length} bytes, at least 16 are needed`); // prettier-ignore
  const code = view.getUint16(at, isLittle);
  // The first bytes of a long name are the code.
  const tag = code === extensible && length >= 40 ? view.getUint16(at + 24, isLittle) : code;
  const [channels, bits] = [view.getUint16(at + 2, isLittle), view.getUint16(at + 14, isLittle)];
  const format = wavFormats.find((known) => known === `${kinds[tag] ?? "?"}${bits}`);
  if (format === undefined) {
    const told = kinds[tag] === undefined ? `the samples are coded by method ${tag}` : `samples are ${kinds[tag]} of ${bits} bits`; // prettier-ignore
    throw new ArrayFileError("unsupported", `${told}; known are ${wavFormats.join(", ")}`);
  }
  const [sampleRate, frame] = [view.getUint32(at + 4, isLittle), view.getUint16(at + 12, isLittle)];
  if (channels === 0 || sampleRate === 0 || frame !== channels * bytesOfSample(format)) {
    const told = `${channels} channels of ${format}, ${sampleRate} Hz, frames of ${frame} bytes`;
    throw new ArrayFileError("invalid", `what tells the format does not fit together: ${told}`);
  }
  return { sampleRate, channels, format };
}
