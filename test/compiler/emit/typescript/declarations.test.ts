import { describe, expect, test } from "vitest";
import { printDeclarations } from "../../../../compiler/emit/typescript/declarations.js";
import type { Manifest } from "../../../../runtime/module/manifest.js";
import { leakyManifest } from "../../../support/leaky-module.js";
import { typeCheck } from "../../../support/type-check.js";

const everything: Manifest = { ...leakyManifest, has: { step: true, gradient: true, jvp: true, hvp: true } };

/** Checks a program that uses the module. Lines that end in `// wrong` must be errors, the others must not. */
function expectTypes(program: string, manifest: Manifest = everything): void {
  const errors = typeCheck({ "cell.d.ts": printDeclarations(manifest), "program.ts": program });
  const wrong = program.split("\n").flatMap((line, i) => (line.endsWith("// wrong") ? [`program.ts:${i + 1}`] : []));
  const places = errors.map((error) => error.split(" ")[0]);
  expect(places, errors.join("\n")).toEqual(wrong);
}

test("the text", () => {
  expect(printDeclarations({ ...leakyManifest, documentation: "A leaky one.\nIt leaks." })).toMatchSnapshot();
});

describe("a program against it", () => {
  test("calls", () => {
    expectTypes(`
import { instantiate, instantiateAsync, manifest } from "./cell.js";
const cell = instantiate({ batch: 2, steps: 3, sizes: { S: 4 } });
instantiate(); // wrong
instantiate({ batch: 2 }); // wrong
const later: Promise<typeof cell> = instantiateAsync({ sizes: { S: 1 } });
cell.init(1);
cell.init("1"); // wrong
const decay: Float64Array = cell.params.decay;
cell.params.missing; // wrong
cell.params.decay = decay; // wrong
const x = new Float32Array(1), k = new Int32Array(1), m = [1, 2];
const out = cell.forward({ x, k, m, h: [1], lengths: [1], batch: 1, steps: 1, sizes: { S: [1] } });
const y: Float64Array = out.y, h: Float64Array = out.final.h;
cell.forward({ x, k }); // wrong
cell.forward({ x: "x", k, m }); // wrong
cell.forward({ x, k: ["1"], m }); // wrong
cell.forward({ x, k, m, hh: [] }); // wrong
cell.forward({ x, k, m, sizes: { Q: 1 } }); // wrong
const grad = cell.backward({ y, final: { h } });
const gradients: Float64Array[] = [grad.x, grad.m, grad.initial.h, grad.initial.c, grad.params.table];
grad.k; // wrong
cell.backward({ final: { y } }); // wrong
cell.step({ x, k, m }).y;
cell.reset();
cell.reset({ h, batch: 1, m, sizes: { S: { padded: 3, each: [1, 2] } } });
const snapshot = cell.snapshot();
cell.restore(snapshot);
cell.restore({ ...snapshot, cell: "Other" }); // wrong
const tangent = cell.jvp({ x, k, m }, { x, params: { decay: [1] } });
tangent.final.c;
cell.jvp({ x, k, m }, { k }); // wrong
cell.hvp({ x, k, m }, { h }, { y }, { final: { c: h } }).params.start;
const bound: 3 = manifest.inputs[1].bound;
const gradient: true = manifest.has.gradient;
export { later, gradients, bound, gradient };
`);
  });

  test("what was not compiled in is not there", () => {
    expectTypes(
      `
import { instantiate } from "./cell.js";
const cell = instantiate({ sizes: { S: 1 } });
cell.backward({}); // wrong
cell.jvp({}, {}); // wrong
`,
      { ...leakyManifest, has: { step: true, gradient: false, jvp: false, hvp: false } },
    );
  });

  test("a cell without run-time dimensions needs no options", () => {
    const plain: Manifest = { ...everything, axes: everything.axes.slice(0, 2), contexts: [] };
    expectTypes(`import { instantiate } from "./cell.js";\ninstantiate().step({ x: [1], k: [0] });\n`, plain);
  });
});

test("names and texts that are no identifiers and no comments", () => {
  const odd = ["__proto__", "constructor", "default", "lower.W_i", "σ", 'a"b', "a*/b", "new\nline"];
  const manifest: Manifest = {
    ...everything,
    documentation: "*/ declare const leaked: 1; /* </script>",
    params: odd.map((name) => ({
      name,
      documentation: "*/ leaked",
      axes: [],
      shape: [1],
      initializer: { kind: "zeros" },
    })),
  };
  expectTypes(
    `
import { instantiate } from "./cell.js";
const { params } = instantiate({ sizes: { S: 1 } });
params["lower.W_i"].fill(0);
params.σ.fill(0);
params.default.fill(0);
`,
    manifest,
  );
  expect(printDeclarations(manifest)).not.toMatch(/^declare const leaked/mu);
});

test("the general functions of the runtime take a typed module", () => {
  const program = `
import { asModule } from "../../../runtime/index.js";
import * as cell from "./cell.js";
const count: number = asModule(cell).manifest.params.length;
asModule(1);
`;
  const errors = typeCheck({ "cell.d.ts": printDeclarations(everything), "program.ts": program });
  expect(errors.map((error) => error.split(" ")[0])).toEqual(["program.ts:5"]);
});

test("parts that are called by themselves have types of their own", () => {
  const [x] = leakyManifest.inputs;
  const tensor = { documentation: "", axes: ["B"], shape: [] };
  const streamed = { ...leakyManifest.axes.find(({ name }) => name === "S")!, kind: "sequence" } as const;
  const part = { documentation: "The words.", axes: ["B", "S"], given: ["memory"], contexts: [], states: [] };
  const manifest: Manifest = {
    ...leakyManifest,
    axes: leakyManifest.axes.map((axis) => (axis.name === "S" ? streamed : axis)),
    entries: [
      {
        ...part,
        name: "encode",
        inputs: [{ ...x!, axes: ["B"], shape: ["S"] }],
        given: [],
        outputs: [{ ...tensor, name: "memory" }],
      },
      {
        ...part,
        name: "next",
        inputs: [{ ...tensor, name: "previous", axes: ["B", "S"], dtype: "index", bound: 3 }],
        contexts: [{ ...tensor, name: "memory" }],
        states: [{ ...tensor, name: "h", initial: "zeros" }],
        outputs: [{ ...tensor, name: "d.h'", axes: ["B", "S"] }],
        stream: "S",
      },
    ],
  };
  expectTypes(
    `
import { instantiate, type next$Snapshot } from "./cell.js";
const { entries } = instantiate({ sizes: { S: 3 } });
const { memory } = entries.encode.forward({ x: [1, 2], sizes: { S: [2] }, batch: 1 });
entries.encode.forward({}); // wrong
entries.encode.step({}); // wrong
entries.next.reset({ memory, h: [0] });
const { "d.h'": ends } = entries.next.step({ previous: [1] });
entries.next.step({ memory }); // wrong
entries.next.forward({ previous: [1], memory }).final.h;
entries.next.select([0]);
const snapshot: next$Snapshot = entries.next.snapshot();
entries.next.restore(snapshot);
entries.other; // wrong
export { ends };
`,
    manifest,
  );
});
