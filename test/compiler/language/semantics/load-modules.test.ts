import { describe, expect, it } from "vitest";
import { resolvePath } from "../../../../compiler/language/semantics/load-modules.js";
import { check, expectFine, expectReport } from "./support.js";

const b = "cell B(H) { input x: [H] output y = f(x) } fn f(v: [n]): [n] { return 2 * v }";
const use = (name: string): string => `cell A(H) { input x: [H] use b = ${name}(H) output y = b(x) }`;

describe("imports", () => {
  it.each([
    ["a file that is not there", 'import { B } from ‹"./c.cell"›', {}, "missing-import"],
    ["a file without its ending", 'import { B } from ‹"./b"›', { "b.cell": b }, "missing-import"],
    ["a path that is not relative", 'import { B } from ‹"b.cell"›', { "b.cell": b }, "missing-import"],
    ["a standard file that is not there", 'import { B } from ‹"std/nothing"›', {}, "missing-import"],
    ["a name that is not there", 'import { ‹C› } from "./b.cell"', { "b.cell": b }, "missing-export"],
    [
      "a name that the file imports itself",
      'import { ‹LSTM› } from "./b.cell"',
      { "b.cell": 'import { LSTM } from "std/lstm"' },
      "missing-export",
    ],
    [
      "a name that is declared too",
      `import { B } from "./b.cell" cell ‹B›(H) { input x: [H] output y = x }`,
      { "b.cell": b },
      "duplicate-name",
    ],
    [
      "a name imported twice",
      `import { B } from "./b.cell" import { B2 as ‹B› } from "./b.cell"`,
      { "b.cell": `${b} cell B2(H) { input x: [H] output y = x }` },
      "duplicate-name",
    ],
    ["itself", 'import { A } from ‹"./main.cell"›', {}, "circular-import"],
    ["an unused name", 'import { ‹B› } from "./b.cell"', { "b.cell": b }, "unused-import"],
    [
      "a cell as a function",
      `import { B } from "./b.cell" cell A(H) { input x: [H] output y = ‹B›(x) }`,
      { "b.cell": b },
      "not-a-function",
    ],
    [
      "a function as a cell",
      `import { f } from "./b.cell" cell A(H) { input x: [H] use a = ‹f›(H) output y = a(x) }`,
      { "b.cell": b },
      "unknown-cell",
    ],
  ])("reports %s", (_what, text, files, code) => {
    const clashing = code === "duplicate-name" ? ` ${use("B")}` : "";
    expectReport(text + clashing, code, files as Record<string, string>);
  });

  it("reports circles where they close", () => {
    const files = { "b.cell": 'import { C } from "./c.cell"', "c.cell": 'import { B } from "./b.cell"' };
    const { diagnostics } = check('import { B } from "./b.cell"', files);
    const circle = diagnostics.find(({ code }) => code === "circular-import");
    expect(circle?.span.file).toBe("c.cell");
    expect(circle?.message).toContain("b.cell -> c.cell -> b.cell");
  });

  it("follows relative paths from the file that writes them", () => {
    const files = {
      "lib/b.cell": 'import { D } from "../shared/d.cell"\n' + use("D").replace("cell A", "cell B"),
      "shared/d.cell": b.replace("cell B", "cell D"),
    };
    expectFine(`import { B } from "./lib/b.cell" ${use("B")}`, files);
    expect(resolvePath("a/b/c.cell", "../d.cell")).toBe("a/d.cell");
    expect(resolvePath("c.cell", "./d.cell")).toBe("d.cell");
    expect(resolvePath("a\\b\\c.cell", "./d.cell")).toBe("a/b/d.cell");
    expect(resolvePath("/x/c.cell", "../../d.cell")).toBe("/d.cell");
    expect(resolvePath("c.cell", "../d.cell")).toBe("../d.cell");
    expect(resolvePath("x/c.cell", "/d.cell")).toBe("/d.cell");
  });

  it("imports by another name, functions, and what standard files import", () => {
    expectFine(`import { B as Other, f as g } from "./b.cell" ${use("Other").replace("b(x)", "g(b(x))")}`, {
      "b.cell": b,
    });
    expectFine(
      'import { StackedLSTM } from "std/stacked.cell" cell A(H) { input x: [H] use s = StackedLSTM(H, H) output y = s(x) }',
    );
  });

  it("shows errors of imported files, and no warnings", () => {
    const { diagnostics } = check(`import { B } from "./b.cell" ${use("B")}`, {
      "b.cell": "cell B(H) { input x: [H] param w: [H] output y = x } cell C(H) { input x: [H] output y = z }",
    });
    expect(diagnostics).toEqual([]);
    const broken = check(`import { B } from "./b.cell" ${use("B")}`, {
      "b.cell": "cell B(H) { input x: [H] output y = x + z }",
    });
    expect(broken.diagnostics.map(({ code, span }) => `${code} ${span.file}`)).toEqual(["unknown-name b.cell"]);
  });

  it("does not judge the meaning while a file does not parse", () => {
    const { diagnostics, program } = check(`import { B } from "./b.cell" ${use("Q")}`, {
      "b.cell": "cell B(H) { input x: [H",
    });
    expect(diagnostics.every(({ span }) => span.file === "b.cell")).toBe(true);
    expect(program.cells.size).toBe(0);
  });
});
