/** The options of `recell train`, and what its help says. */
import type { CommandEntry } from "./arguments.js";
import { cell, dim, dtype, root } from "./shared-options.js";

export const trainCommand: CommandEntry = {
  name: "train",
  summary: "train a network on a file, without a program",
  usage: "FILE.cell --data FILE [options]",
  description: `
Trains a network by its declared losses. What is learned follows from the data:

  .txt        the next character: the network reads one sequence of indices, text, and
              looks at what was before. A size that nobody gives is that of the vocabulary
  .csv .tsv   the next value: a line for each moment under a line of headings. An input
              that only losses need is what --target is a line later; the others are all
              columns, or those of --columns. Windows of --length lines are examples.
              With --group, lines with the same in a column are a sequence, whose class
              is the column --target
  .jsonl      an example in each line, lists by input, such as {"x": [1, 2], "k": "yes"};
              texts are labels, and become numbers in the order of the alphabet

The last part of a text or a table, and lines drawn by the seed, are held out: ten times
on the way the loss over them is told, and the params that had the best are written, with
the trained module, a history for recell report, and what numbers mean (vocabulary.json,
labels.json). The same options give the same bits.

Ctrl-C ends training after the update at hand, and what was learned by then is written; a
second one ends it at once. With --checkpoint-every the whole state of the run is kept in
DIR/checkpoints, and the same command with --resume goes on from there, to the same bits as
if it had not stopped, also where the process was killed.

--config reads options from a file of JSON, named as here but in camel case: learningRate.
Options of the command line count before it. All that counted is written to config.json;
--dry-run prints it instead, with what a run would take, and trains nothing.`,
  options: [
    { name: "data", kind: "text", value: "FILE", help: "what is learned from" },
    {
      name: "out",
      short: "o",
      kind: "text",
      value: "DIR",
      help: "where results go; the current directory where left out",
    },
    { name: "config", kind: "text", value: "FILE", help: "options in JSON" },
    cell,
    dim,
    dtype,
    { name: "columns", kind: "list", value: "INPUT=HEADING,…", help: "columns of a table that are an input" },
    {
      name: "target",
      kind: "text",
      value: "HEADING",
      help: "the column whose next value is learned; the first where left out",
    },
    {
      name: "group",
      kind: "text",
      value: "HEADING",
      help: "lines of a table with the same in this column are a sequence;\n--target INPUT=HEADING is its class then",
    },
    { name: "length", kind: "text", value: "N", help: "characters or lines of an example; 64 where left out" },
    { name: "updates", kind: "text", value: "N", help: "when training ends; 500 where left out" },
    { name: "epochs", kind: "text", value: "N", help: "or so many times through the data" },
    { name: "batch", kind: "text", value: "N", help: "examples of an update; 16 where left out" },
    {
      name: "optimizer",
      kind: "text",
      value: "NAME",
      help: "adam (where left out), adamw, nadam, rmsprop, adagrad, sgd or lion",
    },
    { name: "learning-rate", kind: "text", value: "X", help: "0.003 where left out" },
    { name: "clip", kind: "text", value: "X", help: "the most that the length of a gradient may be; 1 where left out" },
    { name: "held-out", kind: "text", value: "X", help: "which part is held out, from 0 on; 0.1 where left out" },
    { name: "seed", kind: "text", value: "N", help: "of all that is drawn; 0 where left out" },
    {
      name: "threads",
      kind: "text",
      value: "N",
      help: "threads that share a batch, or auto; the bits are the same for any number",
    },
    {
      name: "truncate",
      kind: "text",
      value: "N",
      help: "gradients go back over so many elements at most; states are handed on.\n64,256: an update goes on by 64, and gradients go back over 256",
    },
    {
      name: "patience",
      kind: "text",
      value: "N",
      help: "ends training after so many looks at what is held out without a better loss",
    },
    { name: "checkpoint-every", kind: "text", value: "N", help: "keeps the state of the run after every N updates" },
    { name: "report", kind: "text", value: "FILE", help: "how it went, as recell report draws it: .html or .svg" },
    {
      name: "flow",
      kind: "text",
      value: "N,…",
      help: "updates of which is told how the gradient flows along the sequence;\nsome of those of a --report where left out",
    },
    { name: "resume", kind: "flag", help: "goes on from the last checkpoint, where there is one" },
    { name: "dry-run", kind: "flag", help: "says what a run would do and take" },
    { name: "quiet", kind: "flag", help: "tell no progress" },
    root,
  ],
  examples: [
    ["recell train letters.cell --data book.txt --dim H=128 --out run", "a model of characters"],
    [
      "recell train forecast.cell --data days.csv --columns x=high,low --target high -d H=32 -o run",
      "what comes tomorrow",
    ],
    ["recell train mood.cell --data reviews.jsonl --config run.json", "the class of a sequence, options in a file"],
    [
      "recell train letters.cell --data book.txt --updates 20000 --checkpoint-every 500 --resume -o run",
      "a long run, begun or gone on with",
    ],
    [
      "recell train letters.cell --data book.txt --report run.html -o run",
      "with curves, throughput and flow of the gradient",
    ],
  ],
};
