/** Broken texts, made from good ones and from nothing. */
import fc from "fast-check";

/** Pieces of text that mean something to the lexer, and some that try to upset it. */
const texts = [
  ..."cell input context state param use fn import from as output return if then else and or not index real".split(" "),
  ..."+ - * / ^ @ < <= > >= == != = ~ , : ; . ( ) [ ] { } ' ′ // /* */ /// \" && || ** := ! # $ \\ ² ⁻¹ ₁ σ √ ⊙ · ≤ ¬".split(
    " ",
  ),
  ..."x h h' W_r H 0 1 .5 1e-5 1e999 2x h_{t-1} hₜ₋₁ é 値 h̃ __proto__ constructor 'a' \"a\"".split(" "),
  ...["\n", "\r\n", "\r", "\t", "\0", "\ufeff", "\u2028", "\ud800", "\udc00", "\u202e", "// c\n", "/// d\n", "/* c */"],
];

export const tokenSoup: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.constantFrom(...texts), fc.constantFrom(" ", " ", "\n", "")), { maxLength: 60 })
  .map((parts) => parts.map(([text, space]) => text + space).join(""));

/** The tokens of a text, roughly, with the white space between them: enough to tear it apart and join it again. */
export function roughTokens(text: string): string[] {
  return text.match(/\/\/[^\n]*|\s+|[\p{L}_][\p{L}\p{N}_]*['′]?|[0-9.]+|[^]/gu) ?? [];
}

interface Mutation {
  readonly kind: "delete" | "duplicate" | "swap" | "insert";
  readonly at: number;
  readonly other: number;
  readonly text: string;
}

/** One of the texts with a few tokens deleted, doubled, swapped or put in. */
export function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  const mutation = fc.record<Mutation>({
    kind: fc.constantFrom("delete", "duplicate", "swap", "insert"),
    at: fc.nat(),
    other: fc.nat(),
    text: fc.constantFrom(...texts),
  });
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 6 }))
    .map(([text, mutations]) => mutations.reduce(apply, roughTokens(text)).join(""));
}

function apply(tokens: readonly string[], { kind, at, other, text }: Mutation): string[] {
  const result = [...tokens];
  if (result.length === 0) return [text];
  const place = at % result.length;
  const second = other % result.length;
  if (kind === "delete") result.splice(place, 1);
  else if (kind === "duplicate") result.splice(place, 0, result[place]!);
  else if (kind === "insert") result.splice(place, 0, ` ${text} `);
  else [result[place], result[second]] = [result[second]!, result[place]!];
  return result;
}
