/** The commands of `recell`: their options and what their help says. */
import type { CommandEntry } from "./arguments.js";
import { explainCommand } from "./explain-command.js";
import { reportCommand } from "./report-command.js";
import { cell, dim, dtype, json, root, seed, target } from "./shared-options.js";
import { runCommand } from "./run-command.js";
import { trainCommand } from "./train-command.js";
import { weightsCommand } from "./weights-command.js";

const buildCommand: CommandEntry = {
  name: "build",
  summary: "compile a cell to a standalone module",
  usage: "FILE… --dim NAME=SIZE… --out DIR [options]",
  description: `
Writes NAME.js, an ES module that imports nothing, and its types, NAME.d.ts, where
NAME is the cell's: GRU becomes gru.js. Node imports that where the nearest package.json
says "type": "module"; --format mjs and cjs work everywhere. The module runs the cell (forward, step) and,
unless told otherwise, its gradient (backward). The same source and options give the
same bytes.`,
  options: [
    cell,
    dim,
    {
      name: "out",
      short: "o",
      kind: "text",
      value: "DIR",
      help: "directory for the files; the current one where left out",
    },
    { name: "name", kind: "text", value: "NAME", help: "name of the files; NAME.mjs and NAME.cjs say the format too" },
    {
      name: "format",
      kind: "text",
      value: "FORMAT",
      help: "ending and kind: js (the default) and mjs, ES modules; cjs, CommonJS\nfor require; types are .d.ts, .d.mts, .d.cts",
    },
    target,
    { name: "fma", kind: "flag", help: "wasm: also kernels with fused multiply-add, for hosts that have it" },
    {
      name: "wasm-file",
      kind: "flag",
      help: "wasm: kernels in NAME.wasm, for hosts that want them compiled before",
    },
    dtype,
    {
      name: "gradient",
      kind: "flag",
      words: ["params"],
      help: "with backward (the default); --gradient params: no gradients by inputs and\ncontexts; --no-gradient makes a smaller module",
    },
    { name: "jvp", kind: "flag", help: "with jvp, derivatives in a direction" },
    { name: "hvp", kind: "flag", help: "with hvp, Hessian-vector products; includes the gradient" },
    {
      name: "segments",
      kind: "flag",
      help: "with gradients of sequences too long for the memory (openSegments of recell/runtime)",
    },
    {
      name: "params",
      kind: "text",
      value: "FILE",
      help: "trained parameters, a safetensors file, that go into the module",
    },
    { name: "types", kind: "flag", help: "with types (the default); --no-types writes only the module" },
    root,
  ],
  examples: [
    ["recell build gru.cell --dim I=64 --dim H=128 --out dist", "writes dist/gru.js and dist/gru.d.ts"],
    [
      "recell build layers.cell --cell LSTM -d I=8 -d H=16 --dtype f64",
      "one cell of a file with several, in double precision",
    ],
    ["recell build gru.cell -d I=3 -d H=32 --no-gradient -o app/models", "for running only"],
    ["recell build gru.cell -d I=3 -d H=32 --gradient params", "for training: no gradients by data"],
    ["recell build gru.cell -d I=3 -d H=32 --params gru.safetensors", "a module that knows its weights"],
  ],
};

const checkCommand: CommandEntry = {
  name: "check",
  summary: "report errors and warnings",
  usage: "FILE… [options]",
  description: `
Checks files for all sizes at once: names, shapes, cycles, unused parameters. All errors
of form are reported in one run, and where there are none, all errors of meaning. A FILE of -
is standard input.`,
  options: [
    json,
    { name: "strict", kind: "flag", help: "warnings count as errors" },
    {
      name: "streams",
      kind: "flag",
      help: "say of each network along which dimension it streams, or what looks ahead and by which way",
    },
    dtype,
    root,
  ],
  examples: [
    ["recell check cells/*.cell", "checks every file"],
    ["recell check --streams speech.cell", "also which networks can run step by step"],
    ["recell check --json gru.cell", "for editors and scripts: places as offsets, lines and columns"],
  ],
};

const fmtCommand: CommandEntry = {
  name: "fmt",
  summary: "format files",
  usage: "FILE… [options]",
  description: `
Writes files in the canonical form: one way to break lines, to indent and to spell
operators. A FILE of - reads standard input and prints the result.`,
  options: [
    { name: "check", kind: "flag", help: "write nothing; exit with 1 and list the files that would change" },
    {
      name: "upgrade",
      kind: "flag",
      words: ["tensors"],
      help: "also write older spellings as they are written today, where the program stays the\nsame, and say which; --upgrade tensors: also where states and params have other\nnames or roles then, and the numbers stay the same",
    },
    root,
  ],
  examples: [
    ["recell fmt cells/*.cell", "formats every file in place"],
    [
      "recell fmt --upgrade cells/*.cell",
      "constant(0.1) is 0.1, stack(a, b) is [a, b], reshape(v, [N, 1]) is v[:, new] …",
    ],
    [
      "recell fmt --upgrade tensors esn.cell",
      "a param that is read in stop_gradient only is fixed, a state that keeps an input a delay",
    ],
    ["recell fmt --check cells/*.cell", "for a continuous build"],
    ["recell fmt - < gru.cell", "prints the formatted text"],
  ],
};

