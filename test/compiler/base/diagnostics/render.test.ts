import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../../../compiler/base/diagnostics/diagnostic.js";
import { diagnosticToJson, renderDiagnostic, renderDiagnostics } from "../../../../compiler/base/diagnostics/render.js";
import { screenWidth, visible } from "../../../../compiler/base/diagnostics/screen-text.js";
import { SourceFile } from "../../../../compiler/base/source/source-file.js";
import { parseText } from "../../../support/syntax.js";

function sourceOf(text: string, name = "gru.cell") {
  const source = new SourceFile(name, text);
  return (file: string): SourceFile | undefined => (file === name ? source : undefined);
}

function diagnostic(start: number, end: number, more: Partial<Diagnostic> = {}): Diagnostic {
  return {
    code: "unexpected-token",
    severity: "error",
    message: "something is wrong",
    span: { file: "gru.cell", start, end },
    related: [],
    help: undefined,
    ...more,
  };
}

describe("the frame", () => {
  test("code, place, line, underline, related places and help", () => {
    const text = "cell A(H) {\n  param W: [H]\n  n = tanh(W + x)\n}\n";
    const start = text.indexOf("W + x");
    const shown = renderDiagnostic(
      diagnostic(start, start + 5, {
        related: [{ span: { file: "gru.cell", start: 20, end: 21 }, message: "[H] comes from `W`" }],
        help: "project `x` first",
      }),
      sourceOf(text),
    );
    expect(shown).toBe(
      [
        "error[unexpected-token]: something is wrong",
        "  gru.cell:3:12",
        "  3 |   n = tanh(W + x)",
        "    |            ^^^^^",
        "  [H] comes from `W`",
        "  gru.cell:2:9",
        "  2 |   param W: [H]",
        "    |         ^",
        "  help: project `x` first",
      ].join("\n"),
    );
  });

  test("colours only when asked for", () => {
    const plain = renderDiagnostics([diagnostic(0, 1), diagnostic(1, 2)], sourceOf("ab"));
    const colored = renderDiagnostics([diagnostic(0, 1), diagnostic(1, 2)], sourceOf("ab"), { color: true });
    expect(plain).not.toContain("\u001b");
    expect(colored).toContain("\u001b[31;1merror[unexpected-token]\u001b[0m");
    expect(colored.replace(/\u001b\[[0-9;]*m/g, "")).toBe(plain);
    expect(renderDiagnostics([], sourceOf(""))).toBe("");
  });

  test("the underline counts columns of the screen", () => {
    const underline = (text: string, marked: string): string => {
      const start = text.indexOf(marked);
      return renderDiagnostic(diagnostic(start, start + marked.length), sourceOf(text)).split("\n")[3]!;
    };
    expect(underline("ab", "b")).toBe("    |  ^");
    expect(underline("\tab", "b")).toBe("    |    ^");
    expect(underline("値x", "x")).toBe("    |   ^");
    expect(underline("x値y", "値")).toBe("    |  ^^");
    expect(underline("h̃ x", "x")).toBe("    |   ^");
    expect(underline("𝐖x", "x")).toBe("    |  ^");
  });

  test("nothing reaches the terminal that it would act on", () => {
    const text = "a \u001b[2J \u0000 \u202e \ud800 b";
    const lines = renderDiagnostic(
      diagnostic(2, 3, { message: "bad \u001b[31m name\n here", help: "\u0007" }),
      sourceOf(text),
    ).split("\n");
    expect(lines).toEqual([
      "error[unexpected-token]: bad ␛[31m name␊ here",
      "  gru.cell:1:3",
      "  1 | a ␛[2J ␀ � � b",
      "    |   ^",
      "  help: ␇",
    ]);
  });

  test("long lines are cut around the place", () => {
    const text = `${"x + ".repeat(50_000)}HERE${" + y".repeat(50_000)}`;
    const start = text.indexOf("HERE");
    const lines = renderDiagnostic(diagnostic(start, start + 4), sourceOf(text), { width: 60 }).split("\n");
    for (const line of lines) expect(screenWidth(line)).toBeLessThan(75);
    expect(lines[2]).toContain("HERE");
    expect(lines[3]!.indexOf("^^^^")).toBe(lines[2]!.indexOf("HERE"));
    const wide = renderDiagnostic(diagnostic(0, text.length), sourceOf(text)).split("\n");
    for (const line of wide) expect(screenWidth(line)).toBeLessThan(135);
  });

  test("places at the end, over several lines, and in unknown files", () => {
    expect(renderDiagnostic(diagnostic(3, 3), sourceOf("abc")).split("\n")[3]).toBe("    |    ^");
    expect(renderDiagnostic(diagnostic(1, 6), sourceOf("abc\ndef")).split("\n")[3]).toBe("    |  ^^");
    expect(renderDiagnostic(diagnostic(4, 4), sourceOf("abc\n")).split("\n").slice(1)).toEqual([
      "  gru.cell:2:1",
      "  2 |",
      "    | ^",
    ]);
    expect(renderDiagnostic(diagnostic(0, 1), () => undefined).split("\n")).toEqual([
      "error[unexpected-token]: something is wrong",
      "  gru.cell",
    ]);
  });

  test("any text and any place", () => {
    const place = fc.tuple(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.nat(320),
      fc.nat(320),
      fc.integer({ min: 0, max: 80 }),
    );
    fc.assert(
      fc.property(place, ([text, start, length, width]) => {
        const shown = renderDiagnostic(diagnostic(start, start + length, { message: text }), sourceOf(text), { width });
        const lines = shown.split("\n");
        expect(lines.length).toBe(4);
        expect(shown.replace(/\n/g, "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        expect(lines[3]).toMatch(/^ +\| *\^+$/);
        expect(lines[3]!.length).toBeLessThan(Math.max(width, 20) + 12);
      }),
    );
  });
});

describe("the JSON form", () => {
  test("has stable fields", () => {
    const text = "cell A() {\n  a = (1]\n}";
    const { diagnostics } = parseText(text);
    const source = new SourceFile("test.cell", text);
    expect(diagnostics.map((each) => diagnosticToJson(each, () => source))).toEqual([
      {
        code: "unmatched-bracket",
        severity: "error",
        message: "`]` does not close `(`",
        file: "test.cell",
        start: 19,
        end: 20,
        line: 2,
        column: 9,
        endLine: 2,
        endColumn: 10,
        related: [
          {
            message: "opened here",
            file: "test.cell",
            start: 17,
            end: 18,
            line: 2,
            column: 7,
            endLine: 2,
            endColumn: 8,
          },
        ],
        help: "write `)`",
      },
    ]);
    expect(diagnosticToJson(diagnostic(1, 2), () => undefined)).toEqual({
      code: "unexpected-token",
      severity: "error",
      message: "something is wrong",
      file: "gru.cell",
      start: 1,
      end: 2,
      related: [],
      help: null,
    });
  });
});

describe("screen text", () => {
  test("widths", () => {
    expect(screenWidth("abc")).toBe(3);
    expect(screenWidth("値")).toBe(2);
    expect(screenWidth("h̃")).toBe(1);
    expect(screenWidth("🚀")).toBe(2);
    expect(visible("a\tb\r\u200b\ufeff")).toBe("a  b␍��");
  });
});
