/** The most that the command line reads of anything: what has no end is refused while it is read. */
import { sourceLimit } from "../language/syntax/source-limit.js";

/** How many bytes, and of what. */
export interface ReadLimit {
  readonly bytes: number;
  readonly of: string;
}

export const readLimits = {
  // UTF-8 takes at most three bytes for a unit of a string.
  source: { bytes: 3 * sourceLimit, of: "a source" },
  // Engines take strings of about so many characters.
  module: { bytes: 500_000_000, of: "a module" },
  // As much as engines compile.
  kernels: { bytes: 2 ** 30, of: "a .wasm file" },
  params: { bytes: 2 ** 31, of: "a file of parameters" },
  data: { bytes: 2 ** 28, of: "a file of data" },
  csv: { bytes: 2 ** 25, of: "a file of comma-separated values" },
  history: { bytes: 2 ** 28, of: "a history" },
  description: { bytes: 2 ** 20, of: "a package.json" },
} as const satisfies Readonly<Record<string, ReadLimit>>;

/** Pipes and devices do not tell how much will come, and are kept in memory until they end. */
export const streamLimit: ReadLimit = { bytes: 2 ** 26, of: "what is no regular file" };