const range = {
  name: "range",
  kind: "list",
  value: "NAME=LEAST:MOST",
  help:
    "between what numbers an input, context, param or state is drawn:\n--range x=0.1:2, where the cell has values for some only;\n" +
    "--range P=spd draws symmetric positive definite matrices",
} as const;

const gradcheckCommand: CommandEntry = {
  name: "gradcheck",
  summary: "check a cell's derivatives against measurements",
  usage: "FILE [options]",
  description: `
Compiles the cell at random sizes, in float64 and in float32, and checks its derivatives
at random points: the gradient of every parameter, input, context and initial state
against a complex step through the equations, against differences of the compiled module,
and against forward mode; float32 against float64; Hessian-vector products against
differences of the gradient. Prints the worst relative error of each. Where something is
wrong it names the equation and shows the smallest case. The same seed gives the same run.

The derivative that a function states is the rule: the gradient must follow it. How far it
is from the true one is printed with its place, and fails nothing.

A gradient that was zero or at a kink at every point has been compared with nothing: further
points are drawn for it, and where none tells anything the check fails, unless it is zero by
construction. The cell is also run from its declared start; what is not finite there is named.

Exits with 1 where a derivative is wrong, and where there is nothing to compare: the file
has errors, nothing has a gradient, values are nowhere finite, a call has more than a
million numbers. How it is done: spec/gradient-checking.md.`,
  options: [
    cell,
    { ...dim, help: "fixes the size of a dimension; the others are random" },
    seed,
    { name: "runs", kind: "text", value: "N", help: "sets of random sizes and points; 5 where left out" },
    {
      name: "tolerance",
      kind: "text",
      value: "X",
      help: "largest relative error that passes in float64; 1e-6 where left out",
    },
    { name: "tolerance-f32", kind: "text", value: "X", help: "the same in float32; 1e-4 where left out" },
    { name: "scale", kind: "text", value: "X", help: "size of random inputs and states; 1 where left out" },
    range,
    { name: "kinks", kind: "text", value: "X", help: "share of numbers at kinks and ties, 0 to 1; 0 where left out" },
    {
      name: "no-influence",
      kind: "list",
      value: "NAME",
      help: "an input, context, param or state with which no result changes:\nits gradient must be zero, and fails where it is not",
    },
    { name: "allow-uncompared", kind: "flag", help: "passes gradients that could be compared at no point" },
    { ...dtype, help: "f32, f64 or both (the default): modules to check" },
    { ...target, help: "wasm (the default) or js: what to compile for" },
    json,
    root,
  ],
  examples: [
    ["recell gradcheck gru.cell", "checks the only cell of the file"],
    ["recell gradcheck layers.cell --cell LSTM --dim H=16 --seed 7", "repeats one run"],
    ["recell gradcheck box-cox.cell --range y=0.1:2", "a cell that takes the logarithm of y"],
    ["recell gradcheck filter.cell --range P=spd --no-influence b", "a Cholesky factor of P, and a bias that cancels"],
    ["recell gradcheck std/lstm --runs 1 --json", "a cell that ships with recell, for scripts"],
  ],
};

const diagnoseCommand: CommandEntry = {
  name: "diagnose",
  summary: "show how gradients travel through time",
  usage: "FILE --dim NAME=SIZE… [options]",
  description: `
Runs a cell in double precision and reports the norm of dL/dh back through time, which
equation passes how much of it on, the largest Lyapunov exponents, the Jacobian of the
state, and which values of which gate are saturated; with a verdict in words. L is a
random weighting of the last step's outputs. Without --data the inputs are normal noise,
without --params the parameters are as initialised. Values that overflow are an error:
the first step and equation are named, and what came before is reported.

With --replay FILE, nonfinite-….safetensors as training leaves it where a loss or a gradient
is not finite, that one call of a cell or network is done again, operation by operation, and
the first is named whose value is not finite, or going backwards whose gradient.

Data is a safetensors file with the inputs by name, [steps, …] or [examples, steps, …];
contexts and initial states without steps. Or a .csv file: a line of names, x[0],x[1],k
for x: [2] and k: [], then a line of numbers for each step.`,
  options: [
    cell,
    { ...dim, help: "size of a dimension, run-time ones too; not needed where\n--params or --data tell it" },
    { name: "params", kind: "text", value: "FILE", help: "trained parameters, a safetensors file" },
    { name: "data", kind: "text", value: "FILE", help: "what to run over: .safetensors or .csv" },
    {
      name: "replay",
      kind: "text",
      value: "FILE",
      help: "a call that training has kept; says where it stops being finite",
    },
    { name: "steps", kind: "text", value: "N", help: "steps; all of the data, 200 of noise where left out" },
    { name: "batch", kind: "text", value: "N", help: "examples; all of the data, 4 of noise where left out" },
    { name: "exponents", kind: "text", value: "N", help: "how many Lyapunov exponents; 8 where left out" },
    { ...seed, help: "of parameters, noise and directions; 0 where left out" },
    { name: "out", short: "o", kind: "text", value: "FILE", help: "a picture: .svg, or .html with the numbers inside" },
    json,
    root,
  ],
  examples: [
    ["recell diagnose lstm.cell --dim I=8 --dim H=64", "the cell as initialised, over noise"],
    [
      "recell diagnose gru.cell --params gru.safetensors --data week.csv --out flow.html",
      "a trained one, with a picture",
    ],
    ["recell diagnose std/lstm --cell LSTM -d I=4 -d H=32 --steps 1000 --json", "all numbers, for programs"],
    ["recell diagnose tagger.cell --replay run/nonfinite-120.safetensors", "why training stopped"],
  ],
};

