/**
 * How this folder reports: one error of structure per item, and an end after {@link errorLimit} errors, so that a broken
 * or hostile text neither floods the reader nor costs time.
 */
import { loopHelp } from "./foreign-words.js";
import type { IToken } from "chevrotain";
import type { DiagnosticCode } from "../../base/diagnostics/codes.js";
import { DiagnosticCollector, type ReportOptions } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import type { CommentNode } from "./ast.js";

/** Errors reported before the rest is passed over. */
export const errorLimit = 100;

const unexpectedHelp = new Map([
  ["#", "a comment begins with `//`"],
  ["$", "a cell is written without TeX: `W_r @ x`"],
  ["\\", "a cell is written without TeX: `W_r @ x`"],
  ["–", "this is a dash; the minus sign is `-`"],
  ["—", "this is a dash; the minus sign is `-`"],
  ["&", "write `and`"],
  ["|", "write `or`, or `abs(x)`"],
  ["?", "write `if c then a else b`"],
  ["%", "write `a mod b`"],
  ["‖", "write `norm(v)`"],
  ["“", 'strings stand in straight quotes: `"`'],
  ["”", 'strings stand in straight quotes: `"`'],
  ["∞", "write `inf`"],
  ["∇", "gradients are derived by the compiler; one in an equation is `gradient(e, by = W)`"],
  ["∂", "gradients are derived by the compiler; one in an equation is `gradient(e, by = W)`"],
]);

/** What is said without a subscript. */
export const namesOfSteps =
  "`h` is the state from the previous step, `h'` its next value, `x` the input of this step, `delay(x, by = 1)` that of the step before";

export class SyntaxReporter {
  private readonly collector: DiagnosticCollector;
  private readonly found = new DiagnosticCollector();
  private readonly file: string;
  private readonly brokenSegments = new Set<number>();
  private errors = 0;
  private warnings = 0;

  constructor(collector: DiagnosticCollector, file: string) {
    this.collector = collector;
    this.file = file;
  }

  /** True once the limit is reached: nothing more will be reported, so nothing more need be read. */
  get full(): boolean {
    return this.errors > errorLimit;
  }

  get hasErrors(): boolean {
    return this.errors > 0;
  }

  span(start: number, end: number): Span {
    return { file: this.file, start, end };
  }

  report(code: DiagnosticCode, start: number, end: number, message: string, options: ReportOptions = {}): void {
    if (this.full) return;
    this.errors += 1;
    if (this.full) {
      const message = `more than ${errorLimit} errors: the rest of the text is passed over`;
      this.deliver();
      this.collector.report("too-many-errors", this.span(start, end), message);
    } else {
      this.found.report(code, this.span(start, end), message, options);
    }
  }

  /** Reports unless the item has an error already; follow-up errors say nothing new. */
  reportIn(
    segment: number,
    code: DiagnosticCode,
    start: number,
    end: number,
    message: string,
    options: ReportOptions = {},
  ): void {
    if (this.isBroken(segment)) return;
    this.markBroken(segment);
    this.report(code, start, end, message, options);
  }

  /** Hands over what was found, in the order of the text. */
  deliver(): void {
    const sorted = this.found.diagnostics.splice(0).sort((a, b) => a.span.start - b.span.start);
    this.collector.diagnostics.push(...sorted);
  }

  isBroken(segment: number): boolean {
    return this.brokenSegments.has(segment);
  }

  markBroken(segment: number): void {
    this.brokenSegments.add(segment);
  }

  unexpectedCharacters(text: string, start: number): void {
    const characters = [...new Set(text.slice(0, 80))];
    const shown = characters.slice(0, 8).map(describeCharacter);
    const more = characters.length > shown.length ? ", …" : "";
    const plural = text.length > (characters[0]?.length ?? 0) ? "these characters do" : "this character does";
    this.report(
      "unexpected-character",
      start,
      start + text.length,
      `${plural} not belong to the language: ${shown.join(", ")}${more}`,
      { help: unexpectedHelp.get(characters[0] ?? "") },
    );
  }

