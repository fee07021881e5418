import { describe, expect, test } from "vitest";
import { countOperations, type RegionCount } from "../../../../compiler/ir/kernel/count-operations.js";
import type { KernelProgram } from "../../../../compiler/ir/kernel/kernel-program.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { invariant } from "../../../../compiler/base/diagnostics/invariant.js";
import { lowerProgram } from "../../../support/kernels.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

function kernelOf(source: string, cell: string, dimensions: Record<string, number>): KernelProgram {
  const result = lowerSource(source, { cell, dimensions }, "all sizes");
  invariant(result.cell !== undefined, "the source has errors");
  const program = buildEntries(programOfCell(result.cell), { gradient: true, jvp: false, hvp: false });
  return lowerProgram(program, { runtimeDimensions: result.cell.runtimeDimensions });
}

function count(program: KernelProgram, entry: string, sizes: Record<string, number>): RegionCount[] {
  const fn = program.functions.find(({ name }) => name === entry)!;
  return countOperations(program, fn, new Map(Object.entries(sizes)));
}

const sum = (counts: readonly RegionCount[], of: (count: RegionCount) => number): number =>
  counts.reduce((total, region) => total + of(region), 0);

describe("an Elman cell", () => {
  const [I, H, B, T] = [3, 5, 2, 7] as const;
  const program = kernelOf(`import { SimpleRNN } from "std/simple-rnn"\n`, "SimpleRNN", { I, H });

  test("forward: one product before the loop, one in it, one tanh per unit", () => {
    const counts = count(program, "forward", { "%B": B, "%T": T });
    const of = (place: string): RegionCount[] => counts.filter((region) => region.place === place);
    expect(sum(of("before"), ({ products }) => products)).toBe(2 * B * T * H * I);
    expect(sum(of("loop"), ({ products }) => products)).toBe(2 * B * T * H * H);
    // The outputs are copied from what is kept for backward.
    expect(of("after").every(({ products, operations }) => products === 0 && operations.size === 0)).toBe(true);
    expect(of("loop").every(({ runs }) => runs === T)).toBe(true);
    expect(sum(counts, ({ operations }) => operations.get("tanh") ?? 0)).toBe(B * T * H);
  });

  test("forward: what a product reads and writes", () => {
    const counts = count(program, "forward", { "%B": B, "%T": T });
    const projection = counts.find(({ place, products }) => place === "before" && products > 0)!;
    expect(projection).toMatchObject({ runs: 1, reads: B * T * I + H * I + H, writes: B * T * H });
    // Weights anew at every step, the state, and what the projection left.
    const recurrence = counts.find(({ place, products }) => place === "loop" && products > 0)!;
    expect(recurrence).toMatchObject({ runs: T, reads: T * (H * H + 2 * B * H), writes: T * B * H });
  });

  test("backward: three products after the loop", () => {
    const counts = count(program, "backward", { "%B": B, "%T": T });
    const after = counts.filter(({ place }) => place === "after");
    // Gradients of W, of U, of the inputs.
    expect(sum(after, ({ products }) => products)).toBe(2 * B * T * (H * I + H * H + H * I));
    expect(sum(counts, ({ products }) => products)).toBe(2 * B * T * (2 * H * I + 2 * H * H));
  });

  test("step: no loop over time", () => {
    const counts = count(program, "step", { "%B": B, "%T": 1 });
    expect(counts.every(({ runs, place }) => runs === 1 && place === "before")).toBe(true);
    expect(sum(counts, ({ products }) => products)).toBe(2 * B * H * (I + H));
  });

  test("no examples, no work", () => {
    const counts = count(program, "forward", { "%B": 0, "%T": T });
    expect(sum(counts, ({ products, reads, writes }) => products + reads + writes)).toBe(0);
  });
});

test("sums, run-time sizes and gathered rows", () => {
  const source = `cell Lookup(V, N) {
  input token: index(V)
  context memory: [S, N]
  state h: [N]
  param E: [V, N] ~ normal(1)
  h' = 0.5 * h + E[token] + sum(memory, 0)
  output y = h'
}`;
  const [V, N, B, T, S] = [100, 4, 3, 5, 11] as const;
  const counts = count(kernelOf(source, "Lookup", { V, N }), "forward", { "%B": B, "%T": T, S });
  const sums = sum(counts, ({ operations }) => (operations.get("sum") ?? 0) + (operations.get("add") ?? 0));
  // One addition per number of the memory and example, and the two of the equation.
  expect(sums).toBeGreaterThanOrEqual(B * S * N + 2 * B * T * N);
  const reader = counts.find(({ reads }) => reads >= B * S * N)!;
  expect(reader.reads).toBeGreaterThanOrEqual(B * S * N);
  // Rows of E that are looked up, not the whole table in every step.
  expect(sum(counts, ({ reads }) => reads)).toBeLessThan(2 * B * S * N + 8 * B * T * N + V * N);
});
