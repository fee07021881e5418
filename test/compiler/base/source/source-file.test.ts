import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SourceFile } from "../../../../compiler/base/source/source-file.js";

describe("lines and columns", () => {
  test("every kind of line break", () => {
    const source = new SourceFile("a", "ab\ncd\r\nef\rgh");
    expect(source.lineCount).toBe(4);
    expect([1, 2, 3, 4, 5, 0].map((line) => source.lineText(line))).toEqual(["ab", "cd", "ef", "gh", "", ""]);
    expect(source.locate(0)).toEqual({ line: 1, column: 1 });
    expect(source.locate(4)).toEqual({ line: 2, column: 2 });
    expect(source.locate(7)).toEqual({ line: 3, column: 1 });
    expect(source.locate(11)).toEqual({ line: 4, column: 2 });
    expect(source.textOf({ file: "a", start: 3, end: 5 })).toBe("cd");
  });

  test("offsets outside of the text", () => {
    const source = new SourceFile("a", "ab\n");
    expect(source.locate(-1)).toEqual({ line: 1, column: 1 });
    expect(source.locate(99)).toEqual({ line: 2, column: 1 });
    expect(source.locate(NaN)).toEqual({ line: 1, column: 1 });
    expect(new SourceFile("a", "").locate(0)).toEqual({ line: 1, column: 1 });
  });

  test("every offset lies in its line", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\n", "\r", "\r\n", "𝐖"), maxLength: 40 });
    fc.assert(
      fc.property(text, (content) => {
        const source = new SourceFile("a", content);
        for (let offset = 0; offset <= content.length; offset += 1) {
          const { line, column } = source.locate(offset);
          expect(source.lineStarts[line - 1]! + column - 1).toBe(offset);
        }
        const lines = Array.from({ length: source.lineCount }, (_, index) => source.lineText(index + 1));
        expect(lines).toEqual(content.split(/\r\n|\n|\r/));
      }),
    );
  });
});
