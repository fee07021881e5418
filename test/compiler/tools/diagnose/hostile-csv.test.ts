/** Comma-separated values that mean harm: a typed error, or the numbers that stand there. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { DataError } from "../../../../compiler/tools/diagnose/data.js";
import { dataFromCsv } from "../../../../compiler/tools/diagnose/read-data.js";
import { fuzzParameters } from "../../../support/fuzz.js";

const names = fc.constantFrom(
  "x",
  "x[0]",
  "x[1]",
  " x[1] ",
  "k",
  "x[4294967295]",
  "x[4294967296]",
  "x[1e3]",
  "x[-1]",
  "x[00]",
  "",
  "[0]",
  "__proto__",
);
const cells = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("0", "1", "-2.5", "1e3", ".5", "5.", " 7 ", "+1") },
  fc.constantFrom(
    "",
    "NaN",
    "0x10",
    "0b1",
    "1_0",
    "1,",
    "Infinity",
    "1e999",
    "\0",
    "\u2028",
    "1 2",
    '"1"',
    "=1+1",
    "١",
  ),
);
const line = (cell: fc.Arbitrary<string>, width: number): fc.Arbitrary<string> =>
  fc.array(cell, { minLength: width, maxLength: width }).map((all) => all.join(","));
const right = fc.constantFrom("x[0],x[1]", "x[1],x[0]", "x[0],k", "k", "x");
const texts = fc
  .tuple(
    fc.oneof(right, line(names, 1), line(names, 2)),
    fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1)),
    fc.constantFrom("\n", "\r\n", "\r"),
    fc.constantFrom("", "", "\ufeff", "\n"),
  )
  .chain(([header, more, end, start]) =>
    fc
      .array(line(cells, Math.max(1, header.split(",").length + more)), { minLength: 1, maxLength: 3 })
      .map((rows) => start + [header, ...rows].join(end)),
  );

const shapes = new Map([
  ["x", [2]],
  ["k", []],
]);

test("gives the numbers of the columns, each in its place, or an error of ours", () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.oneof(texts, texts, fc.string({ unit: "binary" })), fc.boolean(), (text, known) => {
      let data;
      try {
        data = dataFromCsv(text, known ? shapes : new Map());
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        expect(error.message.length).toBeLessThan(300);
        seen.refused++;
        return;
      }
      seen.accepted++;
      const [header, ...rows] = text
        .replace(/^\ufeff/u, "")
        .trimEnd()
        .split(/\r\n|\n|\r/u)
        .map((row) => row.split(",").map((cell) => cell.trim()));
      let count = 0;
      for (const [name, { shape, values }] of data) {
        const width = values.length / rows.length;
        expect(shape).toEqual([rows.length, ...((known ? shapes.get(name) : undefined) ?? [width])]);
        for (let i = 0; i < values.length; i++, count++) {
          const column = header!.findIndex(
            (title) =>
              (/^(.+?)(?:\[0*(\d+)\])?$/u.exec(title) ?? []).slice(1, 3).join() === `${name},${i % width}` ||
              (title === name && i % width === 0),
          );
          expect(values[i]).toBe(Number(rows[Math.floor(i / width)]![column]));
        }
      }
      expect(count).toBe(rows.length * header!.length);
    }),
    fuzzParameters(200),
  );
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20);
});

test("no column is passed over, however large its number", () => {
  const x = new Map([["x", [1]]]);
  expect(() => dataFromCsv("x[0],x[5000000000]\n1,2\n", x)).toThrow("column x[5000000000] is too many");
  expect(() => dataFromCsv("x[4294967295]\n1\n", new Map())).toThrow("column x[0] is missing");
  expect(() => dataFromCsv("x[99999999]\n1\n", x)).toThrow("column x[0] is missing");
});

test("numbers are decimal, and messages short", () => {
  const long = "z".repeat(1e6);
  expect(() => dataFromCsv("x\n0x10\n", new Map())).toThrow('line 2, column x: "0x10" is no number');
  expect(() => dataFromCsv(`x\n${long}\n`, new Map())).toThrow(/^line 2, column x: "z{60}…" is no number$/u);
});
