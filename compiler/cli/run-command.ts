/** The options of `recell run`, and what its help says. */
import type { CommandEntry } from "./arguments.js";

export const runCommand: CommandEntry = {
  name: "run",
  summary: "run a built module over data, also from a pipe",
  usage: "MODULE.js [--input FILE] [options]",
  description: `
Runs the code of a module that recell build wrote over numbers from a file or, where no
--input is given, from standard input, and writes its outputs.

A module that streams takes a line, a row or a frame as one step, gives what comes of it
at once and keeps its state: pipes may go on for ever, in constant memory. One that looks
ahead takes a table, an array or a sound as one example, and of JSON lines each; so does
one that streams with --examples.

  .csv .tsv   a line of headings, then numbers. Columns are called as inputs are, x, or
              x[0], x[1], … where it has several numbers; --columns gives other headings
  .jsonl      an object in each line, {"x": [1, 2]}, lists nested or not
  .npy        an array [steps, …], for modules of one input
  .wav        sound; a step takes a frame of all channels, or as many frames as fill its
              input. Sound that is written has the samples of that which was read

Numbers are written with as many digits as tell them from their neighbours.`,
  options: [
    { name: "input", short: "i", kind: "text", value: "FILE", help: "data; standard input, also by -, where left out" },
    {
      name: "format",
      kind: "text",
      value: "FORMAT",
      help: "csv, tsv, jsonl, npy or wav: what --input is, where its name does\nnot say it; csv of standard input",
    },
    { name: "output", short: "o", kind: "text", value: "FILE", help: "results; standard output where left out" },
    {
      name: "output-format",
      kind: "text",
      value: "FORMAT",
      help: "the same for --output; on standard output the format of the\ninput, but csv for npy and wav",
    },
    {
      name: "weights",
      kind: "text",
      value: "FILE",
      help: "params: a safetensors file of recell, or a checkpoint of training",
    },
    { name: "seed", kind: "text", value: "N", help: "in the place of them, draw params by the declared initialisers" },
    { name: "columns", kind: "list", value: "INPUT=HEADING,…", help: "columns of a table that are an input" },
    { name: "outputs", kind: "text", value: "NAME,…", help: "which outputs, in which order; all where left out" },
    {
      name: "given",
      kind: "text",
      value: "JSON",
      help: "contexts, first states and settings by name: an object, or a\nfile with one",
    },
    {
      name: "dim",
      short: "d",
      kind: "list",
      value: "NAME=SIZE",
      help: "size of a run-time dimension that no input tells",
    },
    { name: "examples", kind: "flag", help: "whole examples, also of a module that streams" },
    {
      name: "rate",
      kind: "text",
      value: "N",
      help: "frames in a second of a .wav file that is written; as the input\nhas it where left out",
    },
    { name: "wasm", kind: "text", value: "FILE", help: "kernels of a module that was built with --wasm-file" },
  ],
  examples: [
    ["recell run dist/gru.js --weights gru.safetensors --input week.csv", "a line of results for each line"],
    ["recell run dist/denoise.js --weights denoise.safetensors -i noisy.wav -o clean.wav", "sound"],
    ["tail -f sensor.jsonl | recell run dist/gru.js --weights gru.safetensors --format jsonl", "as it comes"],
    ["recell run dist/tagger.js --weights tagger.safetensors -i texts.jsonl --outputs p", "an example in each line"],
    [
      "recell run dist/forecast.js --weights f.safetensors -i days.csv --columns x=high,low -o next.npy",
      "columns of other names, an array",
    ],
  ],
};