const verifyCommand: CommandEntry = {
  name: "verify",
  summary: "check a compiled module, without its source",
  usage: "FILE.js [options]",
  description: `
Checks a compiled module by itself. Its text is read first, and refused where it imports
anything or names anything of the host. Then it runs in a process of its own, which may
read, write and start nothing and is ended at a limit of time or memory; this process
asks for numbers and judges. Manifest, exports and kernels fit together; backward, jvp and
hvp agree with differences of its own forward, in its own precision; streams, chunks,
batches, padding and repeated calls give the same bits; NaN and infinity stay where they
belong; wrong calls throw and leave no trace. Sizes and values are drawn, of a few examples
and steps and of more than 64; the same seed gives the same run. "worst" is the largest
disagreement of derivatives, in per cent of what would still pass. Exits with 1 where a
check fails, a limit is passed, or the file is no compiled module. What is checked, what
is not, and what this protects from: spec/verifying.md.

Where functions of the source state their derivative, the module says so, and differences
would see another one: backward and jvp are compared with each other instead, and what was
not checked is told.`,
  options: [
    seed,
    {
      name: "runs",
      kind: "text",
      value: "N",
      help: "how often all is checked, with sizes of its own each time;\n3 where left out",
    },
    range,
    {
      name: "wasm",
      kind: "text",
      value: "FILE",
      help: "the .wasm file of a module that was built with one; the one\nbeside FILE.js where left out",
    },
    {
      name: "load-time",
      kind: "text",
      value: "N",
      help: "seconds of processor time that loading the module may take;\n3 where left out",
    },
    {
      name: "call-time",
      kind: "text",
      value: "N",
      help: "seconds of processor time that one call may take; 10 where left out",
    },
    { name: "time", kind: "text", value: "N", help: "seconds that everything may take; 1200 where left out" },
    {
      name: "memory",
      kind: "text",
      value: "N",
      help: "megabytes that its process may take, 128 or more;\n2048 where left out",
    },
    json,
  ],
  examples: [
    ["recell verify dist/gru.js", "one line for each check"],
    ["recell verify dist/gru.js --seed 7 --runs 20 --json", "for a continuous build"],
  ],
};

const benchCommand: CommandEntry = {
  name: "bench",
  summary: "time a cell, and show where its time goes",
  usage: "FILE --dim NAME=SIZE… [options]",
  description: `
Times one streamed step, the forward pass and the gradient of a cell on random weights and
inputs, beside what this machine does at best in one thread of WebAssembly: arithmetic on
numbers in registers, and copying as much memory as the forward pass touches. A function
near the first is bound by arithmetic, one near the second by memory. Then shows which
share of the time goes before, into and after the loop over time, and into activations
(tanh, exp, …). Times depend on what else the machine does: compare ratios.`,
  options: [
    cell,
    { ...dim, help: "size of a dimension; run-time ones too, 8 where left out" },
    { name: "batch", kind: "text", value: "N", help: "examples in a call; 1 where left out" },
    { name: "steps", kind: "text", value: "N", help: "steps in a sequence; 100 where left out" },
    { ...target, help: "wasm (the default) or js: plain JavaScript; auto is timed as wasm" },
    { name: "fma", kind: "flag", help: "with fused multiply-add, where this host has it" },
    dtype,
    { name: "seconds", kind: "text", value: "N", help: "how long to measure; 5 where left out" },
    json,
    root,
  ],
  examples: [
    ["recell bench gru.cell --dim I=64 --dim H=128", "one example, 100 steps"],
    ["recell bench std/lstm --cell LSTM -d I=16 -d H=32 --batch 64 --steps 50", "a batch"],
    ["recell bench gru.cell -d I=64 -d H=128 --seconds 20 --json", "with more patience, all figures for programs"],
  ],
};

export const commands: readonly CommandEntry[] = [
  buildCommand,
  checkCommand,
  fmtCommand,
  explainCommand,
  gradcheckCommand,
  diagnoseCommand,
  verifyCommand,
  benchCommand,
  reportCommand,
  runCommand,
  trainCommand,
  weightsCommand,
];
