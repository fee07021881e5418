/** Input projections are computed for some steps at a time, and give the bits of those for all steps. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emitModule, lowerSource } from "../../../../compiler/driver/pipeline.js";
import type { ModuleOptions } from "../../../../compiler/emit/manifest.js";
import { printMemoryPlan } from "../../../../compiler/emit/wasm/memory/print-memory-plan.js";
import { cell } from "../../../../compiler/index.js";
import { bufferSize } from "../../../../compiler/ir/kernel/buffer-size.js";
import { countOperations } from "../../../../compiler/ir/kernel/count-operations.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import type {
  KernelFunction,
  KernelProgram,
  Statement,
  WindowsStatement,
} from "../../../../compiler/ir/kernel/kernel-program.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import type { LoweredCell } from "../../../../compiler/program/base/lowered-cell.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import type { CompiledModule, FloatArray } from "../../../../runtime/index.js";
import { loadModule } from "../../../../runtime/module/load-js.js";
import { keep } from "../../../support/models.js";
import { cotangentsOf, valuesOf } from "../../../../compiler/tools/calls/call.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { randomCall, randomParams } from "../../../support/random-call.js";
import { expectSameBitsOnTargets } from "../../../support/same-targets.js";
import { vectorPasses } from "../../../../compiler/passes/kernel/passes.js";
import { projectInWindows } from "../../../../compiler/passes/kernel/project-in-windows.js";
import { expectKernels } from "../../../support/kernel-text.js";
import { projectionKernels as kernels } from "../../../support/projection-kernels.js";
import { lowerProgram, scheduleKernels } from "../../../support/kernels.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

type Dimensions = Readonly<Record<string, number>>;

function entriesOf(source: string, name: string, dimensions: Dimensions, gradient = false) {
  const { cell: lowered } = lowerSource(source, { cell: name, dimensions }, "all sizes");
  return buildEntries(programOfCell(lowered!), { gradient, jvp: false, hvp: false });
}

function schedule(source: string, name: string, dimensions: Dimensions, gradient = false) {
  return scheduleKernels(entriesOf(source, name, dimensions, gradient), { dtype: "f32", runtimeDimensions: [] });
}

/** Kernels after all passes but the one that makes windows. */
function withoutWindows(source: string, name: string, dimensions: Dimensions): KernelProgram {
  const passes = vectorPasses.beforeMemory.filter((pass) => pass !== projectInWindows);
  return lowerProgram(entriesOf(source, name, dimensions, true), { runtimeDimensions: [], passes });
}

const forwardOf = (kernel: KernelProgram): KernelFunction => kernel.functions.find((fn) => fn.name === "forward")!;
const hasWindows = (kernel: KernelProgram): boolean => forwardOf(kernel).body.some(({ kind }) => kind === "windows");

const std = (name: string, file: string): string => `import { ${name} } from "std/${file}"\n`;
const gru = std("GRU", "gru");
const sizesOf = (B: number, T: number): Map<string, number> => new Map([["%B", B], ["%T", T]]); // prettier-ignore

function windowsOf(source: string, name: string, dimensions: Dimensions): WindowsStatement[] {
  const { functions } = schedule(source, name, dimensions).kernel;
  const { body } = functions.find((fn) => fn.name === "forward")!;
  return body.flatMap((statement: Statement) => (statement.kind === "windows" ? [statement] : []));
}

