/** Where examples come from: tables, series, texts. */
import { describe, expect, it } from "vitest";
import {
  arrays, csv, SourceError, type SourceErrorCode, jsonLines, loadVocabulary, seriesOf, splitByTime, text, windows,
} from "../../../../runtime/index.js"; // prettier-ignore
import { createRandom } from "../../../../runtime/base/random.js";
import type { DataSource, Example } from "../../../../runtime/index.js";

const random = createRandom(0);
const listsOf = (example: Example): Record<string, number[]> =>
  Object.fromEntries(Object.entries(example).map(([name, list]) => [name, Array.from(list as ArrayLike<number>)]));
const all = (source: DataSource): Record<string, number[]>[] =>
  Array.from({ length: source.count }, (_, i) => listsOf(source.read(i, random) as Example));

function expectSourceError(run: () => unknown, code: SourceErrorCode, line: number, message: string): void {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(SourceError);
  expect(caught).toMatchObject({ code, line });
  expect((caught as SourceError).message).toBe(message);
  expect(`${message.split(":")[0]}: ${(caught as SourceError).detail}`).toBe(message);
}

describe("arrays of files", () => {
  const frames = { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) };

  it("are examples, or moments, along their first axis", () => {
    expect(all(arrays({ x: frames, y: [7, 8] }))).toEqual([
      { x: [1, 2, 3], y: [7] },
      { x: [4, 5, 6], y: [8] },
    ]);
    expect(seriesOf({ x: frames, y: [7, 8] })).toMatchObject({
      length: 2,
      columns: { x: { width: 3 }, y: { width: 1 } },
    });
    expect(() => arrays({ x: frames, y: [7] })).toThrow("x has 2 examples, y 1");
  });
});

describe("csv", () => {
  const table = '\uFEFFdate,"a ""b""",c\r\n2012,1,2\n\n"x, y",3,-4.5e1\n"two\nlines", 5 ,6\n';

  it("reads columns together, also in quotes, and what comes later", () => {
    const series = csv(table, { columns: { x: ['a "b"', "c"], y: "c" }, ahead: { next: ["c", 1] } });
    expect(series.length).toBe(2);
    expect([...series.columns["x"]!.values]).toEqual([1, 2, 3, -45]);
    expect([...series.columns["y"]!.values]).toEqual([2, -45]);
    expect([...series.columns["next"]!.values]).toEqual([-45, 6]);
    expect([...csv("a\tb\n1\t2", { columns: { x: "b" }, separator: "\t" }).columns["x"]!.values]).toEqual([2]);
  });

  it("says what is wrong in which line", () => {
    const read = (content: string, column = "b") => () => csv(content, { columns: { x: column } }); // prettier-ignore
    expectSourceError(read("a,b\n1,2\n3\n"), "bad-row", 3, "csv: line 3 has 1 fields, the headings are 2");
    expectSourceError(read("a,b\n1,\n"), "bad-number", 2, 'csv: line 2, column "b": expected a number, got nothing');
    expectSourceError(read("a,b\n1,0x\n"), "bad-number", 2, 'csv: line 2, column "b": expected a number, got "0x"');
    expectSourceError(read("a,b\n1,2\n", "c"), "missing-column", 1, 'csv: there is no column "c"; there are "a", "b"');
    expectSourceError(read('a,b\n\n1,"2\n'), "bad-row", 3, "csv: line 3: a quote is not closed");
    expectSourceError(read('a,b\n1,"2"3\n'), "bad-row", 2, "csv: line 2: something after a closing quote");
    expectSourceError(read('a,b\n1,x"2"\n'), "bad-row", 2, "csv: line 2: a quote within a field");
    expectSourceError(read("a,b"), "empty", 1, "csv: there are no lines below the headings");
  });

  it.each<[object, string]>([
    [{ ahead: { next: ["b", -1] } }, "csv: ahead.next[1] must be a positive integer, got -1"],
    [{ ahead: { next: ["b", 0.5] } }, "csv: ahead.next[1] must be a positive integer, got 0.5"],
    [{ ahead: { next: "b" } }, 'csv: ahead.next must be a heading and a number of moments, got "b"'],
    [{ columns: { x: 1 } }, "csv: columns.x must be a heading or several of them, got 1"],
    [{ columns: { x: [] } }, "csv: columns.x must be a heading or several of them, got Array of length 0"],
  ])("refuses %j", (options, message) => {
    expect(() => csv("a,b\n1,2\n3,4\n", { columns: { x: "a" }, ...options } as never)).toThrow(message);
  });
});

it("JSON lines are examples", () => {
  const source = jsonLines('{"x": [[1, 2], [3, 4]], "y": 5}\n\n{"y": [6], "x": []}\n');
  expect(all(source)).toEqual([{ x: [1, 2, 3, 4], y: [5] }, { x: [], y: [6] }]); // prettier-ignore
  expectSourceError(
    () => jsonLines('{"x": [1]}\n{"y": [1]}'),
    "bad-row",
    2,
    "jsonLines: line 2 has y; the first has x",
  );
  expectSourceError(() => jsonLines('{"x": ["1"]}'), "bad-row", 1, "jsonLines: line 1: x must be a list of numbers");
  expectSourceError(() => jsonLines("{x}"), "bad-row", 1, "jsonLines: line 1: this is no JSON");
  expectSourceError(() => jsonLines("\n"), "empty", 1, "jsonLines: there is no example");
});

