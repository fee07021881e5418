/** The options of `recell report`, and what its help says. */
import type { CommandEntry } from "./arguments.js";

export const reportCommand: CommandEntry = {
  name: "report",
  summary: "what the history of a run of training says, as curves",
  usage: "HISTORY.jsonl [options]",
  description: `
Reads the events that training wrote, a line of JSON each (the option \`history\` of train),
and says how long it ran, how it ended and what the best validation is. With --out, as a
picture: the loss and that of validation, each loss by its name, the length of the gradient,
as a whole and by param, the learning rate, over the updates, and where it is told (--flow
of train) how much of it arrives at each place of a sequence. Long runs are drawn as
means with a band from the least value to the greatest. A run that is still on can be
looked at. A FILE of - reads standard input. Times are not in a history, so that a run
gives the same one again; recell train --report knows them.`,
  options: [
    { name: "out", short: "o", kind: "text", value: "FILE", help: "a picture: .svg, or .html with the numbers inside" },
    { name: "title", kind: "text", value: "TEXT", help: "what stands above it; the name of the file where left out" },
    { name: "json", kind: "flag", help: "print the events, sorted by kind, as JSON on standard output" },
  ],
  examples: [
    ["recell report run/history.jsonl", "in words"],
    ["recell report run/history.jsonl --out run.html", "a page with curves"],
  ],
};