/** What becomes of them, with what follows. */
const inWindows = (last = ""): string => `
    buffer U: real[4] external persistent held
    buffer W: real[6] external persistent held
    buffer b: real[2] external persistent held
    buffer rows: index[%B]
    buffer p: real[2*%B*%T] at most 2*%B + 2048
    buffer x: real[3*%B*%T] external persistent
    buffer y: real[2*%B*%T] external persistent
    buffer p.rows: real[3*%B*%T] at most 3*%B + 3072
    kernel f {
      windows of "t steps" steps of %T from "t first" on, 1024 rows
        region p rows ; the rows of some steps
          for t < "t steps"
            for b < examples
              for j < 3
                p.rows[b * 3 + j + t * (3*%B)] = x[b * (3*%T) + j + t * 3 + "t first" * 3]
        region p ; p = b + W · x
          product p[i + row * 2] = b[i] + sum p.rows[j + row * 3] * W[i * 3 + j]
            rows row < "t steps" * %B
            columns i < 2
            contracted j < 3
        for "t in window" < "t steps"
          index t = "t first" + "t in window"
          select rows[0 .. active] from examples where t < %T
          region y ; y = p + U · x
            product y[b * (2*%T) + i + t * 2] = p[b * 2 + i + "t in window" * (2*%B)] + sum x[b * (3*%T) + j + t * 3] * U[i * 2 + j]
              rows b < examples rows[0 .. active]
              columns i < 2
              contracted j < 2${last}
    }`;

test("a projection is computed for some steps at a time, in front of the loop over these", () => {
  expectKernels(projectInWindows, kernels(), inWindows());
});

test.each([
  ["loops that run backwards", { loop: "for t < %T reverse" }],
  ["loops that begin later", { loop: "for t < %T from 1" }],
  ["loops that leave out steps", { loop: "for t < %T step 2" }],
  ["a projection that the caller sees", { p: "p: real[2*%B*%T] external persistent" }],
  ["a projection that another entry reads", { p: "p: real[2*%B*%T] persistent" }],
  ["what is read after the loop, too", { last: "region z ; z\n        y[0] += p[0]" }],
  ["what another loop reads, too", { last: "for t < %T\n        region z ; z\n          for b < examples\n            y[b * (2*%T) + t * 2] += p[b * (2*%T) + t * 2]" }],
  ["what is read at another step", { start: "p[b * (2*%T) + i]" }],
  ["what is read as if steps had fewer numbers", { start: "p[b * (2*%T) + i + t]" }],
  ["what is read of one example for all", { start: "p[i + t * 2]" }],
  ["what is read as if examples had fewer steps", { start: "p[b * %T + i + t * 2]" }],
  ["what is read at columns that a size of the call moves", { p: "p: real[4*%B*%T]", start: "p[b * (2*%T) + i * %T + t * 2]" }],
  ["what is read as many numbers further as there are steps", { p: "p: real[4*%B*%T]", start: "p[b * (2*%T) + i + t * 2 + %T]" }],
  ["what is read before its row", { start: "p[b * (2*%T) + i + t * 2 - 1]", columns: "columns i < 2 from 1" }],
  ["columns in another order", { out: "p[b * (2*%T) + i * (-1) + t * 2 + 1]" }],
  ["rows of other steps", { rows: "rows t < 2*%T of b", p: "p: real[4*%B*%T]", x: "x: real[6*%B*%T] external persistent" }],
  ["what is made of something that the loop writes", { input: "y[b * (2*%T) + t * 2]" }],
])("left alone: %s", (_, changes) => {
  expectKernels(projectInWindows, kernels(changes), kernels(changes));
}); // prettier-ignore

