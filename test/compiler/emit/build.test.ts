/** The files of one compilation say which build they are of. */
import { expect, test } from "vitest";
import { cell, compile, type CompileOptions, type CompileSuccess, declarations } from "../../../compiler/index.js";
import { digestOf } from "../../../compiler/emit/digest.js";
import { saveParams } from "../../../runtime/index.js";

const source = (documentation = "A cell.") => `/// ${documentation}
cell Leaky(N) {\n  input x: [N]\n  state h: [N]\n  param w: [N]\n  h' = h * w + x\n  output y = h'\n}\n`;
const build = (options: CompileOptions = {}, text = source()): CompileSuccess =>
  compile(text, { dimensions: { N: 2 }, ...options }) as CompileSuccess;

test.each<CompileOptions>([
  { target: "js" },
  { target: "wasm" },
  { target: "auto" },
  { wasmFile: true, fma: true },
  { format: "cjs" },
])("module, types and kernels, %o", async (options) => {
  const result = build(options);
  expect(result.build).toMatch(/^[\da-f]{16}$/u);
  const line = `// Build ${result.build}.\n`;
  expect(result.files[0].text.replace(/^"use strict";\n\n/u, "").startsWith(line)).toBe(true);
  expect((await declarations(result)).text.startsWith(line)).toBe(true);
  const names = result.wasmFiles.map(({ bytes }) => /[\da-f]{16} wasm(-fma)?$/u.exec(Buffer.from(bytes).toString("latin1"))?.[0]); // prettier-ignore
  expect(names).toEqual(options.wasmFile === true ? [`${result.build} wasm`, `${result.build} wasm-fma`] : []);
});

test("another build for another text, size or option, and the same for the same", () => {
  const builds = [
    build(),
    build({ dimensions: { N: 3 } }),
    build({ dtype: "f64" }),
    build({ gradient: false }),
    build({ target: "js" }),
    build({ wasmFile: true }),
    build({}, source("Another text.")),
  ];
  expect(new Set(builds.map((each) => each.build)).size).toBe(builds.length);
  expect(build().build).toBe(builds[0]!.build);
});

test("trained parameters make no other build: types and kernels stay those of the module", async () => {
  const module = await cell(source(), { dimensions: { N: 2 } });
  const params = saveParams(module, module.instantiate());
  const [plain, trained] = [build({ wasmFile: true }), build({ wasmFile: true, params })];
  expect(trained.build).toBe(plain.build);
  expect(trained.wasmFiles).toEqual(plain.wasmFiles);
  expect(trained.files[0].text).not.toBe(plain.files[0].text);
});

test("a digest sees every change of one unit, wherever it is", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 37) & 255);
  const seen = new Set([digestOf(bytes)]);
  for (const at of bytes.keys()) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << bit;
      seen.add(digestOf(changed));
    }
  }
  expect(seen.size).toBe(1 + 300 * 8);
  expect(digestOf("abc")).toBe(digestOf(new TextEncoder().encode("abc")));
  expect(digestOf("")).not.toBe(digestOf("\0"));
});
