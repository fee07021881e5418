import { expect, test } from "vitest";
import { cell, compile, format } from "../../compiler/index.js";
import { dataFromCsv } from "../../compiler/index.js";
import { readSafetensors } from "../../runtime/index.js";

const imports = `import { LSTM } from "std/lstm"\nimport { GRU as G } from "std/gru"`;
const dimensions = { I: 1, H: 1 };

test.each([
  [{ dimensions }, "the source has no cells; it imports LSTM, G: name one with `cell`"],
  [{ dimensions, cell: "GRU" }, 'there is no cell "GRU": the source has no cells; it imports LSTM, G'],
])("cells that are imported are named where one is missing: %j", (options, message) => {
  expect(() => compile(imports, options)).toThrow(message);
});

test.each(["gru.cell", "./cells/my gru.cell".replace(" ", "-"), "C:\\cells\\gru.cell", "std/gru"])(
  "%s for a text is called a path",
  async (path) => {
    await expect(cell(path, { dimensions })).rejects.toThrow("looks like a path, not like the text of a cell");
    expect(format(path).diagnostics.map(({ code }) => code)).toEqual(["outside-cell"]);
  },
);

test("warnings are part of what cell() gives", async () => {
  const loud = await cell("cell A(H) { input x: [H] output y = x * 1e39 }", { dimensions: { H: 1 } });
  expect(loud.diagnostics.map(({ severity }) => severity)).toEqual(["warning"]);
  const quiet = await cell("cell A(H) { input x: [H] output y = x * 2 }", { dimensions: { H: 1 } });
  expect(quiet.diagnostics).toEqual([]);
});

test.each([
  ["x[0];x[1]\n1;2\n", "names and values are separated by commas, line 1 has semicolons"],
  ["x[0]\tx[1]\n1\t2\n", "names and values are separated by commas, line 1 has tabs"],
])("other separators than commas are named: %j", (text, message) => {
  expect(() => dataFromCsv(text, new Map([["x", [2]]]))).toThrow(message);
});

test.each(["x[0],x[1]\n1,2\n", "step;value\n1;2\n", "x\r\n0.5\r\n"])("text is not a file of tensors: %j", (text) => {
  expect(() => readSafetensors(new TextEncoder().encode(text.padEnd(20, "1\n")))).toThrow("but text, such as CSV");
});