const sum = "sum x[b * (3*%T) + j + t * 3] * W[i * 3 + j]";
const product = /product p\[.*\n.*\n.*\n.*\n/u.exec(kernels())![0];
const region = "region y ; y = p + U · x";

/** Kernels that are written otherwise than by their parts. */
test.each([
  ["a projection without columns", [[product, product.replace("+ i ", "").replace("b[i]", "b[0]").replace("i * 3 + j", "j").replace(/ *columns.*\n/u, "")]]],
  ["a projection without rows", [[product, product.replace(" + t * 2", "").replace(" + t * 3", "").replace(/ *rows.*\n/u, "")]]],
  ["as many columns as steps", [["p: real[2*", "p: real[4*"], [`b[i] + ${sum}`, "sum x[b * (3*%T) + j + t * 3] * W[j]"], ["columns i < 2", "columns i < %T"]]],
  ["as many terms as steps", [["x: real[3*", "x: real[4*"], ["W[i * 3 + j]", "W[i + j]"], ["contracted j < 3", "contracted j < %T"]]],
  ["sums of two products", [[sum, `sum x[b * (3*%T) + m + t * 3] * W[i * 3 + m] + ${sum}`], ["contracted j < 3", "earlier m < 3\n            contracted j < 3"]]],
  ["some of the examples", [["for b < examples", "for b < 2"]]],
  ["examples of a list", [["region p ;", "index first = 0\n      select rows[0 .. some] from examples where first < %T\n      region p ;"], ["for b < examples", "for b < examples rows[0 .. some]"]]],
  ["steps of one example for all", [["region p ;", "index c = 0\n      region p ;"], ["%T of b", "%T of c"]]],
  ["two loops around the product", [["for b < examples\n", "for b < examples\n          for k < 2\n"], [product, product.replace(/^(?=.)/gmu, "  ")]]],
  ["a matrix that moves with the examples", [["W[i * 3 + j]", "W[b + j]"]]],
  ["sums that begin at something of each step", [["b[i]", "x[i + t * 3]"]]],
  ["sums that begin at something of each row", [["b[i]", "x[b * (3*%T) + i + t * 3]"]]],
  ["what the loop writes, too", [[region, `region q ; q\n          for b < examples\n            for i < 2\n              p[b * (2*%T) + i + t * 2] = 1\n        ${region}`]]],
  ["a loop around the regions of a step", [["select rows", "for r < 2\n          select rows"], [/        region y[^]*contracted j < 2/u.exec(kernels())![0], /        region y[^]*contracted j < 2/u.exec(kernels())![0].replace(/^/gmu, "  ")]]],
  ["a loop over more steps than all", [["for t < %T\n", "for t < 2*%T\n"], ["p: real[2*", "p: real[4*"], ["x: real[3*", "x: real[6*"], ["y: real[2*", "y: real[4*"], ["where t < %T", "where t < 2*%T"]]],
  ["a loop over examples", [["for t < %T\n", "for t < examples\n"], ["p: real[2*", "p: real[4*"], ["x: real[3*", "x: real[6*"], ["y: real[2*", "y: real[4*"]]],
] as const)("left alone: %s", (_, changes) => {
  const text = changes.reduce<string>((before, [from, to]) => {
    expect(before).toContain(from);
    return before.replace(from, () => to);
  }, kernels());
  expectKernels(projectInWindows, text, text);
}); // prettier-ignore

test("what the projection reads may be written before it and after the loop", () => {
  const written = (name: string): string => `region ${name} ; ${name}\n        x[0] = 1`;
  const first = (text: string): string => text.replace("kernel f {", `kernel f {\n      ${written("w")}`);
  expectKernels(projectInWindows, first(kernels({ last: written("z") })), first(inWindows(`\n      ${written("z")}`)));
});

test("a GRU: rows of some steps, their projection, then the loop over these steps", () => {
  const { kernel } = schedule(gru, "GRU", { I: 24, H: 8 });
  const text = printKernelFunction(kernel.functions.find(({ name }) => name === "forward")!);
  expect(text.slice(text.indexOf("  windows"), text.indexOf("      select"))).toBe(
    `  windows of "t steps" steps of %T from "t first" on, 1024 rows
    region forward v16 rows ; the rows of some steps
      for t < "t steps"
        for b < examples
          for j < 24 in lanes
            forward.v16.rows[b * 24 + j + t * (24*%B)] = input.x[b * (24*%T) + j + t * 24 + "t first" * 24]
    region forward v16 ; v16 = [param.b_z; param.b_r; param.b_n] + [param.W_z; param.W_r; param.W_n] · input.x
      product forward.v16[i + row * 24] = joined.1[i] + sum forward.v16.rows[j + row * 24] * joined.0[i * 24 + j] packed in packed.0
        rows row < "t steps" * %B
        columns i < 24
        contracted j < 24
    for "t in window" < "t steps"
      index t = "t first" + "t in window"
`,
  );
});

test.each([
  ["of many columns", { I: 64, H: 512 }, 64],
  ["of some", { I: 64, H: 64 }, 170],
  ["of few", { I: 24, H: 2 }, 1024],
] as const)("projections %s: as many rows as stay in a cache", (_, dimensions, rows) => {
  expect(windowsOf(gru, "GRU", dimensions).map((windows) => windows.rows)).toEqual([rows]);
});

test("two projections of the same rows share a copy of them", () => {
  const source = `cell Two(I, H) {
    input x: [I]
    state h: [H]
    param U: [H, H] ~ glorot_uniform
    param V: [H, I] ~ glorot_uniform
    param W: [I, H] ~ glorot_uniform
    h' = tanh(V @ x + U @ h) * (x @ W)
    output y = h'
  }`;
  const [windows] = windowsOf(source, "Two", { I: 20, H: 8 });
  const names = windows!.body.flatMap((statement) => (statement.kind === "region" ? [statement.name] : []));
  expect(names.filter((name) => name.endsWith(" rows"))).toHaveLength(1);
  expect(names).toHaveLength(3);
});

describe("left alone", () => {
  const cellOf = (next: string, outputs: string): string => `cell Other(I, H) {
    input x: [I]
    state h: [H]
    param W: [H, I] ~ glorot_uniform
    param U: [H, H] ~ glorot_uniform
    a = W @ x
    h' = ${next}
    ${outputs}
  }`;
  test.each([
    ["what is a result, too", cellOf("tanh(a + U @ h)", "output y = h'\n output z = a")],
    ["what is read for all steps, too", cellOf("tanh(a + U @ h)", "output y = exp(a) * h'")],
    ["what no loop reads", cellOf("tanh(U @ h)", "output y = h'\n output z = exp(a)")],
  ])("%s", (_, source) => {
    expect(windowsOf(source, "Other", { I: 20, H: 8 })).toEqual([]);
  });
});

describe.each([
  ["a matrix of each example", "context W: [H, I]"],
  ["a matrix of each step", "input W: [H, I]"],
])("%s", (_, declaration) => {
  const source = `cell Own(I, H) {
    input x: [I]
    ${declaration}
    state h: [H]
    param U: [H, H] ~ glorot_uniform
    h' = tanh(W @ x + U @ h)
    output y = h'
  }`;

  test("is used where it is, for all steps in front of the loop", async () => {
    const dimensions = { I: 20, H: 6 };
    expect(windowsOf(source, "Own", dimensions)).toEqual([]);
    const options = { dimensions, dtype: "f32", gradient: true, jvp: true } as const;
    const [js, wasm] = [await cell(source, { ...options, target: "js" }), await cell(source, options)];
    expectSameBitsOnTargets(js, wasm, 6);
  });
});

describe.each([
  ["LSTM", "lstm", true],
  ["GRU", "gru", true],
  // Its loop reads gates, which are computed before it, and no projection.
  ["MinGRU", "mingru", false],
  ["LayerNormLSTM", "layernorm-lstm", true],
  ["StackedLSTM", "stacked", true],
] as const)("%s", (name, file, projects) => {
  const dimensions = { I: 20, H: 12 };

  test("kernels in order, and as many operations as without windows", () => {
    const { kernel } = schedule(std(name, file), name, dimensions, true);
    const whole = withoutWindows(std(name, file), name, dimensions);
    expect([kernel, whole].map(hasWindows)).toEqual([projects, false]);
    // Copies of rows, which only windows have, compute nothing.
    const computed = (of: KernelProgram, B: number, T: number) =>
      countOperations(of, forwardOf(of), sizesOf(B, T)).flatMap(({ name: region, products, operations }) =>
        products + operations.size > 0 ? [{ region, products, operations }] : [],
      );
    for (const [B, T] of [[1, 1], [2, 1], [1, 1300], [3, 700], [1500, 2]] as const) {
      expect(verifyKernel(kernel, sizesOf(B, T))).toEqual([]);
      const expected = computed(whole, B, T);
      expect(expected.some(({ products }) => products > 0)).toBe(true);
      expect(computed(kernel, B, T)).toEqual(expected);
    } // prettier-ignore
  });

  test("many windows: the bits of the JavaScript target, with examples of any length", async () => {
    for (const [batch, steps, lengths] of [
      [2, 0, undefined],
      [1, 1200, undefined],
      [3, 500, [500, 1, 411]],
      [5, 260, [0, 260, 259, 77, 3]],
    ] as const) {
      const call = (module: CompiledModule): Record<string, FloatArray> => {
        const instance = module.instantiate({ batch, steps: Math.max(1, steps) });
        randomParams(instance, 3);
        const values = randomCall(module.manifest, 4, { batch, steps, sizes: {} });
        const given = { ...valuesOf(module.manifest, values), ...(lengths && { lengths: [...lengths] }) };
        const { final, ...outputs } = instance.forward(given as never) as Record<string, FloatArray>;
        const kept = keep({ ...outputs, ...(final as unknown as Record<string, FloatArray>) });
        const gradients = instance.backward!(cotangentsOf(values)) as object;
        const { params } = gradients as { params: Record<string, FloatArray> };
        return { ...kept, ...keep(params) };
      };
      const common = { cell: name, dimensions, gradient: true, dtype: "f32" } as const;
      const [js, wasm] = [
        await cell(std(name, file), { ...common, target: "js" }),
        await cell(std(name, file), common),
      ];
      expect(call(wasm)).toEqual(call(js));
    }
  });
});

/** The module of a cell with windows of one row, or of all examples. */
async function inSmallWindows(lowered: LoweredCell, options: ModuleOptions): Promise<CompiledModule> {
  const shrink = (kernel: KernelProgram): KernelProgram => ({
    ...kernel,
    functions: kernel.functions.map((fn) => ({
      ...fn,
      body: fn.body.map((statement) => (statement.kind === "windows" ? { ...statement, rows: 1 } : statement)),
    })),
  });
  return loadModule(emitModule(programOfCell(lowered), options, shrink).text);
}

test("random cells, a window for each step: the bits of the JavaScript target", async () => {
  let windows = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryCell(), fc.integer({ min: 17, max: 20 }), fc.nat(1e6), async (random, I, seed) => {
      const { source, cell: name, dimensions } = random;
      const sizes = Object.fromEntries(dimensions.map((dimension) => [dimension, dimension === "I" ? I : 3]));
      const { cell: lowered } = lowerSource(source, { cell: name, dimensions: sizes }, "all sizes");
      const common = { dtype: "f32", gradient: true, jvp: true, hvp: false } as const;
      const options = { ...common, target: "wasm", fma: false, wasmFile: false } as const;
      const js = await cell(source, { ...common, cell: name, dimensions: sizes, target: "js" });
      windows += windowsOf(source, name, sizes).length;
      expectSameBitsOnTargets(js, await inSmallWindows(lowered!, options), seed);
    }),
    fuzzParameters(20, 40),
  );
  expect(windows).toBeGreaterThan(0);
});

test("memory for projections does not grow with the steps", () => {
  const { kernel, layout } = schedule(gru, "GRU", { I: 64, H: 64 });
  const projection = kernel.buffers.find(({ name }) => name === "forward.v16")!;
  expect([1, 10, 1000, 1e6].map((T) => bufferSize(projection, sizesOf(1, T)))).toEqual([
    192,
    1920,
    171 * 192,
    171 * 192,
  ]);
  const { planMemory } = new Function(`${printMemoryPlan(kernel, layout)}; return { planMemory };`)() as {
    planMemory: (capacity: { batch: number; steps: number; sizes: object }) => { bytes: number };
  };
  const bytes = [1000, 2000].map((steps) => planMemory({ batch: 1, steps, sizes: {} }).bytes);
  // Inputs and outputs do.
  expect(bytes[1]! - bytes[0]!).toBe(4 * 1000 * (64 + 64));
});