describe("windows", () => {
  const series = seriesOf({ x: [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]], y: new Float32Array([1, 2, 3, 4, 5]) }); // prettier-ignore

  it("are stretches of a series", () => {
    expect(all(windows(series, { length: 2, stride: 2 }))).toEqual([{ x: [1, 2, 3, 4], y: [1, 2] }, { x: [5, 6, 7, 8], y: [3, 4] }]); // prettier-ignore
    expect(windows(series, { length: 5 }).count).toBe(1);
    expect(() => windows(series, { length: 6 })).toThrow("windows: there are 5 moments, too few for a window of 6");
    expect(() => windows(series, { length: 0 })).toThrow("windows: length must be a positive integer, got 0");
  });

  it("of a split share nothing", () => {
    const [before, last] = splitByTime(series, 2);
    expect(all(windows(before, { length: 3 }))).toEqual([{ x: [1, 2, 3, 4, 5, 6], y: [1, 2, 3] }]);
    expect(all(windows(last, { length: 2 }))).toEqual([{ x: [7, 8, 9, 10], y: [4, 5] }]);
    expect(() => splitByTime(series, 5)).toThrow("the last part must have 1 to 4 moments, got 5");
  });

  it("of other numbers have another fingerprint", () => {
    const other = seriesOf({ x: [[1, 2], [3, 4], [5, 6], [7, 8], [9, 11]], y: [1, 2, 3, 4, 5] }); // prettier-ignore
    const print = (of: typeof series): string => windows(of, { length: 2 }).fingerprint;
    expect(print(other)).not.toBe(print(series));
    expect(print(series)).toMatch(/^windows of 2 by 1 [0-9a-f]{8}$/u);
  });

  it("need rows of one width", () => {
    expect(() => seriesOf({ x: [[1, 2], [3]] })).toThrow("seriesOf: x[1] must be 2 numbers, got Array of length 1");
    expect(() => seriesOf({ x: [1, 2], y: [1] })).toThrow("columns must be of one length: x has 2, y 1");
  });
});

describe("text", () => {
  it.each(["character", "byte", "word"] as const)("as %ss comes back as it was", (unit) => {
    const content = "Ein Tür-Rätsel: 3 mal 4 – don't!\n\n😀 Ende";
    const { vocabulary, count, read } = text(content, { unit });
    expect(count).toBe(1);
    const numbers = (read(0, random) as Example)["text"] as Int32Array;
    expect(vocabulary.decode(numbers)).toBe(content);
    expect(Math.min(...numbers)).toBeGreaterThan(0);
    expect(Math.max(...numbers)).toBeLessThan(vocabulary.size);
    const again = loadVocabulary(vocabulary.save());
    expect(again.encode(content)).toEqual(vocabulary.encode(content));
    expect(again.size).toBe(vocabulary.size);
  });

  it("is cut into documents and chunks, and what is not known is 0", () => {
    const source = text("abcab.ba.", { unit: "character", documents: /\./u, length: 2, input: "letters" });
    expect(source.vocabulary.size).toBe(5);
    expect(all(source)).toEqual([{ letters: [2, 3] }, { letters: [4, 2] }, { letters: [3] }, { letters: [3, 2] }]);
    expect(source.lengthOf!(2)).toBe(1);
    expect([...source.vocabulary.encode("a?b")]).toEqual([2, 0, 3]);
    expect(source.vocabulary.decode([2, 0, 3])).toBe("ab");
    expect(all(text("xa", { unit: "character", vocabulary: source.vocabulary }))).toEqual([{ text: [0, 2] }]);
    expect(text("a b b a c", { unit: "word", atLeast: 2 }).vocabulary.size).toBe(4);
  });

  it("has no documents of what groups of the pattern match", () => {
    const source = text("a1b22c", { unit: "character", documents: /(?<tens>\d)?(\d)/u });
    expect(all(source).map(({ text: numbers }) => source.vocabulary.decode(numbers!))).toEqual(["a", "b", "c"]);
  });

  it("leaves nothing out of a vocabulary that is there", () => {
    const { vocabulary } = text("ab", { unit: "character" });
    expect(() => text("a", { unit: "character", vocabulary, atLeast: 2 })).toThrow("text: atLeast has nothing to leave out: the vocabulary that is given"); // prettier-ignore
    expect(() => text("a", { unit: "byte", atLeast: 2 })).toThrow("text: atLeast has nothing to leave out: all bytes");
    expect(() => text("a", { unit: "word", atLeast: 0 })).toThrow("text: atLeast must be a positive integer, got 0");
  });

  it("in bytes that are no characters is told", () => {
    const { vocabulary } = text("é", { unit: "byte" });
    expect(vocabulary.size).toBe(257);
    expect(vocabulary.decode(vocabulary.encode("é").subarray(0, 1))).toBe("\uFFFD");
    expect(() => vocabulary.decode([257])).toThrow("decode: numbers must be integers from 0 to 256, got 257");
  });

  it("refuses what it does not know", () => {
    expect(() => text("a", { unit: "letter" as never })).toThrow(
      'unit must be "character", "byte" or "word", got "letter"',
    );
    expect(() => text("a", { unit: "byte", vocabulary: text("a", { unit: "word" }).vocabulary })).toThrow(
      "the vocabulary is of words",
    );
    expectSourceError(() => text("", { unit: "word" }), "empty", 1, "text: there is nothing in it");
    expect(() => loadVocabulary("[]")).toThrow(/^loadVocabulary: this is no saved vocabulary/u);
    expect(() => loadVocabulary('{"format": "recell-vocabulary", "unit": "byte", "pieces": ["a", "a"]}')).toThrow(
      SourceError,
    );
  });
});
