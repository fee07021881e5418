/**
 * Reads the JSON of a safetensors header from its bytes, one value after the other, and ends at the first that is not what was
 * asked for. Nothing nests here: whoever asks knows which value comes next, so that depth costs neither stack nor memory. What
 * is no JSON is refused as the format's own reader refuses it: among others halves of surrogate pairs, control characters in
 * texts, zeros before a number.
 */
import { SafetensorsError } from "../base/errors.js";
import { codePointAt, TextBuilder, utf8Length } from "./utf8.js";

const quote = 0x22;
const backslash = 0x5c;

/** Characters after a backslash that stand for one other character. */
const escapes: ReadonlyMap<number, number> = new Map(
  ['""', "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]),
);

const kinds: ReadonlyMap<string, string> = new Map([
  ["{", "an object"],
  ["[", "a list"],
  ['"', "a text"],
  ["t", "true"],
  ["f", "false"],
  ["n", "null"],
  ...[..."-0123456789"].map((first): [string, string] => [first, "a number"]),
]);

/** 1 for the bytes that stand for themselves in a text: ASCII without quotes, backslashes and control characters. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== backslash ? 1 : 0,
);

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

export class HeaderScanner {
  /** The next byte to read. */
  private at = 0;
  private readonly bytes: Uint8Array;
  /** The text that was read last, between its quotes, and whether there are escapes in it. */
  private start = 0;
  private end = 0;
  private escaped = false;
  private readonly built = new TextBuilder();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** @throws SafetensorsError `invalid-header` */
  fail(problem: string): never {
    throw new SafetensorsError("invalid-header", `the header is not JSON in UTF-8: ${problem}`);
  }

  /** The next byte that is no space; -1 at the end. */
  private next(): number {
    const { bytes } = this;
    for (; this.at < bytes.length; this.at++) {
      const byte = bytes[this.at]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
    }
    return -1;
  }

  /** What stands here instead of what was expected, for messages. */
  private found(): string {
    if (this.next() === -1) return "it ends";
    const point = this.point(this.at);
    return `got ${point > 0x20 && point < 0x7f ? String.fromCharCode(point) : `U+${point.toString(16).toUpperCase().padStart(4, "0")}`}`;
  }

  private expected(what: string): never {
    const found = this.found();
    return this.fail(`expected ${what} at byte ${this.at}, ${found}`);
  }

  private point(at: number): number {
    try {
      return codePointAt(this.bytes, at);
    } catch (error) {
      return this.fail((error as Error).message);
    }
  }

  isAt(character: string): boolean {
    return this.next() === character.charCodeAt(0);
  }

  /** Goes past a character, if it is the next. */
  accepts(character: string): boolean {
    if (!this.isAt(character)) return false;
    this.at++;
    return true;
  }

  expect(character: string): void {
    if (!this.accepts(character)) this.expected(character);
  }

  /**
   * Whether another member follows in an object or a list, whose bracket has been read; goes past the comma before it, or past
   * the closing bracket.
   */
  hasMore(close: "}" | "]", first: boolean): boolean {
    if (this.accepts(close)) return false;
    if (!first && !this.accepts(",")) this.expected(`, or ${close}`);
    return true;
  }

  /** Goes past `null`, if it is the next. */
  acceptsNull(): boolean {
    if (this.next() !== 0x6e) return false;
    for (const letter of "null") {
      if (this.bytes[this.at] !== letter.charCodeAt(0)) this.expected("null");
      this.at++;
    }
    return true;
  }

  /** What kind of value comes next: "a list", "a number". */
  kind(): string {
    const byte = this.next();
    return kinds.get(String.fromCharCode(byte)) ?? this.expected("a value");
  }

  /** Nothing but spaces may follow. */
  finish(): void {
    if (this.next() !== -1) this.expected("nothing more");
  }

  /**
   * Goes past a text.
   *
   * @returns Where it begins, for `textAt`.
   */
  text(): number {
    if (this.next() !== quote) this.expected("a text in quotes");
    const start = this.at;
    this.readText(undefined);
    return start;
  }

  /** The text that begins at a place which `text` gave. The scanner goes on where it was. */
  textAt(start: number): string {
    const { at, built } = this;
    this.at = start;
    this.readText(built);
    this.at = at;
    return built.take();
  }

  /** Whether the text that was read last is this one, of ASCII. */
  isText(wanted: string): boolean {
    if (this.escaped) return this.textAt(this.start - 1) === wanted;
    if (this.end - this.start !== wanted.length) return false;
    for (let i = 0; i < wanted.length; i++) if (this.bytes[this.start + i] !== wanted.charCodeAt(i)) return false;
    return true;
  }

  private readText(built: TextBuilder | undefined): void {
    const { bytes } = this;
    const { length } = bytes;
    let at = this.at + 1;
    this.start = at;
    this.escaped = false;
    for (;;) {
      const from = at;
      while (at < length && isPlain[bytes[at]!] === 1) at++;
      built?.addAscii(bytes, from, at);
      if (at >= length) this.fail(`the text that begins at byte ${this.start - 1} has no end`);
      const byte = bytes[at]!;
      if (byte === quote) break;
      if (byte < 0x20) this.fail(`byte ${at}, 0x${byte.toString(16).padStart(2, "0")}, may not stand in a text`);
      let point: number;
      if (byte === backslash) {
        this.escaped = true;
        this.at = at + 1;
        point = this.readEscape();
        at = this.at;
      } else {
        point = this.point(at);
        at += utf8Length(point);
      }
      built?.addPoint(point);
    }
    this.end = at;
    this.at = at + 1;
  }

  /** What stands after a backslash, as a code point. */
  private readEscape(): number {
    const byte = this.bytes[this.at] ?? -1;
    const plain = escapes.get(byte);
    if (plain !== undefined) {
      this.at++;
      return plain;
    }
    const begin = this.at - 1;
    if (byte !== 0x75) this.fail(`byte ${begin} begins no escape`);
    this.at++;
    const unit = this.readHex();
    if (unit < 0xd800 || unit > 0xdfff) return unit;
    if (unit < 0xdc00 && this.bytes[this.at] === backslash && this.bytes[this.at + 1] === 0x75) {
      this.at += 2;
      const low = this.readHex();
      if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    return this.fail(`the escape at byte ${begin} is half of a surrogate pair, which is no character`);
  }

  private readHex(): number {
    let value = 0;
    for (let i = 0; i < 4; i++, this.at++) {
      const byte = this.bytes[this.at] ?? 0;
      const letter = byte | 0x20;
      const digit = isDigit(byte) ? byte - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
      if (digit < 0) this.fail(`\\u at byte ${this.at - i - 2} needs four hexadecimal digits`);
      value = value * 16 + digit;
    }
    return value;
  }

  /**
   * Goes past an integer of at least 0, in digits alone. Undefined, and nothing is gone past, where there is something else, or
   * one that is too large to count with.
   */
  integer(): number | undefined {
    this.next();
    const { bytes } = this;
    let at = this.at;
    let value = 0;
    while (at < bytes.length && isDigit(bytes[at]!)) {
      value = value * 10 + (bytes[at]! - 0x30);
      if (!Number.isSafeInteger(value) || (bytes[this.at] === 0x30 && at > this.at)) return undefined;
      at++;
    }
    const behind = at < bytes.length ? bytes[at]! : 0x20;
    // A point or an exponent makes a fraction of it, even where its value is whole.
    if (at === this.at || behind === 0x2e || (behind | 0x20) === 0x65) return undefined;
    this.at = at;
    return value;
  }

  /** The beginning of the value that comes next, for messages. */
  excerpt(): string {
    this.next();
    const shown = Array.from(this.bytes.subarray(this.at, this.at + 24), (byte) => String.fromCharCode(byte)).join("");
    return /^"?[\w.+-]*"?/u.exec(shown)![0] || this.kind();
  }
}
