/** Single edits of the kernels in a module's text: every arithmetic operator, every number and every bound of a loop in turn. */

export interface Mutant {
  /** The line as it becomes. */
  readonly line: string;
  readonly text: string;
}

const replacements: Readonly<Record<string, string>> = { "+": "-", "-": "+", "*": "+", "/": "*" };

/** @param entry Beginning of the names of the functions to edit, a regular expression. */
export function kernelMutants(module: string, entry = "backward"): Mutant[] {
  const mutants: Mutant[] = [];
  const functions = new RegExp(`^( *)function ${entry}\\w*\\([^]*?^\\1\\}$`, "gmu");
  for (const { index: start, 0: body } of module.matchAll(functions)) {
    const edit = (at: number, length: number, by: string): void => {
      const text = module.slice(0, start + at) + by + module.slice(start + at + length);
      const lineStart = text.lastIndexOf("\n", start + at) + 1;
      mutants.push({ line: text.slice(lineStart, text.indexOf("\n", lineStart)).trim(), text });
    };
    // Comments, headers of loops and the function's own line hold no arithmetic of values; functions such as tanh, which are
    // printed into loops with names after a `$`, have tests of their own.
    const skipped = [...body.matchAll(/\/\/.*$|^ *for \(.*$|^ *function .*$|^ *(?:const |let )?\$.*$/gmu)].map((m) => [
      m.index,
      m.index + m[0].length,
    ]);
    const isSkipped = (at: number): boolean => skipped.some(([from = 0, to = 0]) => at >= from && at < to);
    for (const { index, 1: operator = "" } of body.matchAll(/ ([-+*/])=? /gu)) {
      if (!isSkipped(index)) edit(index + 1, 1, replacements[operator] as string);
    }
    for (const { index, 1: lead = "" } of body.matchAll(/([=(*+/-] )-[\w$([]/gu)) {
      if (!isSkipped(index)) edit(index + lead.length, 1, "");
    }
    for (const { index, 1: lead = "", 2: number = "" } of body.matchAll(/([-=(*+/?:] )(\d+(?:\.\d+)?)(?=[\s;)])/gu)) {
      if (!isSkipped(index)) edit(index + lead.length, number.length, String(Number(number) + 1));
    }
    for (const { index, 1: lead = "", 2: bound = "" } of body.matchAll(/^( *for \(let \w+ = \w+; \w+ < )([^;]+);/gmu)) {
      edit(index + lead.length, bound.length, `${bound} - 1`);
    }
  }
  return mutants;
}
