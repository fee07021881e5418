/** Gradients of tables that are only looked up in: by rows, whole for who reads them whole, and at a cost without the size of the table. */
import { describe, expect, test } from "vitest";
import { BATCH_SYMBOL } from "../../../../compiler/base/types/dim.js";
import { emitModule, lowerSource } from "../../../../compiler/driver/pipeline.js";
import { printDeclarations } from "../../../../compiler/emit/typescript/declarations.js";
import { cell } from "../../../../compiler/index.js";
import { countOperations } from "../../../../compiler/ir/kernel/count-operations.js";
import type { KernelProgram } from "../../../../compiler/ir/kernel/kernel-program.js";
import { verifyModule } from "../../../../compiler/tools/verify/verify-module.js";
import type { GradientRows, ModuleInstance } from "../../../../runtime/module/compiled-module.js";

/** The gradient of a row is the sum of the weights of the steps that look at it. */
const source = `
network Sums(V, E; T) {
  input words: index(V)[T]
  input weight: [T]
  param table: [V, E] ~ ones
  param scale: [E] ~ ones
  y[t] = weight[t] * sum(table[words[t]] * scale)
  loss = sum(y)
}`;

const [V, E] = [40, 3];

interface Call {
  readonly words: readonly number[];
  readonly weight: readonly number[];
  readonly lengths: readonly number[];
}

function expectedRows({ words, weight, lengths }: Call): Map<number, number> {
  const most = Math.max(...lengths);
  const sums = new Map<number, number>();
  lengths.forEach((length, b) => {
    for (let t = 0; t < length; t++) {
      const row = words[b * most + t]!;
      sums.set(row, (sums.get(row) ?? 0) + weight[b * most + t]!);
    }
  });
  return sums;
}

const drawn = (lengths: readonly number[], seed: number): Call => {
  const count = lengths.length * Math.max(...lengths);
  return {
    words: Array.from({ length: count }, (_, i) => (i * i * 7 + seed) % V),
    weight: Array.from({ length: count }, (_, i) => ((i * 13 + seed) % 9) - 3),
    lengths,
  };
};

const calls = [drawn([6, 6, 6], 1), drawn([2, 5, 0], 2), drawn([6, 1, 3], 3), drawn([6, 6, 6], 4)];

describe.each(["js", "wasm"] as const)("%s", (target) => {
  const load = async (): Promise<ModuleInstance> => {
    const module = await cell(source, { dimensions: { V, E }, target, dtype: "f64" });
    return module.instantiate({ batch: 3, sizes: { T: 6 } });
  };
  const gradientOf = (instance: ModuleInstance, { words, weight, lengths }: Call) =>
    instance.gradient!({ words, weight, sizes: { T: lengths } }, { per: 1 });

  test("the rows that a call has touched, once each, and zero elsewhere", async () => {
    const instance = await load();
    for (const call of calls) {
      const { params, sparse } = gradientOf(instance, call);
      const expected = expectedRows(call);
      const { rows, values } = sparse!["table"] as GradientRows;
      expect([...rows]).toEqual([...expected.keys()]);
      expect([...values]).toEqual([...expected.values()].flatMap((sum) => [sum, sum, sum]));
      const whole = Array.from({ length: V * E }, (_, i) => expected.get(Math.floor(i / E)) ?? 0);
      expect([...params["table"]!].map((value) => value + 0)).toEqual(whole);
      expect(sparse!["scale"]).toBe(params["scale"]);
      // Whoever changes a gradient finds it changed in this call, and not in the next.
      params["table"]!.fill(99);
      values.fill(99);
      rows.fill(7);
      expect(sparse!["table"]).toHaveProperty("values", values);
      expect(params["table"]![0]).toBe(99);
    }
  });

  test("arrays that were taken by a transfer are made again", async () => {
    const instance = await load();
    const { sparse, params } = gradientOf(instance, calls[0]!);
    for (const array of [(sparse!["table"] as GradientRows).values, params["table"]!]) {
      structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
    }
    const again = gradientOf(instance, calls[1]!);
    expect((again.sparse!["table"] as GradientRows).values.length).toBe(expectedRows(calls[1]!).size * E);
    expect(again.params["table"]).toHaveLength(V * E);
  });

  test("the module verifies", async () => {
    const module = await cell(source, { dimensions: { V: 5, E: 2 }, target });
    const report = await verifyModule(module);
    expect(report.passed).toBe(true);
  });
});

function kernelOf(text: string, dimensions: Readonly<Record<string, number>>): KernelProgram {
  const { program, diagnostics } = lowerSource(text, { dimensions, cell: "Sums" }, "all sizes");
  expect(diagnostics).toEqual([]);
  let kernel: KernelProgram | undefined;
  const options = { target: "wasm", dtype: "f32", fma: false, wasmFile: false, gradient: true, jvp: false, hvp: false };
  emitModule(program!, options as Parameters<typeof emitModule>[1], (found) => (kernel = found));
  return kernel!;
}

test("kernels read and write as much for a large table as for a small one", () => {
  const moved = (size: number): [number, number] => {
    const kernel = kernelOf(source, { V: size, E: 64 });
    const sizes = new Map([[BATCH_SYMBOL, 8], ["T", 20]]); // prettier-ignore
    return ["forward", "backward"].reduce(
      (sum: [number, number], entry) => {
        const fn = kernel.functions.find(({ name }) => name === entry)!;
        const counts = countOperations(kernel, fn, sizes);
        return [
          sum[0] + counts.reduce((all, { reads }) => all + reads, 0),
          sum[1] + counts.reduce((all, { writes }) => all + writes, 0),
        ];
      },
      [0, 0],
    );
  };
  expect(moved(100_000)).toEqual(moved(1000));
});

test.each([
  ["looked up in twice", "sum(table[words[t]] * scale) + table[(words[t] + 1) mod V, 0]"],
  ["in a product, too", "sum((table @ scale)) + sum(table[words[t]])"],
])("a table that is %s has one gradient, whole", async (_, value) => {
  const text = source.replace("sum(table[words[t]] * scale)", value);
  const module = await cell(text, { dimensions: { V, E }, dtype: "f64" });
  expect(module.manifest.params.map(({ rows }) => rows)).toEqual([undefined, undefined]);
  const instance: ModuleInstance = module.instantiate({ batch: 1, sizes: { T: 2 } });
  const { sparse, params } = instance.gradient!({ words: [3, 3], weight: [1, 2] });
  expect(sparse).toBeUndefined();
  expect(params["table"]![3 * E]).toBeGreaterThan(0);
});

test("the manifest and declarations say which, and at how many places", async () => {
  const { manifest } = await cell(source, { dimensions: { V, E } });
  expect(manifest.params.map(({ rows }) => rows)).toEqual([["T"], undefined]);
  const types = printDeclarations(manifest);
  expect(types).toContain('Omit<Params, "table"> & { readonly [Name in "table"]: GradientRows }');
});
