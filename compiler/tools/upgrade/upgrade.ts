/**
 * Older spellings of a file as they are written today. Proposals are guesses by the text: each is made only where it is found out that the
 * file means the same.
 */
import { type Findings, type SourceOptions, format } from "../../driver/compile.js";
import { checkSource, parseSource } from "../../driver/check-source.js";
import type { TypedCell } from "../../language/semantics/typed-program.js";
import type { SourceFileNode } from "../../language/syntax/ast.js";
import { SourceFile } from "../../base/source/source-file.js";
import { type Edit, edited, placeBefore, type Proposal } from "./edit.js";
import { comparable, isSameProgram } from "./same-program.js";
import { unlikeNumbers } from "./same-numbers.js";
import { spellingProposals } from "./spellings.js";
import { tensorProposals } from "./tensors.js";
import { readBy } from "./values-in-file.js";

/** What may change: `spelling`, nothing of the program; `tensors`, also what states and params are called and which are trained. */
export type UpgradeLevel = "spelling" | "tensors";

/** A change that was made, or, with a reason, one that was not. */
export interface UpgradeNote {
  /** A place of the text as it was given. */
  readonly line: number;
  readonly column: number;
  readonly was: string;
  readonly now: string;
  /** Why it is left as it is. */
  readonly left?: string;
}

interface UpgradeResult extends Findings {
  /** In the canonical form. Undefined where the source has errors. */
  readonly text: string | undefined;
  /** In the order of the text. */
  readonly notes: readonly UpgradeNote[];
}

/**
 * Writes what a file says in today's words.
 *
 * @param source The text of a `.cell` file.
 * @throws TypeError where it is no string.
 * @example
 *     const { text, notes } = await upgrade("cell A(H) { input x: [H] param b: [H] ~ constant(0.1) output y = x + b }", "spelling");
 */
export async function upgrade(
  source: string,
  level: UpgradeLevel,
  options: SourceOptions = {},
): Promise<UpgradeResult> {
  const checked = checkSource(parseSource(source, options));
  const { diagnostics, sources, collector } = checked;
  if (collector.hasErrors) return { text: undefined, notes: [], diagnostics, sources };
  const work = new Upgrade(source, options);
  work.spell();
  if (level === "tensors") await work.rename();
  const { text = source } = format(work.text, options);
  return { text, notes: work.notes(), diagnostics, sources };
}

interface Noted {
  readonly place: number;
  readonly was: string;
  readonly now: string;
  readonly left?: string;
}

const notUsed = "no cell of this file that can be compared uses it, so nothing tells what it means";

const lostComment = "a comment in it would be lost";

/** A text on its way. */
class Upgrade {
  text: string;
  private readonly source: string;
  private readonly options: SourceOptions;
  /** What was made of the text so far, in turn. */
  private readonly edits: (readonly Edit[])[] = [];
  private readonly noted: Noted[] = [];

  constructor(source: string, options: SourceOptions) {
    this.source = source;
    this.text = source;
    this.options = options;
  }

  /** What leaves the program as it is: all at once, and where that is another program, one by one. */
  spell(): void {
    const refused = new Set<string>();
    const known = new Set(comparable(this.text, this.checked().cells, this.options).map(({ name }) => name));
    for (;;) {
      const { tree, cells: all } = this.checked();
      const cells = all.filter(({ name }) => known.has(name));
      const read = [...readBy(tree, this.text, new Set(cells.map(({ name }) => name)))].map(({ span }) => span);
      const isRead = ({ start }: Proposal): boolean => read.some((span) => span.start <= start && start < span.end);
      const keyOf = ({ start, was }: Proposal): string => `${this.placeOf(start)} ${was}`;
      const open = spellingProposals(tree, this.text).filter((proposal) => !refused.has(keyOf(proposal)));
      const [first] = open;
      if (first === undefined) return;
      const tried = open.filter(isRead);
      if (tried.length === 0) {
        for (const proposal of open) this.note(proposal, notUsed);
        return;
      }
      if (this.tryAll(tried, cells)) continue;
      const next = tried[0] ?? first;
      if (this.tryAll([next], cells)) continue;
      refused.add(keyOf(next));
      if (!this.keepsComments(edited(this.text, next.edits))) this.note(next, lostComment);
    }
  }

  private tryAll(proposals: readonly Proposal[], cells: readonly TypedCell[]): boolean {
    const edits = proposals.flatMap((proposal) => proposal.edits);
    const after = edited(this.text, edits);
    if (!this.keepsComments(after) || !isSameProgram(this.text, after, cells, this.options)) return false;
    for (const proposal of proposals) this.note(proposal);
    this.apply(after, edits);
    return true;
  }

  /** What gives the same numbers by tensors of other names. */
  async rename(): Promise<void> {
    const refused = new Set<string>();
    for (;;) {
      const { tree, cells } = this.checked();
      const keyOf = ({ start, was }: Proposal): string => `${this.placeOf(start)} ${was}`;
      const next = tensorProposals(tree, this.text).find((proposal) => !refused.has(keyOf(proposal)));
      if (next === undefined) return;
      const after = edited(this.text, next.edits);
      const left = next.against ?? (await this.unlike(after, cells, next.cell));
      this.note(next, left);
      if (left === undefined) this.apply(after, next.edits);
      else refused.add(keyOf(next));
    }
  }

  private async unlike(after: string, cells: readonly TypedCell[], name: string): Promise<string | undefined> {
    if (!this.keepsComments(after)) return lostComment;
    const own = cells.find((cell) => cell.name === name);
    if (own === undefined) return `${name} takes a cell, and is compiled with one only`;
    return unlikeNumbers(this.text, after, own, this.options);
  }

  private keepsComments(after: string): boolean {
    const count = (text: string): number => parseSource(text, this.options).tree.comments.length;
    return count(after) === count(this.text);
  }

  private apply(after: string, edits: readonly Edit[]): void {
    this.text = after;
    this.edits.push(edits);
  }

  private note({ start, was, now }: Proposal, left?: string): void {
    this.noted.push({ place: this.placeOf(start), was, now, ...(left !== undefined && { left }) });
  }

  /** Where a place of the text was in the one that was given. */
  private placeOf(offset: number): number {
    return this.edits.reduceRight((place, edits) => placeBefore(place, edits), offset);
  }

  private checked(): { readonly tree: SourceFileNode; readonly cells: readonly TypedCell[] } {
    const { tree, program } = checkSource(parseSource(this.text, this.options));
    return { tree, cells: [...program.cells.values()] };
  }

  notes(): UpgradeNote[] {
    const file = new SourceFile("", this.source);
    return [...this.noted]
      .sort((a, b) => a.place - b.place)
      .map(({ place, ...note }) => ({ ...file.locate(place), ...note }));
  }
}
