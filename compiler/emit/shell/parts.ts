/** The parts of the shell. */

/** In the order in which they stand in a module. */
export const shellParts = [
  "check",
  "tensors",
  "capacity",
  "core",
  "extents",
  "random",
  "normal",
  "orthogonal",
  "sequence",
  "gradient",
  "directional",
  "hessian",
  "stream",
  "instantiate",
  "wasm",
  "wasm-text",
  "wasm-file",
] as const;

export type ShellPart = (typeof shellParts)[number];
