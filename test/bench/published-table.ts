/**
 * How fast published cells are, beside what was measured of them when the language was new, on a busy machine: a row of `examples/gallery/TABLE.md`
 * for each.
 */
import { existsSync, readFileSync } from "node:fs";
import { profileProgram } from "../../compiler/tools/bench/profile-program.js";
import type { Program } from "../../compiler/program/program.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";

export interface TimedCell {
  readonly title: string;
  /** In the library, or by its path in the gallery. */
  readonly from: { readonly std: string } | { readonly gallery: string };
  readonly cell: string;
  readonly sizes: Readonly<Record<string, number>>;
  /** Nanoseconds of a step forward, its share of what registers reach, and forward and backward as a multiple of forward. */
  readonly then: { readonly step: number; readonly share?: number; readonly gradient?: number };
}

export const timedCells: readonly TimedCell[] = [
  { title: "LSTM 64, 64", from: { std: "lstm" }, cell: "LSTM", sizes: { I: 64, H: 64 }, then: { step: 1970, share: 0.7, gradient: 3.3 } }, // prettier-ignore
  { title: "sLSTM 64, 4 × 16", from: { std: "slstm" }, cell: "SLSTM", sizes: { I: 64, N: 4, D: 16 }, then: { step: 6180, share: 0.14, gradient: 1.7 } }, // prettier-ignore
  { title: "mLSTM 64, 64", from: { std: "mlstm" }, cell: "MLSTM", sizes: { I: 64, H: 64 }, then: { step: 5580, share: 0.22, gradient: 3.1 } }, // prettier-ignore
  { title: "Mamba block 64, 128, N 16", from: { std: "mamba" }, cell: "Mamba", sizes: { D: 64, E: 128, N: 16, R: 4 }, then: { step: 12100, share: 0.13, gradient: 1.5 } }, // prettier-ignore
  { title: "DeltaNet 64, 64 × 64", from: { std: "deltanet" }, cell: "DeltaNet", sizes: { I: 64, K: 64, V: 64 }, then: { step: 3890, share: 0.26, gradient: 4.9 } }, // prettier-ignore
  { title: "RWKV-7 4 × 16", from: { std: "rwkv7" }, cell: "RWKV7", sizes: { N: 4, D: 16, L: 16 }, then: { step: 2890, share: 0.38, gradient: 4.2 } }, // prettier-ignore
  { title: "LTC 16, 32", from: { std: "ltc" }, cell: "LTC", sizes: { I: 16, H: 32 }, then: { step: 10500, share: 0.09, gradient: 3 } }, // prettier-ignore
  { title: "NTM 8, 64, 32 × 16", from: { std: "ntm" }, cell: "NTM", sizes: { I: 8, H: 64, N: 32, M: 16, O: 8 }, then: { step: 5890, share: 0.24, gradient: 2.6 } }, // prettier-ignore
  { title: "LRU 64, 64, 64", from: { std: "lru" }, cell: "LRU", sizes: { I: 64, N: 64, O: 64 }, then: { step: 970, share: 0.88, gradient: 3.2 } }, // prettier-ignore
  { title: "ConvLSTM 3 to 8, 16 × 16", from: { std: "conv-lstm" }, cell: "ConvLSTM", sizes: { Y: 16, X: 16, I: 3, F: 8, K: 3 }, then: { step: 96000, share: 0.35, gradient: 7.9 } }, // prettier-ignore
  { title: "reverb, 4,798 samples in its lines", from: { gallery: "reverb" }, cell: "FDN", sizes: { A: 887, B: 1061, C: 1327, D: 1523 }, then: { step: 903, gradient: 2.1 } }, // prettier-ignore
  { title: "reverb, 48 samples", from: { gallery: "reverb" }, cell: "FDN", sizes: { A: 7, B: 11, C: 13, D: 17 }, then: { step: 57, gradient: 2.1 } }, // prettier-ignore
  { title: "peaking filter", from: { std: "biquad" }, cell: "Peak", sizes: {}, then: { step: 6.8 } },
  { title: "Moog ladder", from: { std: "moog-ladder" }, cell: "MoogLadder", sizes: {}, then: { step: 212 } },
];

/** From a compiled test or its source. */
const gallery = (): URL =>
  [2, 3].map((up) => new URL(`${"../".repeat(up)}examples/gallery/`, import.meta.url)).find((folder) => existsSync(new URL("TABLE.md", folder))) as URL; // prettier-ignore

const shownTime = (nanoseconds: number): string =>
  nanoseconds < 1000
    ? `${nanoseconds.toFixed(nanoseconds < 20 ? 1 : 0)} ns`
    : `${(nanoseconds / 1000).toPrecision(3)} µs`;
const shownShare = (share: number | undefined): string => (share === undefined ? "" : `${Math.round(share * 100)} %`);
const shownMultiple = (multiple: number | undefined): string => multiple?.toFixed(1) ?? "";

/** What is timed, at its sizes. */
export function programOf({ from, cell, sizes }: TimedCell): Program {
  const text = "std" in from ? `import { ${cell} } from "std/${from.std}"\n` : readFileSync(new URL(`${from.gallery}.cell`, gallery()), "utf8"); // prettier-ignore
  const { program } = lowerSource(text, { cell, dimensions: sizes }, "all sizes");
  if (program === undefined) throw new TypeError(`${cell} does not compile`);
  return program;
}

/** @param seconds for each cell */
export async function printPublishedTable(seconds: number, print: (line: string) => void): Promise<void> {
  print("| cell | forward, a step | then | of registers | then | gradient / forward | then |");
  print("| ---- | --------------- | ---- | ------------ | ---- | ------------------ | ---- |");
  for (const timed of timedCells) {
    const settings = { target: "wasm", dtype: "f32", fma: false, batch: 1, steps: 100, sizes: {}, seconds } as const;
    const { functions, gradient } = await profileProgram(programOf(timed), settings);
    const forward = functions.find(({ name }) => name === "forward");
    const [step, share] = [1000 * (forward?.perStep ?? NaN), forward?.shareOfArithmetic];
    const { title, then } = timed;
    print(
      `| ${title} | ${shownTime(step)} | ${shownTime(then.step)} | ${shownShare(share)} | ${shownShare(then.share)} | ${shownMultiple(gradient)} | ${shownMultiple(then.gradient)} |`,
    );
  }
}
