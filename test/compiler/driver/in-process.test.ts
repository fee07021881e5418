/** Types of cells compiled in process: what the options tell is known, what is wrong is refused. */
import { expect, test } from "vitest";
import { compile, type CompileOptions, declarations } from "../../../compiler/index.js";
import { typeCheck } from "../../support/type-check.js";

/** Lines that end in `// wrong` must be errors, the others must not. */
const program = `
import { cell, type CellOptions } from "../../../compiler/index.js";
import type * as GRU from "./gru.js";
import type * as Exact from "./exact.js";
const dimensions = { I: 1, H: 2 };
const x = new Float32Array(1);
const plain = (await cell("", { dimensions })).instantiate();
const one: Float32Array | undefined = plain.forward({ x, batch: 1, steps: 1, lengths: [1], sizes: { S: 1 } })["y"];
plain.forward({ x, batch: 1, steps: 1, lengths: new Uint8Array([1]), sizes: { S: new BigInt64Array([1n]) } });
const two: Float32Array | undefined = plain.backward({ y: x, final: { h: x } }).params["W"];
plain.step({ q: 1 }); // wrong
plain.step({ q: [1], batch: [1] }); // wrong
plain.backward({ y: 1 }); // wrong
plain.jvp({ x }, {}); // wrong
plain.hvp({ x }, {}, {}); // wrong
const double = (await cell("", { dtype: "f64", gradient: false, jvp: true })).instantiate();
const three: Float64Array | undefined = double.jvp({ x }, { params: { W: x } }).final["h"];
const four: Float32Array | undefined = double.step({ x })["y"]; // wrong
const block: Float64Array | undefined = double.steps({ x, steps: 2, t: new BigInt64Array(2) })["y"];
const other: Float32Array | undefined = double.steps({ x })["y"]; // wrong
double.backward({}); // wrong
const second = (await cell("", { gradient: false, hvp: true })).instantiate();
second.backward({}).initial["h"];
second.hvp({ x }, {}, {}).params["W"];
const some = (await cell("", {} as CellOptions)).instantiate();
some.backward({}); // wrong
some.backward?.({});
await cell("", { dimension: dimensions }); // wrong
await cell("", { dtype: "f16" }); // wrong
await cell("", { readFile: (path) => path.trim() });
const named = (await cell<typeof GRU>("", { dimensions })).instantiate();
const five: Float32Array = named.step({ x }).y;
named.step({ q: [1] }); // wrong
named.params.W_q; // wrong
await cell<typeof GRU>("");
await cell<typeof GRU>("", { dtype: "f32", gradient: true });
await cell<typeof GRU>("", { dimensions, dtype: "f64" }); // wrong
await cell<typeof GRU>("", { dimensions, gradient: false }); // wrong
const exact = (await cell<typeof Exact>("", { dimensions, dtype: "f64", gradient: false })).instantiate();
const six: Float64Array = exact.step({ x }).y;
exact.backward({}); // wrong
await cell<typeof Exact>("", { dimensions, gradient: false }); // wrong
await cell<typeof Exact>("", { dimensions, dtype: "f64" }); // wrong
await cell<typeof Exact>(""); // wrong
export { six, one, two, three, four, five };
`;

test("types follow the options, and names the declarations", async () => {
  const declared = async (options: CompileOptions): Promise<string> => {
    const gru = compile('import { GRU } from "std/gru"\n', { cell: "GRU", dimensions: { I: 1, H: 2 }, ...options });
    if (gru.manifest === undefined) throw new Error("does not compile");
    return (await declarations(gru)).text;
  };
  const errors = typeCheck({
    "gru.d.ts": await declared({}),
    "exact.d.ts": await declared({ dtype: "f64", gradient: false }),
    "program.ts": program,
  });
  const wrong = program.split("\n").flatMap((line, i) => (line.endsWith("// wrong") ? [`program.ts:${i + 1}`] : []));
  const found = errors.filter((error) => error.startsWith("program.ts")).map((error) => error.split(" ")[0]);
  expect([...new Set(found)], errors.join("\n")).toEqual(wrong);
});
