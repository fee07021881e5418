/** What a module must not have is found before anything of it runs, and nothing else is. */
import { describe, expect, test } from "vitest";
import { compile } from "../../../../../compiler/driver/compile.js";
import { readText } from "../../../../../compiler/tools/verify/text/read-text.js";
import { embedParams } from "../../../../../runtime/module/embed-params.js";
import { toCommonJs } from "../../../../../runtime/module/common-js.js";

const source = `
/// Taken from 'Learning to forget', and import('it'), too.
cell Read(N, S) {
  input x: [N]
  input k: index(4)
  context memory: [S, N]
  state h: [N]
  param E: [4, N] ~ normal(1)
  param W: [N, N] ~ orthogonal
  h' = tanh(W @ h + x + E[k]) + softmax(memory @ h) @ memory
  output y = h'
}`;
const build = (options: object): string => compile(source, { dimensions: { N: 3, S: 2 }, ...options }).files[0]!.text;

describe("modules of every kind are read", () => {
  test.each([
    ["js", { target: "js", dtype: "f64", jvp: true, hvp: true }],
    ["wasm", { jvp: true, hvp: true }],
    ["auto", { target: "auto" }],
    ["fma", { fma: true }],
    ["a file", { wasmFile: true, fma: true }],
  ])("%s", (name, options) => {
    const text = build(options);
    for (const form of [text, toCommonJs(text)]) {
      const { exports, usesWebAssembly, script } = readText(form);
      expect([...exports].sort()).toEqual(
        [
          "instantiate",
          "instantiateAsync",
          "manifest",
          ...(text.includes("export const variant") ? ["variant"] : []),
        ].sort(),
      );
      expect(usesWebAssembly).toBe(name !== "js");
      expect(script).toContain("Learning to forget");
    }
  });

  test("with parameters inside", () => {
    const text = build({});
    const params = { E: new Float32Array(12), W: new Float32Array(9) };
    expect(readText(embedParams(text, params)).exports).toContain("instantiate");
  });
});

test.each([
  "/* import 'x'; process.exit(); import.meta */ // from 'x'\nconst text = \"import('x'), require, globalThis\";",
  "const take = (process) => process; const { require = 1, fetch: [eval0, ...self] } = {}; take(require, eval0, self);",
  "try { throw 1; } catch (console) { console; } { let fetch = 1; fetch++; } function late() { return hoisted; var hoisted; }",
  "class K { #p = 1; static process = 2; get fetch() { return this.#p; } [Symbol.iterator]() {} } (class Inner { m() { return Inner; } });",
  "name: for (const self of []) { continue name; } const o = { process: 1, require() {} }; o.process; o.require();",
  "(function again(n) { return n ? again(n - 1) : arguments.length; })(3); for (let i = 0, self = i; i < 1; i++) self;",
  "export { own as 'a name', own as process }; const own = /import/u; async function wait() { await 0; for await (const x of []) x; }",
])("%j is nothing of the host", (text) => {
  expect(() => readText(text)).not.toThrow();
});

const before = "const a = 1;\n";
test.each([
  ["import 'x';", /imports "x"/u],
  ["import * as fs from 'node:fs';", /imports "node:fs"/u],
  ["import /* it */ fs, { x } from\n'node:fs';", /imports "node:fs"/u],
  ["export * from 'x';", /exports from "x"/u],
  ["export { y } from 'x';", /exports from "x"/u],
  ["export default 1;", /default export/u],
  ["export const { x } = {};", /by a pattern/u],
  ["const f = () => import('x');", /import\(\)/u],
  ["const f = () => `${import('x')}`;", /import\(\)/u],
  ["import.meta;", /import\.meta/u],
  ["await 0;", /waits at its top level/u],
  ["for await (const x of []) x;", /waits at its top level/u],
  ["const x = { [await 0]: 1 };", /waits at its top level/u],
  ["require('x');", /uses "require"/u],
  ["module.exports = require('x');", /uses "module"/u],
  ["typeof process;", /uses "process"/u],
  ["undeclared = 1;", /uses "undeclared"/u],
  ["eval('1');", /uses "eval"/u],
  ["new Function('1');", /uses "Function"/u],
  ["globalThis.x;", /uses "globalThis"/u],
  ["fetch;", /uses "fetch"/u],
  ["const { x = process } = {};", /uses "process"/u],
  ["const x = { process };", /uses "process"/u],
  ["[process] = [];", /uses "process"/u],
  ["const x = { [process]: 1 };", /uses "process"/u],
  ["(x = process) => x;", /uses "process"/u],
  ["((process) => process)(1); process.exit(0);", /uses "process"/u],
  ["{ let process; class K {} } K;", /uses "K"/u],
  ["if (a) { function process() {} } process;", /uses "process"/u],
  ["const f = function process() {}; process;", /uses "process"/u],
  ["class K { static { var process; } } process;", /uses "process"/u],
  ["try { throw 1; } catch (process) { process; } process;", /uses "process"/u],
  ["`${process}`;", /uses "process"/u],
  ["pr\\u006fcess.exit(0);", /uses "process"/u],
  // A script takes the rest of the line for a comment, which hides where the other one begins.
  ["a<!--a; /*\nprocess.exit(0);\n*/", /not be loaded|uses/u],
  ["})(); }); process.exit(0); (function () { return (function () {", /not be loaded: SyntaxError/u],
  ["with ({}) {}", /not be loaded: SyntaxError/u],
  ["return;", /not be loaded: SyntaxError/u],
  [`${"(".repeat(200_000)}1${")".repeat(200_000)};`, /not be loaded/u],
])("%.60s is refused", (text, message) => {
  expect(() => readText(before + text)).toThrow(message);
});

test("names are shown so that a terminal does nothing", () => {
  expect(() => readText("import '\u009b2J\\u001b[2J';")).toThrow(/imports "�2J\\u001b\[2J"/u);
});
