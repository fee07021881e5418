/** Text as numbers: letters, bytes or words, and the vocabulary that tells which is which. */
import { CallRangeError, CallTypeError, SourceError } from "../../base/errors.js";
import { decodeUtf8, encodeUtf8 } from "../../io/utf8.js";
import { checkCount, checkOptionNames, describe, isRecord } from "../../base/options.js";
import { type DataSource, hashOf } from "./source.js";

export type TextUnit = "character" | "byte" | "word";

/** Tokens of text and their numbers. 0 is none of them: it stands for what is not known, and for what fills up. */
export interface Vocabulary {
  readonly unit: TextUnit;
  /** How many numbers there are, 0 with them: the V of a network. */
  readonly size: number;
  encode(text: string): Int32Array;
  decode(numbers: ArrayLike<number>): string;
  /** A text that `loadVocabulary` reads. */
  save(): string;
}

export interface TextOptions {
  /** Letters, as Unicode counts them; bytes of UTF-8; or words, with what stands between them. */
  readonly unit: TextUnit;
  /** Numbers per example at most: documents are cut into chunks of so many. Whole documents where left out. */
  readonly length?: number;
  /** What separates documents; the whole text is one where left out. */
  readonly documents?: RegExp;
  /** One that exists already, in the place of one of this text. */
  readonly vocabulary?: Vocabulary;
  /** Words and letters that occur less often are not known; 1 by default. Only where the vocabulary is one of this text. */
  readonly atLeast?: number;
  /** The name of the input; "text" by default. */
  readonly input?: string;
}

export interface TextSource extends DataSource {
  readonly vocabulary: Vocabulary;
}

/**
 * A text as examples, each one document or a chunk of it.
 *
 * @throws TypeError or RangeError for wrong options; SourceError where nothing is left of the text.
 * @example
 *     const book = text(await readFile("book.txt", "utf8"), { unit: "character", length: 128 });
 */
export function text(content: string, options: TextOptions): TextSource {
  if (typeof content !== "string") {
    throw new CallTypeError(`text: the first argument must be a text, got ${describe(content)}`);
  }
  checkOptionNames("text", options, ["unit", "length", "documents", "vocabulary", "atLeast", "input"]);
  const { unit, length = Infinity, documents, atLeast = 1, input = "text" } = options;
  if (!Object.hasOwn(splitters, String(unit))) {
    throw new CallTypeError(`text: unit must be "character", "byte" or "word", got ${describe(unit)}`);
  }
  if (length !== Infinity) checkCount("text: length", length);
  checkCount("text: atLeast", atLeast);
  if (options.atLeast !== undefined && (unit === "byte" || options.vocabulary !== undefined)) {
    const why = unit === "byte" ? "all bytes are known" : "the vocabulary that is given tells what is known";
    throw new CallTypeError(`text: atLeast has nothing to leave out: ${why}`);
  }
  if (documents !== undefined && !(documents instanceof RegExp)) {
    throw new CallTypeError(`text: documents must be a regular expression, got ${describe(documents)}`);
  }
  const vocabulary = options.vocabulary ?? vocabularyOf(content, unit, atLeast);
  if (vocabulary.unit !== unit) {
    throw new CallTypeError(`text: the vocabulary is of ${vocabulary.unit}s, unit is ${describe(unit)}`);
  }
  const parts = documents === undefined ? [content] : partsOf(content, documents);
  const examples = parts
    .flatMap((part) => chunks(vocabulary.encode(part), length))
    .map((numbers) => ({ [input]: numbers }));
  if (examples.length === 0) throw new SourceError("empty", "there is nothing in it", 1, "text");
  return {
    vocabulary,
    count: examples.length,
    fingerprint: `${examples.length} texts ${hashOf([input], examples)}`,
    lengthOf: (index) => examples[index]![input]!.length,
    read: (index) => examples[index]!,
  };
}

/** What is between the matches. `split` gives what groups of the pattern have matched, too, after each part. */
function partsOf(content: string, documents: RegExp): string[] {
  const groups = new RegExp(`${documents.source}|`, documents.flags).exec("")!.length - 1;
  return content.split(documents).filter((_, i) => i % (groups + 1) === 0);
}

function chunks(numbers: Int32Array, length: number): Int32Array[] {
  if (numbers.length === 0) return [];
  if (length === Infinity) return [numbers];
  const count = Math.ceil(numbers.length / length);
  return Array.from({ length: count }, (_, i) => numbers.subarray(i * length, (i + 1) * length));
}

/** A text as tokens, which together are the text again. Bytes are characters of their code. */
const splitters: Readonly<Record<TextUnit, (content: string) => readonly string[]>> = {
  character: (content) => [...content],
  byte: (content) => Array.from(encodeUtf8(content), (byte) => String.fromCharCode(byte)),
  word: (content) => content.match(/[\p{L}\p{M}\p{N}']+|\s+|[^\p{L}\p{M}\p{N}'\s]/gu) ?? [],
};

function vocabularyOf(content: string, unit: TextUnit, atLeast: number): Vocabulary {
  // All bytes, so that any text can be told.
  if (unit === "byte")
    return createVocabulary(
      unit,
      Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)),
    );
  const counts = new Map<string, number>();
  for (const token of splitters[unit](content)) counts.set(token, (counts.get(token) ?? 0) + 1);
  const kept = [...counts].filter(([, count]) => count >= atLeast).map(([token]) => token);
  return createVocabulary(unit, kept.sort());
}

function createVocabulary(unit: TextUnit, tokens: readonly string[]): Vocabulary {
  const numbers = new Map(tokens.map((token, i) => [token, i + 1]));
  return {
    unit,
    size: tokens.length + 1,
    encode: (content) => Int32Array.from(splitters[unit](content), (token) => numbers.get(token) ?? 0),
    decode(given) {
      const told = Array.from(given, (number) => {
        if (Number.isInteger(number) && number >= 0 && number <= tokens.length)
          return number === 0 ? "" : tokens[number - 1]!;
        throw new CallRangeError(
          `decode: numbers must be integers from 0 to ${tokens.length}, got ${describe(number)}`,
        );
      }).join("");
      return unit === "byte" ? decodeUtf8(Uint8Array.from(told, (token) => token.charCodeAt(0))) : told;
    },
    save: () => JSON.stringify({ format: "recell-vocabulary", unit, pieces: tokens }),
  };
}

/**
 * What `save` gave.
 *
 * @throws SourceError where it is something else.
 */
export function loadVocabulary(saved: string): Vocabulary {
  let value: unknown;
  try {
    value = JSON.parse(saved);
  } catch {
    value = undefined;
  }
  if (isRecord(value) && value["format"] === "recell-vocabulary") {
    const { unit, pieces: tokens } = value;
    const isList = Array.isArray(tokens) && tokens.every((token) => typeof token === "string");
    if (isList && new Set(tokens).size === tokens.length && Object.hasOwn(splitters, String(unit))) {
      return createVocabulary(unit as TextUnit, tokens as string[]);
    }
  }
  throw new SourceError("bad-row", `this is no saved vocabulary: ${describe(saved)}`, 1, "loadVocabulary");
}
