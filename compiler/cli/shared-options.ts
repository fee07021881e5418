/** Options that several commands take. */
import type { OptionEntry } from "./arguments.js";

export const cell: OptionEntry = {
  name: "cell",
  kind: "text",
  value: "NAME",
  help: "which cell of the file; not needed where it has only one",
};
export const dim: OptionEntry = {
  name: "dim",
  short: "d",
  kind: "list",
  value: "NAME=SIZE",
  help: "size of a dimension; once for each: --dim I=64 --dim H=128",
};
export const dtype: OptionEntry = {
  name: "dtype",
  kind: "text",
  value: "TYPE",
  help: "f32 (the default) or f64: precision of all numbers",
};
export const target: OptionEntry = {
  name: "target",
  kind: "text",
  value: "TARGET",
  help: "wasm (the default): WebAssembly kernels; js: plain JavaScript, the same bits, slower;\nauto: both in one module, WebAssembly where the host compiles it",
};
export const seed: OptionEntry = {
  name: "seed",
  kind: "text",
  value: "N",
  help: "seed of all random choices; from the clock where left out",
};
export const root: OptionEntry = {
  name: "root",
  kind: "text",
  value: "DIR",
  help: "folder inside which imported files lie; where left out, that of the nearest\npackage.json above FILE, or FILE's own",
};
export const json: OptionEntry = { name: "json", kind: "flag", help: "print JSON on standard output" };
