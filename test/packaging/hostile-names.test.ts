/** Names that mean something in JavaScript are names like any other in cells and modules. */
import { expect, test } from "vitest";
import { compile } from "../../compiler/index.js";
import { loadModule } from "../../runtime/module/load-js.js";

const hostile = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "class",
  "default",
  "await",
  "eval",
  "arguments",
  "Math",
  "B",
  "T",
  "capacity",
  "buffers",
  "instantiate",
  "manifest",
];

test.each(hostile)("a tensor called %s", async (name) => {
  const other = name === "B" ? "q" : "p";
  const source = `
cell Cell(N) {
  input x: [N]
  state ${name}: [N]
  param ${other}: [N] ~ ones
  ${name}' = ${name} + x * ${other}
  output y = ${name}'
}
`;
  const result = compile(source, { dimensions: { N: 2 }, dtype: "f64", jvp: true });
  if (result.manifest === undefined) {
    // The language may refuse a word, but only with a message about that word.
    expect(result.diagnostics.map(({ message }) => message).join("\n")).toContain(name);
    return;
  }
  const cell = (await loadModule(result.files[0].text)).instantiate({ batch: 1, steps: 2 });
  cell.init(1);
  const out = cell.forward({ x: [1, 2, 3, 4], [name]: [10, 20] });
  expect([...(out["y"] ?? [])]).toEqual([11, 22, 14, 26]);
  expect([...(out.final[name] ?? [])]).toEqual([14, 26]);
  const gradient = cell.backward?.({ final: { [name]: [1, 1] } });
  expect([...(gradient?.initial[name] ?? [])]).toEqual([1, 1]);
  expect([...(gradient?.params[other] ?? [])]).toEqual([4, 6]);
});

test.each(hostile)("a dimension and a parameter called %s", async (name) => {
  const source = `
cell Cell(${name}) {
  input x: [${name}]
  state s: [${name}]
  s' = s + x
  output y = s'
}
`;
  const result = compile(source, { dimensions: Object.fromEntries([[name, 2]]), dtype: "f64" });
  if (result.manifest === undefined) {
    expect(result.diagnostics.map(({ message }) => message).join("\n")).toContain(name);
    return;
  }
  expect(Object.entries(result.manifest.dimensions)).toEqual([[name, 2]]);
  const module = await loadModule(result.files[0].text);
  expect(Object.entries(module.manifest.dimensions)).toEqual([[name, 2]]);
  const out = module.instantiate({ batch: 1, steps: 1 }).forward({ x: [1, 2] });
  expect([...(out["y"] ?? [])]).toEqual([1, 2]);
});

test.each(["final", "params", "lengths", "sizes", "batch", "steps", "initial"])(
  "%s is a part of the interface and is refused",
  (name) => {
    for (const declaration of [`input ${name}: [N]`, `state ${name}: [N]`, `context ${name}: [N]`]) {
      const source = `cell Cell(N) {\n  ${declaration}\n  output y = ${name} + 0\n}\n`;
      const { manifest, diagnostics } = compile(source, { dimensions: { N: 2 } });
      expect(manifest).toBeUndefined();
      expect(diagnostics.map(({ message }) => message).join("\n")).toContain(name);
    }
    const output = compile(`cell Cell(N) {\n  input x: [N]\n  output ${name} = x\n}\n`, { dimensions: { N: 2 } });
    expect(output.manifest).toBeUndefined();
  },
);