  unsupportedLetters(token: IToken, word: string, letters: readonly string[]): void {
    const start = token.startOffset;
    const end = start + word.length;
    if (/[\u208a-\u208e]/.test(word)) {
      this.timeSubscript(start, end);
      return;
    }
    const shown = letters.slice(0, 8).map(describeCharacter).join(", ");
    const help = /[ᵀ]/.test(word)
      ? "write `transpose(W)`"
      : "names have letters A-Z, Greek letters (read as their names), digits, `_`, subscripts and accents such as `h̃`";
    this.report("unsupported-letter", start, end, `a name cannot have ${shown}`, { help });
  }

  timeSubscript(start: number, end: number): void {
    this.report("time-subscript", start, end, "a cell is written for one time step, without time subscripts", {
      help: namesOfSteps,
    });
  }

  malformedNumber(number: IToken, word: IToken): void {
    const written = clip(number.image) + clip(word.image);
    this.report(
      "malformed-number",
      number.startOffset,
      word.startOffset + word.image.length,
      `\`${written}\` is not a number`,
      {
        help: numberHelp(number.image, word.image),
      },
    );
  }

  /** `2.`: a point with nothing after it; `word` is what sticks to it. */
  openNumber(number: IToken, point: IToken, word: IToken | undefined, isRange: boolean): void {
    const end = (word?.startOffset ?? point.startOffset) + (word?.image.length ?? 1);
    const exponent = word !== undefined && /^[eE]\d+$/.test(word.image) ? word.image : "";
    const written = `${clip(number.image)}.${clip(word?.image ?? "")}`;
    this.report("malformed-number", number.startOffset, end, `\`${written}\` is not a number`, {
      help: isRange
        ? `a range is \`0:N\`, in brackets; there are no loops: ${loopHelp}`
        : `digits stand on both sides of the point: \`${clip(number.image)}.0${exponent}\``,
    });
  }

  strayPrime(prime: IToken, previous: IToken | undefined): void {
    const { startOffset, image } = prime;
    const after = previous !== undefined && previous.startOffset + previous.image.length === startOffset;
    const message =
      after && previous.tokenType.name === "NextName"
        ? "a name has at most one prime: `h'` is the next value of the state `h`"
        : "a prime stands directly after the name of a state";
    const help =
      after && /[)\]]$/.test(previous.image)
        ? "write `transpose(W)` for the transpose of a matrix"
        : previous?.image === "from"
          ? 'strings stand in double quotes: `"./lstm.cell"`'
          : after && previous.tokenType.name === "NextName"
            ? "`'` is one step: what is two steps back is kept in a state of its own, `earlier' = h`"
            : undefined;
    this.report("misplaced-prime", startOffset, startOffset + image.length, message, { help });
  }

  quotientComment(comment: CommentNode): void {
    this.warnings += 1;
    if (this.full || this.warnings > errorLimit) return;
    this.found.report("quotient-as-comment", comment.span, "this is a comment, and divides nothing", {
      help: "a quotient that is rounded down is `floor(x / 2)`, of sizes too: `[floor(H / 2)]`; a comment begins with a word",
    });
  }

  danglingDocumentation(comment: CommentNode): void {
    this.warnings += 1;
    if (this.full || this.warnings > errorLimit) return;
    const message = "this documentation stands before nothing that can have one";
    this.found.report("dangling-documentation", comment.span, message, {
      help: "put it on the lines above a cell, a function, a declaration or an equation, or write `//`",
    });
  }
}

/** What was perhaps meant by digits that letters stick to. */
function numberHelp(digits: string, word: string): string {
  const written = digits + word;
  if (word === "j" || word === "J") return `the imaginary unit is \`1i\`: \`${clip(digits)}i\``;
  const decimal = "numbers are written in decimal digits, with a point or an exponent: `16`, `0.5`, `1e-3`";
  if (/^\d+(?:_\d+)+$/u.test(written)) return `digits are not grouped: \`${clip(written.replaceAll("_", ""))}\``;
  if (/^0(?:x[\da-f]+|b[01]+|o[0-7]+)$/iu.test(written)) {
    return written.length <= 15 ? `${decimal}; this is \`${Number(written)}\`` : decimal;
  }
  return `to multiply, write \`${clip(digits)} * ${clip(word)}\`; a name cannot begin with a digit`;
}

/** Long names and literals are cut in messages. */
export function clip(text: string, limit = 40): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** A character, readable also where it cannot be seen: `€` (U+20AC), U+0000. */
function describeCharacter(character: string): string {
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
  const visible = /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character);
  return visible ? `\`${character}\` (${code})` : code;
}
