import type { CompiledModule } from "../../../../runtime/module/compiled-module.js";
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { loadModule, type FloatArray } from "../../../../runtime/index.js";
import { diagnose, type DiagnoseOptions } from "../../../../compiler/tools/diagnose/diagnose.js";
import { diagnosisPage, drawDiagnosis } from "../../../../compiler/tools/diagnose/draw-diagnosis.js";
import { printDiagnosis } from "../../../../compiler/tools/diagnose/print-diagnosis.js";
import { probeCell } from "../../../../compiler/tools/diagnose/probe-cell.js";
import { emitModule, lowerSource } from "../../../../compiler/driver/pipeline.js";
import { fromNumbers, writeSafetensors } from "../../../../runtime/index.js";
import { standardCell } from "../../../support/models.js";
import { cotangentsOf, valuesOf } from "../../../../compiler/tools/calls/call.js";
import { randomCall, randomParams } from "../../../support/random-call.js";
import { sizesFor, differentCells, standardCells } from "../../../support/standard-cells.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";
import { namedAxes } from "../../../../runtime/module/axes.js";

const leaky =
  "cell Leaky(N) {\n  input x: [N]\n  input k: index(3)\n  state h: [N]\n  param w: [3, N] ~ ones\n  h' = h * w[k] + x\n  output y = h'\n}";

describe("probes", () => {
  it.each(["gru", "lstm", "bahdanau"])("of %s change nothing, and cotangents of readers add up", async (file) => {
    const source = standardCell(file);
    const name = standardCells().find((entry) => entry.source === source)!.cell;
    const dimensions = sizesFor(standardCells().find((entry) => entry.source === source)!.dimensions, 1);
    const lowered = lowerSource(source, { cell: name, dimensions }, "all sizes").cell!;
    const probed = probeCell(lowered);
    const options = {
      target: "js",
      fma: false,
      wasmFile: false,
      dtype: "f64",
      gradient: true,
      jvp: false,
      hvp: false,
    } as const;
    const watched = await loadModule(emitModule(programOfCell(probed.cell), options).text);
    const plain: CompiledModule = await cell(source, { cell: name, dimensions, dtype: "f64" });
    const sizes = Object.fromEntries(namedAxes(plain.manifest).map((dimension) => [dimension, 3]));
    const call = randomCall(plain.manifest, 3, { batch: 2, steps: 4, sizes });
    const zeros = Object.fromEntries(
      watched.manifest.inputs
        .filter(({ name: input }) => input.startsWith("probe."))
        .map(({ name: input, shape }) => [
          input,
          new Float64Array(8 * shape.reduce<number>((n, s) => n * (typeof s === "number" ? s : sizes[s]!), 1)),
        ]),
    );
    const [one, two] = [plain, watched].map((module) => {
      const instance = module.instantiate({ batch: 2, steps: 4, sizes });
      randomParams(instance, 5);
      return instance;
    });
    const expected = one!.forward(valuesOf(plain.manifest, call));
    const result = two!.forward({ ...valuesOf(plain.manifest, call), ...zeros });
    for (const { name: output } of plain.manifest.outputs) {
      expected[output]!.forEach((value, i) => expect(result[output]![i]).toBeCloseTo(value, 12));
    }
    const gradient = two!.backward!(cotangentsOf(call));
    const { nodes, edges } = probed.graph;
    // What an equation passes on is the sum over its readers, unless an output or the next step reads it too.
    let compared = 0;
    nodes.forEach(({ value, equation }, node) => {
      if (equation === undefined || lowered.step.outputs.includes(value)) return;
      const total = gradient[probed.nodeProbes[node]!] as FloatArray;
      const own = edges.flatMap(({ read }, edge) => (read === node ? [gradient[probed.edgeProbes[edge]!]!] : []));
      total.forEach((entry, i) => expect(own.reduce((sum, part) => sum + part[i]!, 0)).toBeCloseTo(entry, 12));
      compared += 1;
    });
    expect(compared).toBeGreaterThan(1);
  });
});

it("runs every cell of the library", async () => {
  const withoutState: string[] = [];
  for (const { source, cell: name, dimensions } of differentCells()) {
    const found = await diagnose(source, { cell: name, dimensions: sizesFor(dimensions, 1), steps: 12, batch: 2 });
    expect(found.verdict.words.length, name).toBeGreaterThan(0);
    if (found.gradient === undefined) withoutState.push(name);
    else expect(found.gradient.total.mean.length, name).toBe(12);
  }
  expect(withoutState).toEqual(["Linear"]);
});

