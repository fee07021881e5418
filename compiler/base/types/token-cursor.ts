/** Tokens of a text form of an intermediate representation, read from left to right. */
import type { DimTokens } from "./parse-dim.js";

/** A token, with where it begins, or a comment, which begins with `;`. */
export interface TextPart {
  readonly text: string;
  readonly place: number;
  readonly kind: "token" | "comment";
}

/**
 * @param pattern with one group, which has the token; what else it matches is space, and comments
 * @param unexpected is told where the text begins that it does not match, and where it goes on
 */
export function splitTokens(
  text: string,
  pattern: RegExp,
  unexpected: (from: number, to: number) => never,
): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const { index: place } = match;
    if (place !== end) unexpected(end, place);
    end = place + match[0].length;
    if (match[1] !== undefined) parts.push({ text: match[1], place, kind: "token" });
    else if (match[0].startsWith(";")) parts.push({ text: match[0], place, kind: "comment" });
  }
  if (end !== text.length) unexpected(end, end + 20);
  return parts;
}

export abstract class TokenCursor implements DimTokens {
  protected position = 0;
  protected readonly tokens: readonly string[];
  private readonly afterLast: string;

  /** @param afterLast what messages call that which comes after the last token */
  constructor(tokens: readonly string[], afterLast: string) {
    this.tokens = tokens;
    this.afterLast = afterLast;
  }

  get atEnd(): boolean {
    return this.position >= this.tokens.length;
  }

  get next(): string {
    return this.peek(0);
  }

  /** The token `n` after the next one. */
  peek(n: number): string {
    return this.tokens[this.position + n] ?? this.afterLast;
  }

  take(): string {
    const token = this.next;
    this.position++;
    return token;
  }

  accept(token: string): boolean {
    if (this.next !== token) return false;
    this.position++;
    return true;
  }

  /** Takes these tokens. */
  expect(...tokens: readonly string[]): void {
    for (const token of tokens) {
      const found = this.take();
      if (found !== token) this.fail(`expected ${token}, found ${found}`);
    }
  }

  expected(what: string): never {
    return this.fail(`expected ${what}, found ${this.next}`);
  }

  abstract symbol(): string;
  abstract fail(problem: string): never;
}
