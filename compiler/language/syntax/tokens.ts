/**
 * The vocabulary. Three things are decided here:
 *
 * - **Words.** The lexer knows one token `Name` for every word; {@link reservedWords} and {@link contextualWords} say
 *   which words become keywords afterwards. Reserved words are keywords everywhere. Contextual words are keywords only
 *   where an item can begin (see layout.ts), so that `state cell: [H]` or `context = tanh(q)` are possible.
 * - **Primes.** `h'` is one token `NextName`: the prime belongs to the name and stands directly after it.
 * - **Order.** The first pattern that matches wins: longer operators stand before their prefixes, numbers before the
 *   dot, comments before the slash; `Unknown` takes whatever is left, so that lexing is total.
 *
 * `Separator`, `FunctionSeparator`, `TopSeparator` and the braces by kind come from layout.ts: a separator stands before
 * every item, which leaves the grammar with one token of lookahead and recovery with a sure place to go on.
 */
import { createToken, Lexer, type CustomPatternMatcherFunc, type TokenType } from "#chevrotain";

/** Every first unit a word or an unknown character outside ASCII can have; the lexer groups units by 255. */
const beyondAscii: number[] = [];
for (let unit = 128; unit < 256; unit += 1) beyondAscii.push(unit);
for (let unit = 256; unit < 65536; unit += 255) beyondAscii.push(unit);
beyondAscii.push(65535);
const asciiCharacters = Array.from({ length: 128 }, (_, unit) => unit);
const asciiWordStarts = asciiCharacters.filter((unit) => /[A-Za-z_]/.test(String.fromCharCode(unit)));

function sticky(pattern: RegExp): CustomPatternMatcherFunc {
  return (text, offset) => {
    pattern.lastIndex = offset;
    return pattern.exec(text);
  };
}

/**
 * A word: letters of any script with their marks, digits, `_`, subscripts; `√` and `∑` alone; perhaps a prime.
 * Which of these letters a name may have is decided by spelling.ts, so that a message can name the whole word.
 */
