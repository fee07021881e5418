/**
 * Cells that the library has of papers. Tests that compile each cell of the library in many ways take the small ones only, which have all
 * that a program can have; these have a test with the gallery (`test/examples/gallery.test.ts`).
 */
import { existsSync, readFileSync } from "node:fs";

interface PublishedCell {
  readonly cell: string;
  /** Small, as rounds and layers are written out. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** By their files in `std/`. */
export const publishedCells: Readonly<Record<string, PublishedCell>> = {
  alif: { cell: "ALIF", sizes: { I: 1, H: 1 } },
  biquad: { cell: "Peak", sizes: {} },
  cfc: { cell: "CfC", sizes: { I: 2, B: 2, H: 2 } },
  "conv-lstm": { cell: "ConvLSTM", sizes: { Y: 2, X: 2, I: 1, F: 1, K: 3 } },
  cornn: { cell: "CoRNN", sizes: { I: 1, H: 2 } },
  deltanet: { cell: "DeltaNet", sizes: { I: 2, K: 2, V: 2 } },
  garch: { cell: "GARCH", sizes: {} },
  "gated-deltanet": { cell: "GatedDeltaNet", sizes: { I: 2, N: 2, K: 2, V: 1 } },
  gla: { cell: "GLA", sizes: { I: 2, N: 2, K: 1, V: 2, R: 1 } },
  "gru-d": { cell: "GRUD", sizes: { I: 2, H: 2 } },
  hawk: { cell: "Hawk", sizes: { D: 2, E: 2 } },
  hgrn2: { cell: "HGRN2", sizes: { I: 2, N: 2, D: 1 } },
  "holt-winters": { cell: "HoltWinters", sizes: { M: 2 } },
  janet: { cell: "JANET", sizes: { I: 1, H: 2 } },
  kalman: { cell: "Kalman", sizes: { N: 2, M: 1 } },
  lem: { cell: "LEM", sizes: { I: 1, H: 2 } },
  lmu: { cell: "LMU", sizes: { I: 1, N: 2, H: 1 } },
  lru: { cell: "LRU", sizes: { I: 1, N: 2, O: 1 } },
  ltc: { cell: "LTC", sizes: { I: 1, H: 2, unfolds: 2 } },
  mamba: { cell: "Mamba", sizes: { D: 2, E: 2, N: 2, R: 1 } },
  mamba2: { cell: "Mamba2", sizes: { D: 2, H: 2, P: 1, N: 2, K: 2 } },
  mlstm: { cell: "MLSTM", sizes: { I: 1, H: 2 } },
  mogrifier: { cell: "Mogrifier", sizes: { I: 1, H: 2, K: 1, R: 1 } },
  "moog-ladder": { cell: "MoogLadder", sizes: {} },
  ntm: { cell: "NTM", sizes: { I: 1, H: 1, N: 2, M: 1, O: 1 } },
  "phased-lstm": { cell: "PhasedLSTM", sizes: { I: 1, H: 2 } },
  qrnn: { cell: "QRNN", sizes: { I: 1, H: 2 } },
  retnet: { cell: "RetNet", sizes: { I: 2, N: 2, D: 1 } },
  rwkv4: { cell: "RWKV4", sizes: { D: 2, F: 2 } },
  rwkv6: { cell: "RWKV6", sizes: { N: 1, D: 2, L: 1 } },
  rwkv7: { cell: "RWKV7", sizes: { N: 1, D: 2, L: 1 } },
  s4d: { cell: "S4D", sizes: { H: 2, N: 2 } },
  s5: { cell: "S5", sizes: { H: 1, N: 2 } },
  slstm: { cell: "SLSTM", sizes: { I: 1, N: 2, D: 1 } },
  sru: { cell: "SRU", sizes: { H: 2 } },
  unicornn: { cell: "UnICORNN", sizes: { I: 1, H: 2 } },
  "zoneout-lstm": { cell: "ZoneoutLSTM", sizes: { I: 1, H: 2 } },
};

const root = new URL("../../", import.meta.url);

/** The text of a published cell, of the library or of the gallery. */
export function publishedText(name: string): string {
  const own = new URL(`compiler/language/std/${name}.cell`, root);
  return readFileSync(existsSync(own) ? own : new URL(`examples/gallery/${name}.cell`, root), "utf8");
}
