/** The options of `recell explain`, and what its help says. */
import type { CommandEntry } from "./arguments.js";
import { cell, dim, dtype, json, root, target } from "./shared-options.js";

export const explainCommand: CommandEntry = {
  name: "explain",
  summary: "show what the compiler makes of a cell",
  usage: "FILE [options]",
  description: `
Shows for each function of the module what is computed before, in and after the loop
over time, how much arithmetic that is and what is kept in memory. With --after it shows
the program itself after a stage of the compiler, with --equations the cell and its
derivative as formulas. Dimensions without a size stay symbols; kernels need all sizes.`,
  options: [
    cell,
    dim,
    {
      name: "after",
      kind: "text",
      value: "STAGE",
      help: "the program after a stage; --after list shows the stages, with --entry those of it",
    },
    {
      name: "entry",
      kind: "text",
      value: "NAME",
      help: "one function: forward, …, with --after also step, …; or an entry of a network",
    },
    { ...target, help: "wasm (the default), wasm-fma (what build --fma adds) or js: whose kernels --after shows" },
    { name: "equations", kind: "flag", help: "the cell in the spelling of formulas, and one step back in time" },
    { name: "latex", kind: "flag", help: "the same as LaTeX: align* environments for amsmath and amssymb" },
    {
      name: "gradient",
      kind: "flag",
      words: ["params"],
      help: "with backward (the default); --gradient params: none by inputs and contexts;\n--no-gradient: what only runs",
    },
    {
      name: "memory",
      kind: "text",
      value: "BYTES",
      help: "how the gradient of a long sequence is computed in so much memory, 64MB: how long\nsegments are and what they cost; a module for that is built with --segments",
    },
    { name: "steps", kind: "text", value: "N", help: "with --memory: steps of the sequence; a million where left out" },
    { name: "batch", kind: "text", value: "N", help: "with --memory: examples; 1 where left out" },
    { name: "jvp", kind: "flag", help: "also the functions that --jvp compiles" },
    { name: "hvp", kind: "flag", help: "also the functions that --hvp compiles" },
    { name: "segments", kind: "flag", help: "the functions as build --segments makes them" },
    { ...dtype, help: "f32 (the default) or f64: for sizes in bytes" },
    json,
    root,
  ],
  examples: [
    ["recell explain lstm.cell", "what leaves the loop, operations and bytes per step"],
    ["recell explain lstm.cell --after split-time --entry forward", "the graph after one pass"],
    ["recell explain lstm.cell --after fuse-tails --entry step -d I=8 -d H=16", "kernels after another"],
    ["recell explain gru.cell --equations", "text that compiles again, with the derivative in comments"],
    ["recell explain lstm.cell -d I=64 -d H=64 --memory 64MB --gradient params", "a million steps in 64 MB"],
    ["recell explain gru.cell --latex > gru.tex", "the same for a paper: \\input{gru}"],
  ],
};