it("gives the same diagnosis for the same seed, other numbers for another", async () => {
  const options = { cell: "GRU", dimensions: { I: 2, H: 3 }, steps: 20 };
  const one = await diagnose(standardCell("gru"), options);
  expect(await diagnose(standardCell("gru"), options)).toEqual(one);
  const other = await diagnose(standardCell("gru"), { ...options, seed: 1 });
  expect(other.lyapunov).not.toEqual(one.lyapunov);
});

it("estimates large states in a subspace, close to the whole matrix", async () => {
  const source = "cell Wide(N) {\n  state h: [N]\n  param A: [N, N] ~ glorot_normal\n  h' = A @ h\n  output y = h'\n}";
  const found = await diagnose(source, { dimensions: { N: 420 }, steps: 3, batch: 1, exponents: 1 });
  expect(found.jacobian!.exact).toBe(false);
  // The circular law: a radius near 1; the largest singular value near 2.
  for (const radius of found.jacobian!.radius) expect(Math.abs(radius - 1)).toBeLessThan(0.12);
  for (const norm of found.jacobian!.norm) expect(Math.abs(norm - 2)).toBeLessThan(0.1);
});

it("says where derivatives are not finite though the values are", async () => {
  const source = "cell Root {\n  input x: []\n  state h: []\n  h' = sqrt(h) * 0.5\n  output y = h' + x\n}";
  const found = await diagnose(source, { steps: 5 });
  expect(found.overflow).toBeUndefined();
  expect(found.verdict.words[0]).toBe("The gradient is no longer a finite number from 0 steps back on.");
  expect(found.lyapunov).toBeUndefined();
  expect(found.jacobian!.radius.every(Number.isNaN)).toBe(true);
  expect(printDiagnosis(found)).toMatch(/spectral radius not finite/u);
  expect(drawDiagnosis(found)).not.toMatch(/NaN|Infinity/u);
});