const wordPattern = /(?:[√∑]|[\p{L}_][\p{L}\p{M}\p{Nd}_\u2080-\u208e]*)['\u2032\u2019]?/uy;

export const Name = createToken({
  name: "Name",
  label: "a name",
  pattern: sticky(wordPattern),
  line_breaks: false,
  start_chars_hint: [...asciiWordStarts, ...beyondAscii],
});

/** A token type without a pattern: words and braces become one of these after lexing. */
function derived(name: string, label: string): TokenType {
  return createToken({ name, label, pattern: Lexer.NA });
}

export const NextName = derived("NextName", "a name with a prime");

export const If = derived("If", "`if`");
export const Then = derived("Then", "`then`");
export const Else = derived("Else", "`else`");
export const And = derived("And", "`and`");
export const Or = derived("Or", "`or`");
export const Not = derived("Not", "`not`");
export const Param = derived("Param", "`param`");
export const Use = derived("Use", "`use`");
export const Fn = derived("Fn", "`fn`");
export const Import = derived("Import", "`import`");
export const Return = derived("Return", "`return`");

export const Cell = derived("Cell", "`cell`");
export const Network = derived("Network", "`network`");
export const Input = derived("Input", "`input`");
export const Context = derived("Context", "`context`");
export const State = derived("State", "`state`");
export const Fixed = derived("Fixed", "`fixed`");
export const Setting = derived("Setting", "`setting`");
export const Require = derived("Require", "`require`");
export const Output = derived("Output", "`output`");
export const Loss = derived("Loss", "`loss`");
export const Stream = derived("Stream", "`stream`");
export const Entry = derived("Entry", "`entry`");
export const Derivative = derived("Derivative", "`derivative`");
export const From = derived("From", "`from`");
export const As = derived("As", "`as`");
export const For = derived("For", "`for`");
export const Mod = derived("Mod", "`mod`");
export const Until = derived("Until", "`until`");
export const Implicit = derived("Implicit", "`implicit`");
export const With = derived("With", "`with`");
export const Per = derived("Per", "`per`");
export const Given = derived("Given", "`given`");
export const Over = derived("Over", "`over`");

/** Words that are never names. */
export const reservedWords: ReadonlyMap<string, TokenType> = new Map([
  ["if", If],
  ["then", Then],
  ["else", Else],
  ["and", And],
  ["or", Or],
  ["not", Not],
  ["param", Param],
  ["use", Use],
  ["fn", Fn],
  ["import", Import],
  ["return", Return],
]);

/**
 * Words that are keywords where an item begins (`from` and `as`: inside an import; `derivative`: before a parenthesis; `for`: after
 * a value, before a name or a number; `until`, `implicit`, `per` and `given`: after a value; `over`: there, before a name; `with`: after a used cell; `mod`: between operands) and names everywhere else.
 */
export const contextualWords: ReadonlyMap<string, TokenType> = new Map([
  ["cell", Cell],
  ["network", Network],
  ["input", Input],
  ["context", Context],
  ["state", State],
  ["fixed", Fixed],
  ["setting", Setting],
  ["require", Require],
  ["output", Output],
  ["loss", Loss],
  ["stream", Stream],
  ["entry", Entry],
  ["derivative", Derivative],
  ["from", From],
  ["as", As],
  ["for", For],
  ["mod", Mod],
  ["until", Until],
  ["implicit", Implicit],
  ["with", With],
  ["per", Per],
  ["given", Given],
  ["over", Over],
]);

export const NumberLiteral = createToken({
  name: "NumberLiteral",
  label: "a number",
  // `2i` is imaginary, while `2in` is two things that touch.
  pattern: /(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?:i(?![A-Za-z0-9_'\u2032\u2019\u2080-\u208e]))?/,
});
/** The closing quote may be missing: the lexer reports that. */
export const StringLiteral = createToken({ name: "StringLiteral", label: "a string", pattern: /"[^"\n\r]*"?/ });
/** `x²`, `x⁻¹`. */
export const Superscript = createToken({ name: "Superscript", label: "an exponent", pattern: /⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/ });

export const Plus = createToken({ name: "Plus", label: "`+`", pattern: /\+/ });
export const Minus = createToken({ name: "Minus", label: "`-`", pattern: /[-−]/ });
export const Star = createToken({ name: "Star", label: "`*`", pattern: /[*×⊙∘∗]/ });
export const Slash = createToken({ name: "Slash", label: "`/`", pattern: /[/÷]/ });
export const At = createToken({ name: "At", label: "`@`", pattern: /[@·⋅]/ });
export const Caret = createToken({ name: "Caret", label: "`^`", pattern: /\^/ });
export const LessEqual = createToken({ name: "LessEqual", label: "`<=`", pattern: /<=|≤/ });
export const GreaterEqual = createToken({ name: "GreaterEqual", label: "`>=`", pattern: />=|≥/ });
export const EqualEqual = createToken({ name: "EqualEqual", label: "`==`", pattern: /==(?!=)/ });
export const NotEqual = createToken({ name: "NotEqual", label: "`!=`", pattern: /!=(?!=)|≠/ });
export const Less = createToken({ name: "Less", label: "`<`", pattern: /</ });
export const Greater = createToken({ name: "Greater", label: "`>`", pattern: />/ });
export const Equals = createToken({ name: "Equals", label: "`=`", pattern: /=/ });
export const Tilde = createToken({ name: "Tilde", label: "`~`", pattern: /[~∼]/ });
export const Comma = createToken({ name: "Comma", label: "`,`", pattern: /,/ });
export const Colon = createToken({ name: "Colon", label: "`:`", pattern: /:/ });
export const Dot = createToken({ name: "Dot", label: "`.`", pattern: /\./ });
export const LeftParen = createToken({ name: "LeftParen", label: "`(`", pattern: /\(/ });
export const RightParen = createToken({ name: "RightParen", label: "`)`", pattern: /\)/ });
export const LeftBracket = createToken({ name: "LeftBracket", label: "`[`", pattern: /\[/ });
export const RightBracket = createToken({ name: "RightBracket", label: "`]`", pattern: /\]/ });
/** Braces of a cell; those of functions and imports are retyped by layout.ts. */
export const LeftBrace = createToken({ name: "LeftBrace", label: "`{`", pattern: /\{/ });
export const RightBrace = createToken({ name: "RightBrace", label: "`}`", pattern: /\}/ });
export const FunctionLeftBrace = derived("FunctionLeftBrace", "`{`");
export const FunctionRightBrace = derived("FunctionRightBrace", "`}`");
export const InterfaceLeftBrace = derived("InterfaceLeftBrace", "`{`");
export const InterfaceRightBrace = derived("InterfaceRightBrace", "`}`");
export const ImportLeftBrace = derived("ImportLeftBrace", "`{`");
export const ImportRightBrace = derived("ImportRightBrace", "`}`");

/** `cell` or `network` where it is the type of a parameter. */
export const InterfaceWord = derived("InterfaceWord", "`cell`");
/** `;` between the dimensions that are known at compilation and those of a call. */
export const HeaderSeparator = derived("HeaderSeparator", "`;`");
/** `;`, and before every item of a cell. */
export const Separator = createToken({ name: "Separator", label: "a new item", pattern: /;/ });
export const FunctionSeparator = derived("FunctionSeparator", "a new equation");
export const TopSeparator = derived("TopSeparator", "a new declaration");

interface ForeignOperatorMeaning {
  readonly type: TokenType;
  readonly instead: string;
  /** Where writing `instead` alone does not mend it. */
  readonly help?: string;
}

const wholeValue = {
  type: Equals,
  instead: "=",
  help: "an equation gives the whole value: `h' = h + x` for the next value of a state, `z = a + b` for anything else",
};

/** Operators of other languages: reported, and read as what they stand for. */
export const foreignOperators: ReadonlyMap<string, ForeignOperatorMeaning> = new Map<string, ForeignOperatorMeaning>([
  ["+=", wholeValue],
  ["-=", wholeValue],
  ["*=", wholeValue],
  ["/=", wholeValue],
  ["^=", wholeValue],
  ["@=", wholeValue],
  ["**=", wholeValue],
  ["===", { type: EqualEqual, instead: "==" }],
  ["!==", { type: NotEqual, instead: "!=" }],
  ["&&", { type: And, instead: "and" }],
  ["||", { type: Or, instead: "or" }],
  ["**", { type: Caret, instead: "^" }],
  [":=", { type: Equals, instead: "=" }],
  ["≔", { type: Equals, instead: "=" }],
  ["←", { type: Equals, instead: "=" }],
  [".*", { type: Star, instead: "*" }],
  ["./", { type: Slash, instead: "/" }],
  [".^", { type: Caret, instead: "^" }],
  ["!", { type: Not, instead: "not" }],
]);
export const ForeignOperator = createToken({
  name: "ForeignOperator",
  pattern: /===|!==|&&|\|\||\*\*=?(?!=)|[-+*/^@]=(?!=)|\*\*|:=|≔|←|\.\*|\.\/|\.\^|!/,
});
/** `∧ ∨ ¬` mean the words. */
export const AndSign = createToken({ name: "AndSign", pattern: /∧/ });
export const OrSign = createToken({ name: "OrSign", pattern: /∨/ });
export const NotSign = createToken({ name: "NotSign", pattern: /¬/ });
/** Reported by the lexer and dropped: a prime that follows no name. */
export const StrayPrime = createToken({ name: "StrayPrime", pattern: /['′’″]/ });
/** A comment in other languages: reported, and passed over to the end of its line. */
export const HashComment = createToken({ name: "HashComment", pattern: /#[^\n\r]*/ });
export const Unknown = createToken({
  name: "Unknown",
  pattern: sticky(/[^]/uy),
  line_breaks: false,
  start_chars_hint: [...asciiCharacters, ...beyondAscii],
});

const WhiteSpace = createToken({ name: "WhiteSpace", pattern: /\s+/, group: Lexer.SKIPPED, line_breaks: true });
export const DocComment = createToken({ name: "DocComment", pattern: /\/\/\/(?!\/)[^\n\r]*/, group: "comments" });
const LineComment = createToken({ name: "LineComment", pattern: /\/\/[^\n\r]*/, group: "comments" });
/** By search, not by pattern: one that is never closed takes the rest of the text, once. */
export const BlockComment = createToken({
  name: "BlockComment",
  pattern: (text, offset) => {
    if (!text.startsWith("/*", offset)) return null;
    const close = text.indexOf("*/", offset + 2);
    return [text.slice(offset, close < 0 ? text.length : close + 2)];
  },
  line_breaks: true,
  start_chars_hint: ["/"],
  group: "comments",
});

const derivedTypes: readonly TokenType[] = [
  ...[NextName, ...reservedWords.values(), ...contextualWords.values()],
  ...[FunctionLeftBrace, FunctionRightBrace, ImportLeftBrace, ImportRightBrace, FunctionSeparator, TopSeparator],
  ...[HeaderSeparator, InterfaceWord, InterfaceLeftBrace, InterfaceRightBrace],
];

/** What the lexer tries, in order. */
export const lexedTypes: readonly TokenType[] = [
  ...[WhiteSpace, DocComment, LineComment, BlockComment],
  ...[LessEqual, GreaterEqual, EqualEqual, NotEqual, ForeignOperator, AndSign, OrSign, NotSign],
  ...[Name, NumberLiteral, StringLiteral, Superscript, Plus, Minus, Star, Slash, At, Caret, Less, Greater, Equals],
  ...[Tilde, Comma, Colon, Dot, LeftParen, RightParen, LeftBracket, RightBracket, LeftBrace, RightBrace, Separator],
  ...[StrayPrime, HashComment, Unknown],
];

/** What the grammar speaks of. */
export const vocabulary: TokenType[] = [...lexedTypes, ...derivedTypes];
