import { createRequire } from "node:module";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { compile } from "../../../compiler/index.js";
import { embedParams } from "../../../runtime/module/embed-params.js";
import { asModule, loadModule } from "../../../runtime/module/load-js.js";
import { isCommonJs, toCommonJs, toEsModule } from "../../../runtime/module/common-js.js";

const folder = mkdtempSync(join(tmpdir(), "recell-common-js-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Names and words that CommonJS or the conversion could trip over. */
const source = `
/// A cell whose words are
/// export const manifest = 1
/// module.exports = { instantiate };
cell Strange(module) {
  input exports: [module]
  state require: [module]
  param __filename: [module] ~ ones
  require' = require + exports * __filename
  output module_exports = require'
}
`;
const kinds = [{ target: "js" }, { target: "wasm" }, { target: "wasm", fma: true }] as const;

test.each(kinds)("a CommonJS module runs by require and import: %o", async (kind) => {
  const options = { dimensions: { module: 2 }, ...kind };
  const [file] = compile(source, { ...options, format: "cjs" }).files;
  expect(file?.path).toBe("strange.cjs");
  const text = file?.text ?? "";
  const path = join(folder, `${Object.values(kind).join("-")}.cjs`);
  writeFileSync(path, text);
  const required = createRequire(import.meta.url)(path) as Record<string, unknown>;
  const imported = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Record<string, unknown>;
  const names = ["instantiate", "instantiateAsync", "manifest", ...("fma" in kind ? ["variant"] : [])];
  expect(Object.keys(required).sort()).toEqual([...names].sort());
  for (const module of [asModule(required), asModule(imported), await loadModule(text)]) {
    const cell = module.instantiate();
    cell.init(1);
    expect([...cell.step({ exports: [1, 2] })["module_exports"]!]).toEqual([1, 2]);
  }
  // The other form of the same text, back and forth.
  const esModule = compile(source, options).files[0]?.text ?? "";
  expect(isCommonJs(esModule)).toBe(false);
  expect(toEsModule(esModule)).toBe(esModule);
  expect(toCommonJs(esModule)).toBe(text);
  expect(toCommonJs(toEsModule(text)).split("\n").sort()).toEqual(text.split("\n").sort());
});

test("is as strict as an ES module", () => {
  const { text } = compile(source, { dimensions: { module: 2 }, format: "cjs" }).files[0]!;
  expect(text.startsWith('"use strict";\n')).toBe(true);
});

test("takes trained parameters in it", () => {
  const { text } = compile(source, { dimensions: { module: 2 }, format: "cjs" }).files[0]!;
  const path = join(folder, "trained.cjs");
  writeFileSync(path, embedParams(text, { __filename: new Float32Array([3, 4]) }));
  const trained = createRequire(import.meta.url)(path) as {
    instantiate(): { step(values: object): Record<string, Float32Array> };
  };
  expect([...trained.instantiate().step({ exports: [1, 2] })["module_exports"]!]).toEqual([3, 8]);
});