it("counts dead units", async () => {
  const source =
    "cell Dead(N) {\n  input x: [N]\n  state h: [N]\n  param b: [N] ~ constant(-100)\n  h' = relu(h + x + b)\n  output y = h'\n}";
  const found = await diagnose(source, { dimensions: { N: 4 }, steps: 20 });
  expect(found.saturation).toMatchObject([{ kind: "relu", low: 1, high: 0, slope: 0, stuckUnits: 4, units: 4 }]);
  expect(found.verdict.flow).toBe("zero");
  expect(found.verdict.words.join("\n")).toMatch(/The relu in h' \(line 5\) is at its limits for 100 % of its values/u);
});

describe("overflow", () => {
  it("names step, equation, line and example", async () => {
    const source =
      "cell Square(N) {\n  input x: [N]\n  state h: [N]\n  s = h * h * 10\n  h' = s + x\n  output y = h'\n}";
    const x = Float64Array.from({ length: 2 * 12 }, (_, i) => (i < 12 ? 0 : 1));
    const found = await diagnose(source, { data: new Map([["x", { shape: [2, 12, 1], values: x }]]) });
    expect(found.overflow).toMatchObject({
      step: 9,
      equation: "s",
      example: 1,
      value: Infinity,
      place: { line: 4, text: "s = h * h * 10" },
    });
    expect(found.steps).toBe(9);
    expect(found.gradient!.total.mean.length).toBe(9);
    expect(found.verdict.words[0]).toMatch(/^At step 9 s = h \* h \* 10 \(line 4\) becomes Infinity in example 1/u);
  });

  it("before the first step", async () => {
    const source = "cell Start {\n  param a: [] ~ zeros\n  state h: [] = log(a)\n  h' = h\n  output y = h'\n}";
    const found = await diagnose(source);
    expect(found.overflow).toMatchObject({ step: -1, equation: "h", value: -Infinity });
    expect(found.gradient).toBeUndefined();
    expect(printDiagnosis(found)).toMatch(/Before the first step the initial value of h becomes -Infinity/u);
  });
});

it("says that a cell without state has nothing to carry", async () => {
  const found = await diagnose("cell Plain {\n  input x: []\n  output y = 2 * x\n}");
  expect(found.verdict).toMatchObject({ flow: "no steps", words: [expect.stringMatching(/no state/u)] });
});

describe("wrong calls", () => {
  const tensor = (shape: readonly number[], value = 0) => ({
    shape,
    values: new Float64Array(shape.reduce((n, size) => n * size, 1)).fill(value),
  });
  const x = tensor([5, 2]);
  const k = tensor([5]);
  const cases: readonly [string, DiagnoseOptions, RegExp][] = [
    ["a missing size", {}, /Leaky needs a size for N/u],
    ["an unknown dimension", { dimensions: { N: 2, M: 3 } }, /no dimension "M"/u],
    ["no steps", { dimensions: { N: 2 }, steps: 0 }, /steps must be an integer from 1/u],
    ["a broken seed", { dimensions: { N: 2 }, seed: 1.5 }, /seed must be an integer/u],
    ["too many exponents", { dimensions: { N: 2 }, exponents: 3 }, /exponents must be an integer from 0 to 2, got 3/u],
    ["more memory than there is", { dimensions: { N: 2 }, batch: 1e6, steps: 1e6 }, /takes too much memory/u],
    [
      "an unknown tensor",
      {
        data: new Map([
          ["x", x],
          ["kk", k],
        ]),
      },
      /no input, context or state kk; did you mean k\?/u,
    ],
    [
      "a missing tensor",
      { data: new Map([["x", x]]) },
      /no k, which must have shape \[steps\] or \[examples, steps\]/u,
    ],
    [
      "a wrong shape",
      {
        dimensions: { N: 3 },
        data: new Map([
          ["x", x],
          ["k", k],
        ]),
      },
      /x must have shape \[steps, 3\] or \[examples, steps, 3\], the data has \[5, 2\]/u,
    ],
    [
      "lengths that differ",
      {
        data: new Map([
          ["x", x],
          ["k", tensor([4])],
        ]),
      },
      /k has 4 steps, x has 5/u,
    ],
    [
      "an index too large",
      {
        data: new Map([
          ["x", x],
          ["k", tensor([5], 3)],
        ]),
      },
      /k must hold integers from 0 to 2, got 3/u,
    ],
    [
      "NaN",
      {
        data: new Map([
          ["x", tensor([5, 2], NaN)],
          ["k", k],
        ]),
      },
      /x holds NaN at place 0/u,
    ],
    [
      "more steps than there are",
      {
        steps: 6,
        data: new Map([
          ["x", x],
          ["k", k],
        ]),
      },
      /has 5 steps, fewer than the 6/u,
    ],
    [
      "parameters of another cell",
      { params: writeSafetensors(new Map([["v", fromNumbers(new Float64Array(2), [2])]])), dimensions: { N: 2 } },
      /parameter w of Leaky is not in the file/u,
    ],
    [
      "parameters of another cell, where they were to tell the sizes",
      { params: writeSafetensors(new Map([["v", fromNumbers(new Float64Array(2), [2])]])) },
      /parameter w of Leaky is not in the file; Leaky has w \[3, N\]; the file has v \[2\]/u,
    ],
    ["bytes that are no file", { params: new Uint8Array(3), dimensions: { N: 2 } }, /at least 8 bytes/u],
  ];
  it.each(cases)("%s", async (_, options, message) => {
    await expect(diagnose(leaky, options)).rejects.toThrow(message);
  });
  it("a source with errors", async () => {
    await expect(diagnose("cell A { h' = 1 }")).rejects.toThrow(/the source has errors/u);
    const counter = "cell A { input x: [3] state k: index(3) k' = (k + 1) mod 3 output y = x[k] }";
    await expect(diagnose(counter)).rejects.toThrow("the state k is an index");
  });
});

describe("pictures", () => {
  it("are whole SVG, whatever is in the diagnosis", async () => {
    const hostile = leaky.replace("Leaky", "Leaky").replace("h' = h", "/// <b>&\n  h' = h");
    for (const options of [{ dimensions: { N: 2 } }, { dimensions: { N: 2 }, steps: 1, batch: 1, exponents: 0 }]) {
      const found = await diagnose(hostile, options);
      const svg = drawDiagnosis(found);
      expect(svg).toMatch(/^<svg xmlns[^]*<\/svg>\n$/u);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/u);
      const open = svg.match(/<(?:text|tspan|title|style|svg)\b/gu)!.length;
      expect(svg.match(/<\/(?:text|tspan|title|style|svg)>/gu)!.length).toBe(open);
      const page = diagnosisPage(found);
      const json = /<script type="application\/json" id="diagnosis">(.*)<\/script>/u.exec(page)![1]!;
      expect((JSON.parse(json) as typeof found).verdict.words).toEqual(found.verdict.words);
      expect(printDiagnosis(found)).toContain(found.verdict.words[0]);
    }
  });
});
