/** Lines of the text form of kernels: what stands below each of them, and their tokens. */
import { splitTokens, TokenCursor } from "../../base/types/token-cursor.js";
import { isMade, isReserved, MADE_WORD, WORD } from "./spelling.js";

/** A text that is no kernel, with the line at which that is seen. */
export class KernelSyntaxError extends Error {
  override name = "KernelSyntaxError";
  readonly line: number;

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`);
    this.line = line;
  }
}

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly tokens: readonly string[];
  /** What stands after `; `. */
  readonly comment: string;
  /** Lines further to the right up to the next one that is not. */
  readonly below: readonly Line[];
}

const tokenPattern = new RegExp(
  `\\s+|;.*|("(?:[^"\\\\]|\\\\.)*"|${MADE_WORD}|${WORD}|\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|\\.\\.|\\+=|[()[\\]{}<=+*/,:?-])`,
  "gu",
);

export function linesOf(text: string): Line[] {
  const top: Line[] = [];
  /** The lists that are still open, each with how far its lines stand to the right. */
  const open: { margin: number; below: Line[] }[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const { tokens, comment } = tokensOf(line, i + 1);
    if (tokens.length === 0) continue;
    const margin = line.length - line.trimStart().length;
    while (open.length > 0 && margin < (open.at(-1)?.margin ?? 0)) open.pop();
    let around = open.at(-1);
    if (around === undefined) {
      if (top.length > 0) throw new KernelSyntaxError(i + 1, "is not in line with those above");
      open.push((around = { margin, below: top }));
    }
    if (margin !== around.margin) {
      const above = around.below.at(-1);
      if (above === undefined || margin < around.margin) throw new KernelSyntaxError(i + 1, "stands below nothing");
      open.push((around = { margin, below: above.below as Line[] }));
      if (around.below.length > 0) throw new KernelSyntaxError(i + 1, "is not in line with those above");
    }
    around.below.push({ number: i + 1, tokens, comment, below: [] });
  }
  return top;
}

function tokensOf(line: string, number: number): Pick<Line, "tokens" | "comment"> {
  const parts = splitTokens(line, tokenPattern, (from) => {
    throw new KernelSyntaxError(number, `unexpected text ${JSON.stringify(line.slice(from, from + 20))}`);
  });
  const comment = parts.find(({ kind }) => kind === "comment")?.text.slice("; ".length) ?? "";
  return { tokens: parts.flatMap(({ text, kind }) => (kind === "token" ? [text] : [])), comment };
}

const isName = new RegExp(`^(?:"|${WORD}$)`, "u");

/** The tokens of a line, from left to right. */
export class LineTokens extends TokenCursor {
  readonly line: Line;

  constructor(line: Line) {
    super(line.tokens, "the end of the line");
    this.line = line;
  }

  end(): void {
    if (!this.atEnd) this.expected("the end of the line");
  }

  nextIsName(n = 0): boolean {
    return isName.test(this.peek(n)) && !isReserved(this.peek(n)) && this.position + n < this.tokens.length;
  }

  name(what = "a name"): string {
    if (!this.nextIsName()) this.expected(what);
    const token = this.take();
    if (!token.startsWith('"')) return token;
    try {
      return JSON.parse(token) as string;
    } catch {
      return this.fail(`${token} is no name in quotes`);
    }
  }

  symbol(): string {
    return isMade(this.next) ? this.take() : this.name("a dimension");
  }

  integer(what = "a whole number"): number {
    if (!/^\d+$/.test(this.next)) this.expected(what);
    return Number(this.take());
  }

  fail(problem: string): never {
    throw new KernelSyntaxError(this.line.number, problem);
  }
}
