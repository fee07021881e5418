/** Emitted modules need nothing but the language: no imports, no code from strings, no host. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../compiler/index.js";

const source = `
import { LSTM } from "std/lstm"
/// Two layers; the documentation tries to leave its comment: */ globalThis.leaked = 1 /*
cell Stack(I, H, V) {
  input x: [I]
  input k: index(V)
  context m: [S, H]
  state a: [H] = start
  param start: [H] ~ normal(1)
  param table: [V, I] ~ orthogonal
  use lower = LSTM(I, H)
  u = lower(x + table[k])
  a' = tanh(a + u + sum(softmax(m @ u) @ m))
  output y = a'
}
`;

function textOf(options: Parameters<typeof compile>[1] = {}): string {
  const result = compile(source, { dimensions: { I: 3, H: 4, V: 5 }, jvp: true, hvp: true, ...options });
  expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return result.files[0]?.text ?? "";
}

/** A program that uses every function of the module; its last value is a text. */
const use = `
  const cell = instantiate({ batch: 2, steps: 3, sizes: { S: 2 } });
  cell.init(1);
  const values = { x: new Float32Array(18), k: new Array(6).fill(1), m: new Float32Array(16).fill(0.5) };
  const y = cell.forward(values).y.slice();
  const gradient = cell.backward({ y });
  cell.jvp(values, { params: { table: new Float32Array(15).fill(1) } });
  cell.hvp(values, { params: { table: new Float32Array(15).fill(1) } }, { y });
  cell.step({ x: new Float32Array(6), k: [0, 1], m: values.m });
  cell.restore(cell.snapshot());
  [...y].every(Number.isFinite) && gradient.params.start.length === 4 ? "it runs" : "wrong";
`;

describe("the text", () => {
  test.each(["wasm", "js"] as const)("imports nothing and makes no code from strings (%s)", (target) => {
    const file = ts.createSourceFile("cell.js", textOf({ target }), ts.ScriptTarget.ES2022, true);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node) || node.kind === ts.SyntaxKind.ImportKeyword) found.push(node.getText());
      if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) found.push(node.getText());
      const awaits = ts.isAwaitExpression(node) && ts.findAncestor(node, ts.isFunctionLike) === undefined;
      if (awaits || ts.isMetaProperty(node)) found.push(node.getText());
      if (ts.isIdentifier(node) && /^(eval|Function|require|process|globalThis|window|fetch)$/u.test(node.text)) {
        found.push(node.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    expect(found).toEqual([]);
  });

  test("is the same for the same source", () => {
    expect(textOf()).toBe(textOf());
    const reordered = compile(source, { dimensions: { V: 5, H: 4, I: 3 }, jvp: true, hvp: true });
    expect(reordered.files[0]?.text).toBe(textOf());
  });

  test("leaves nothing of the documentation outside comments and strings", () => {
    const file = ts.createSourceFile("cell.js", textOf(), ts.ScriptTarget.ES2022, true);
    const names = new Set<string>();
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) names.add(node.text);
      ts.forEachChild(node, visit);
    };
    visit(file);
    expect([...names]).not.toContain("leaked");
  });
});

test.each(["wasm", "js"] as const)("runs where there is nothing but the language (%s)", (target) => {
  const wasm = target === "wasm";
  const context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm } });
  // `vm.Module` is not stable: as a script, the exports are plain declarations.
  const script = textOf({ target }).replaceAll(/^export /gmu, "");
  expect(vm.runInContext(`"use strict";\n${script}\n${use}`, context)).toBe("it runs");
});

describe("in a process of its own", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "recell-standalone-"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "cell.js"), textOf());
    const program = use.replace(/\[\.\.\.y\]([^]*);\s*$/u, "console.log([...y]$1);");
    writeFileSync(join(folder, "main.js"), `import { instantiate } from "./cell.js";\n${program}`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("runs without code generation from strings", () => {
    const output = execFileSync(process.execPath, ["--disallow-code-generation-from-strings", "main.js"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(output.trim()).toBe("it runs");
  });
});
